"""The second wall, read from the catalogue of the database itself: what a migration forgets fails here."""

import re

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db

PERSONAL = re.compile(
    r"^(place|community|street|district|estate|home|person|persons|reporter.*|resolver|account|account_id|user_id|uid"
    r"|username|ip_address|email|.*phone.*|.*_sealed|.*_mask|.*_blind|words|actor_.*|session|units?|unit_id|holder_unit"
    r"|low|high|lat|lng)$"
)
"""Columns that say where, who or for whom."""

OPEN = {
    "account_emailaddress": "allauth's; accounts have no email, the table stays empty",
    "axes_accessattempt": "failed sign-ins of a quarter of an hour; asked before anybody is known",
    "axes_accessfailurelog": "switched off: stays empty",
    "axes_accesslog": "switched off: stays empty",
    "mfa_authenticator": "asked before anybody is known; secrets are sealed",
    "staff_account": "an invented account name and a hash; no name, phone or place of a person",
}
"""Tables with such a column and without row security, each with its reason."""

POWERFUL: dict[str, str] = {}
"""Functions that act with their owner's rights, each with its reason."""

PUBLIC = {"staff_unit", "places_", "boards_"}
"""Tables whose rows everybody may see; row security still says who writes."""


def rows(sql: str, *values: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def tables() -> dict[str, tuple[bool, bool, str, list[str]]]:
    """name → (row security, forced, owner, columns)."""
    found = rows(
        "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner),"
        " array_agg(a.attname::text) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0"
        " AND NOT a.attisdropped GROUP BY c.oid"
    )
    return {name: (on, forced, owner, columns) for name, on, forced, owner, columns in found}


def test_every_table_with_a_place_or_personal_data_has_forced_row_security():
    bare = {
        name: sorted(c for c in columns if PERSONAL.match(c))
        for name, (on, forced, _, columns) in tables().items()
        if not (on and forced) and any(PERSONAL.match(c) for c in columns) and name not in OPEN
    }
    assert not bare, f"no forced row security: {bare}"


def test_the_tables_that_are_let_off_are_there_and_need_it():
    found = tables()
    for name in OPEN:
        on, _, _, columns = found[name]
        assert not on
        assert any(PERSONAL.match(c) for c in columns), f"{name} needs no exception"


def test_row_security_is_never_on_without_being_forced_and_every_policy_names_its_command():
    """A command without a policy is refused, so a missing one is safe; one for ALL hides what it allows."""
    policies: dict[str, set[str]] = {}
    for table, command in rows("SELECT tablename::text, cmd FROM pg_policies WHERE schemaname = 'public'"):
        policies.setdefault(table, set()).add(command)
    for name, (on, forced, _, _) in tables().items():
        assert on == forced, f"{name} is not forced: its owner would see all"
        if on:
            assert {"SELECT", "INSERT"} <= policies[name] <= {"SELECT", "INSERT", "UPDATE", "DELETE"}, name


def without_subqueries(text: str) -> str:
    """The condition with each ``( SELECT … )`` taken out."""
    start = text.find("( SELECT ")
    if start < 0:
        return text
    depth = 0
    for end in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        if depth == 0:
            return text[:start] + without_subqueries(text[end + 1 :])
    raise AssertionError(f"a parenthesis is missing: {text}")


def test_policies_read_settings_in_a_subquery_so_that_they_are_read_once_a_statement():
    bare = []
    for table, name, using, check in rows("SELECT tablename, policyname, qual, with_check FROM pg_policies"):
        for text in (using, check):
            if "current_setting" in without_subqueries(text or ""):
                bare.append(f"{table}.{name}: {text}")
    assert not bare, bare


def test_policies_fail_closed_when_no_scope_is_set():
    """Each setting is read with missing_ok, so that an unset one is no error but nothing; none defaults to more."""
    for table, text in rows(
        "SELECT tablename, coalesce(qual, '') || coalesce(with_check, '') FROM pg_policies"
    ):
        assert text.count("current_setting(") == text.count("'::text, true)"), f"{table}: {text}"


def test_no_function_acts_with_its_owners_rights():
    found = rows(
        "SELECT p.proname, coalesce(array_to_string(p.proconfig, ','), '') FROM pg_proc p"
        " WHERE p.prosecdef AND p.pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"
    )
    assert {name for name, _ in found} == set(POWERFUL)
    for name, settings in found:
        assert "search_path=" in settings, f"{name} does not pin its search_path"


def test_every_view_asks_with_the_rights_of_the_asker():
    found = rows(
        "SELECT relname, coalesce(array_to_string(reloptions, ','), '') FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind = 'v'"
    )
    assert len(found) >= 10
    assert not [name for name, options in found if "security_invoker=true" not in options]


def test_nothing_walled_is_copied_into_a_materialised_view():
    assert (
        rows("SELECT relname FROM pg_class WHERE relkind = 'm' AND relnamespace = 'public'::regnamespace")
        == []
    )


def test_the_program_is_neither_superuser_nor_owner_and_cannot_pass_by_row_security():
    who = rows(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolcanlogin"
        " FROM pg_roles WHERE rolname = current_user"
    )
    assert who == [("quanlin_app", False, False, False, False, False, False)]
    assert {owner for _, _, owner, _ in tables().values()} == {"quanlin_owner"}
    assert rows("SELECT has_schema_privilege(current_user, 'public', 'CREATE')") == [(False,)]
    assert rows("SELECT pg_has_role(current_user, 'quanlin_owner', 'MEMBER')") == [(False,)]
    powers = [
        "pg_read_server_files",
        "pg_write_server_files",
        "pg_execute_server_program",
        "pg_read_all_data",
    ]
    for power in powers:
        assert rows("SELECT pg_has_role(current_user, %s, 'MEMBER')", power) == [(False,)]


def test_the_role_that_signs_in_to_the_database_has_no_power_of_its_own():
    assert rows("SELECT rolsuper, rolbypassrls, rolinherit FROM pg_roles WHERE rolname = 'quanlin'") == [
        (False, False, False)
    ]
    assert rows(
        "SELECT rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = 'quanlin_owner'"
    ) == [(False, False, False)]


def test_the_program_may_not_empty_or_alter_a_table():
    for name in tables():
        assert rows(
            "SELECT has_table_privilege(current_user, %s, 'TRUNCATE, TRIGGER, REFERENCES')", f"public.{name}"
        ) == [(False,)], name


def test_with_no_scope_nothing_walled_is_visible():
    """Straight on the connection, as a statement would run that forgot its scope."""
    rows(
        "SELECT set_config(name, '', true)"
        " FROM unnest(array['q.lo', 'q.hi', 'q.more', 'q.unit', 'q.person', 'q.account', 'q.role']) name"
    )
    seen = {}
    for name, (on, *_) in tables().items():
        if on and not name.startswith(tuple(PUBLIC)):
            seen[name] = rows(f'SELECT count(*) FROM "{name}"')[0][0]
    assert len(seen) >= 12
    assert not {name: count for name, count in seen.items() if count}
