"""The three roles and the database: the same for the embedded server, a server by URL, and tests."""

import psycopg
from psycopg import sql

from quanlin.config.stack.faults import CannotStart

OWNER, APP, LOGIN = "quanlin_owner", "quanlin_app", "quanlin"
LEAST_VERSION = 160010


def ensure_roles(admin: psycopg.Connection) -> None:
    """owner: owns everything, runs migrations; app: what the program acts as; login: member of both, no more.

    ``admin`` is an autocommit connection. It needs the right to make roles only when one is missing.
    """
    have = {row[0] for row in admin.execute("select rolname from pg_roles where rolname like 'quanlin%'")}
    for role, can in ((OWNER, "nologin"), (APP, "nologin"), (LOGIN, "login noinherit")):
        if role not in have:
            admin.execute(
                sql.SQL("create role {} {} nosuperuser nocreatedb nocreaterole nobypassrls").format(
                    sql.Identifier(role), sql.SQL(can)
                )
            )
    for role in (OWNER, APP):
        # the administrator of a hosted server is no superuser: he must be a member to give things to the role
        for member in (LOGIN, admin.info.user):
            asked = admin.execute("select pg_has_role(%s, %s, 'MEMBER')", [member, role]).fetchone()
            if not asked[0]:
                statement = sql.SQL("grant {} to {}").format(sql.Identifier(role), sql.Identifier(member))
                admin.execute(statement)


def ensure_database(admin: psycopg.Connection, name: str) -> bool:
    """Make the database ``name``, owned by the owner role. True when it is new."""
    if admin.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
        return False
    admin.execute(
        sql.SQL("create database {} owner {} template template0 encoding 'UTF8'").format(
            sql.Identifier(name), sql.Identifier(OWNER)
        )
    )
    return True


def ensure_privileges(inside: psycopg.Connection) -> None:
    """What the application role may do with what the owner will create.

    ``inside``: a connection to the database itself, of a member of the owner role. Tables that deserve less
    say so in their migrations.
    """
    database = sql.Identifier(inside.info.dbname)
    owner, app = sql.Identifier(OWNER), sql.Identifier(APP)
    for statement in (
        "set role {owner}",
        "revoke all on database {database} from public",
        "grant connect on database {database} to {app}, {login}",
        "revoke all on schema public from public",
        "alter schema public owner to {owner}",
        "grant usage on schema public to {app}",
        "alter default privileges for role {owner} grant select, insert, update, delete on tables to {app}",
        "alter default privileges for role {owner} grant usage, select on sequences to {app}",
        "alter default privileges for role {owner} revoke execute on functions from public",
        "alter default privileges for role {owner} grant execute on functions to {app}",
    ):
        inside.execute(
            sql.SQL(statement).format(database=database, owner=owner, app=app, login=sql.Identifier(LOGIN))
        )


def ensure(admin_url: str, name: str) -> bool:
    """Roles, database and privileges, each only when missing. True when the database is new.

    Raises CannotStart when the account behind ``admin_url`` may not do what is missing.
    """
    try:
        with psycopg.connect(admin_url, dbname="postgres", autocommit=True, connect_timeout=10) as admin:
            ensure_roles(admin)
            new = ensure_database(admin, name)
        with psycopg.connect(admin_url, dbname=name, autocommit=True, connect_timeout=10) as inside:
            ensure_privileges(inside)
    except psycopg.errors.InsufficientPrivilege as error:
        raise CannotStart(
            f"数据库账号的权限不够（{str(error).splitlines()[0]}）。"
            "请让数据库管理员按 docs/operations.md 建好角色和数据库，"
            "或用 QUANLIN_DATABASE_OWNER_URL 给出管理员的连接地址。"
        ) from error
    return new


def check_version(connection: psycopg.Connection) -> None:
    """PostgreSQL before 16.10 has known holes (CVE-2025-8713 lets statistics leak past row security)."""
    version = connection.info.server_version
    if version < LEAST_VERSION:
        raise CannotStart(
            f"数据库版本 {version // 10000}.{version % 10000} 太旧，有已知的安全漏洞，"
            "至少需要 16.10。请先升级 PostgreSQL。"
        )
