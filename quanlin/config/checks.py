"""What production refuses to start with. Each refusal is a sentence that says what to do."""

import os
import stat

import psycopg
from django.conf import settings

from quanlin.config.stack import roles
from quanlin.config.stack.faults import CannotStart
from quanlin.kit import sealing


def faults() -> list[str]:
    """All that is unsafe about this deployment as a production one; empty when it may run."""
    return [*_settings_faults(), *_key_faults(), *_database_faults()]


def refuse_unsafe_production() -> None:
    """Raise CannotStart with every fault when QUANLIN_PRODUCTION=1; do nothing otherwise."""
    if settings.PRODUCTION and (found := faults()):
        raise CannotStart("正式运行的检查没有通过：\n" + "\n".join(f"  - {fault}" for fault in found))


def _settings_faults() -> list[str]:
    found = []
    key = settings.SECRET_KEY
    if key == settings.INSECURE_KEY or len(key) < 40 or len(set(key)) < 10:
        found.append(
            "QUANLIN_SECRET_KEY 是默认的或太短。请设为至少 40 个随机字符，"
            "例如 openssl rand -base64 48 的输出。"
        )
    if settings.DEBUG:
        found.append("QUANLIN_DEBUG 已打开，出错时会泄露内部信息。请去掉这个环境变量。")
    if os.environ.get("QUANLIN_DEMO") == "1":
        found.append("QUANLIN_DEMO 已打开，演示账号的密码是公开的。请去掉这个环境变量。")
    if not any(settings.ALLOWED_HOSTS) or "*" in settings.ALLOWED_HOSTS:
        found.append("没有指定网站域名。请设置 QUANLIN_HOSTS，例如 QUANLIN_HOSTS=quanlin.example.cn。")
    return found


def _key_faults() -> list[str]:
    try:
        mode = stat.S_IMODE(settings.KEY_FILE.stat().st_mode)
    except FileNotFoundError:
        return [
            f"没有密钥文件 {settings.KEY_FILE}。请执行 quanlin keys create {settings.KEY_FILE}，或从备份恢复。"
        ]
    if mode & 0o077:
        return [f"密钥文件 {settings.KEY_FILE} 别人也能读。请执行 chmod 600 {settings.KEY_FILE}。"]
    try:
        sealing.load(settings.KEY_FILE, production=True)
    except sealing.KeyFileWrong as fault:
        return [str(fault)]
    return []


def _database_faults() -> list[str]:
    found = []
    try:
        with psycopg.connect(settings.DATABASE_URL, connect_timeout=10) as connection:
            try:
                roles.check_version(connection)
            except CannotStart as fault:
                found.append(str(fault))
            found += _role_faults(connection)
    except psycopg.OperationalError as error:
        found.append(f"数据库没有应答：{str(error).strip().splitlines()[0]}。请检查 QUANLIN_DATABASE_URL。")
    return found


def _role_faults(connection: psycopg.Connection) -> list[str]:
    """Row security holds back nobody who is a superuser or has BYPASSRLS, by himself or by SET ROLE."""
    powerful = connection.execute(
        "select rolname from pg_roles"
        " where (rolsuper or rolbypassrls) and pg_has_role(current_user, oid, 'MEMBER') order by rolname"
    ).fetchall()
    if not powerful:
        return []
    names = "、".join(row[0] for row in powerful)
    return [
        f"QUANLIN_DATABASE_URL 的账号可以成为 {names}，它不受行级权限约束。"
        "请改用普通账号 quanlin（docs/operations.md 有建立它的语句）。"
    ]
