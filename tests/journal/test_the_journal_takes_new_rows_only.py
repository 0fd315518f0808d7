import os

import psycopg
import pytest

from tests.journal.conftest import happen, relay, rows

CHANGES = {
    "entry": [
        "UPDATE journal_entry SET data = '{}'",
        "DELETE FROM journal_entry",
        "UPDATE journal_entry SET at = now() WHERE false",
        "TRUNCATE journal_entry",
    ],
    "leaf": ["UPDATE journal_leaf SET idx = idx + 1", "DELETE FROM journal_leaf", "TRUNCATE journal_leaf"],
    "node": ["UPDATE journal_node SET level = 9", "DELETE FROM journal_node", "TRUNCATE journal_node"],
    "checkpoint": [
        "UPDATE journal_checkpoint SET size = 0",
        "DELETE FROM journal_checkpoint",
        "TRUNCATE journal_checkpoint",
    ],
}
STATEMENTS = [statement for statements in CHANGES.values() for statement in statements]


def as_role(name: str, role: str) -> psycopg.Connection:
    url = os.environ["QUANLIN_DATABASE_OWNER_URL"]
    there = psycopg.connect(url, dbname=name, autocommit=True)
    there.execute(f"SET ROLE {role}") if role != "postgres" else None
    there.execute("SELECT set_config('q.role', 'system', false), set_config('q.lo', '0', false)")
    return there


def everything() -> list[list[tuple]]:
    return [rows(f"SELECT t::text FROM journal_{table} t ORDER BY 1") for table in CHANGES]


def test_neither_the_application_nor_the_owner_nor_a_superuser_changes_a_row(log):
    happen()
    relay()
    before = everything()
    for role in ("quanlin_app", "quanlin_owner", "postgres"):
        with as_role(log, role) as there:
            for statement in STATEMENTS:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    there.execute(statement)
            if role == "postgres":
                there.execute("SET session_replication_role = replica")
                for statement in STATEMENTS:
                    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="takes new rows only"):
                        there.execute(statement)
    assert everything() == before


def test_the_application_has_no_more_rights_than_it_needs(log):
    found = rows(
        "SELECT table_name, string_agg(privilege_type, ',' ORDER BY privilege_type)"
        " FROM information_schema.table_privileges"
        " WHERE grantee = 'quanlin_app' AND table_name LIKE 'journal\\_%%' GROUP BY 1 ORDER BY 1"
    )
    assert found == [
        ("journal_checkpoint", "INSERT,SELECT"),
        ("journal_entry", "INSERT,SELECT"),
        ("journal_fault", "DELETE,INSERT,SELECT,UPDATE"),
        ("journal_leaf", "INSERT,SELECT"),
        ("journal_node", "INSERT,SELECT"),
        ("journal_queue", "DELETE,INSERT,SELECT"),
        ("journal_relay", "SELECT,UPDATE"),
    ]
