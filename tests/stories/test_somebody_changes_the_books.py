"""Story 12, 改账的人: the database's password is enough to change the books, and not enough to hide it."""

import json

import psycopg
import pytest

from quanlin.journal.rules import content, tree
from quanlin.journal.rules.entry import STORED_COLUMNS, from_row
from tests.stack import Stack, until

pytestmark = pytest.mark.stack

COLUMNS = ", ".join(STORED_COLUMNS)


def rebuild(db: psycopg.Connection) -> None:
    """Make leaves and nodes fit the rows that are left: all that can be done without the key."""
    kept = db.execute("SELECT entry_id FROM journal_leaf ORDER BY idx").fetchall()
    db.execute("DELETE FROM journal_node")
    db.execute("DELETE FROM journal_leaf")
    frontier = tree.Frontier()
    for idx, (entry,) in enumerate(kept):
        row = db.execute(f"SELECT {COLUMNS} FROM journal_entry WHERE id = %s", [entry]).fetchone()
        leaf = content.entry_leaf(from_row([idx, *row]).row(), idx)
        db.execute("INSERT INTO journal_leaf VALUES (%s, %s, %s)", [idx, entry, leaf])
        for node in frontier.append(leaf):
            db.execute("INSERT INTO journal_node VALUES (%s, %s, %s)", list(node))


def test_verify_names_what_was_deleted_changed_and_set_back(own_stack: Stack) -> None:
    def is_sealed() -> bool:
        clean = json.loads(own_stack.quanlin("journal", "verify", "--json").stdout)
        return clean["entries"] > 150 and not clean["waiting"]

    until(is_sealed)
    assert "没有发现问题" in own_stack.quanlin("journal", "verify").stdout

    with own_stack.database() as db:
        for table in ("entry", "leaf", "node", "checkpoint"):
            db.execute(f"ALTER TABLE journal_{table} DISABLE TRIGGER ALL")
        own = db.execute(
            "SELECT e.id FROM journal_entry e JOIN journal_leaf l ON l.entry_id = e.id"
            " WHERE e.fact LIKE 'cases.%' ORDER BY l.idx"
        ).fetchall()
        ids = [row[0] for row in own]
        deleted, changed, set_back = ids[20], ids[50], ids[80]
        neighbour = db.execute(
            "SELECT l.entry_id FROM journal_leaf l WHERE l.idx > (SELECT idx FROM journal_leaf WHERE entry_id = %s)"
            " ORDER BY l.idx LIMIT 1",
            [deleted],
        ).fetchone()[0]
        db.execute("DELETE FROM journal_entry WHERE id = %s", [deleted])
        db.execute("DELETE FROM journal_leaf WHERE entry_id = %s", [deleted])
        db.execute(
            "UPDATE journal_entry SET data = jsonb_set(data::jsonb, '{number}', '\"261100000001\"')::text::jsonb"
            " WHERE id = %s",
            [changed],
        )
        db.execute("UPDATE journal_entry SET at = at - interval '2 h' WHERE id = %s", [set_back])
        rebuild(db)

    done = own_stack.quanlin("journal", "verify", code=None)
    assert done.returncode != 0
    report = json.loads(own_stack.quanlin("journal", "verify", "--json", code=None).stdout)
    found = {(f["code"], f["entry"]) for f in report["findings"]}
    assert found == {
        ("writer_gap", neighbour),  # between it and the one before, an entry is missing
        ("forged", changed),
        ("forged", set_back),
        ("truncated", None),  # the tree is one shorter than its last signed checkpoint said
        ("root_differs", None),
    }
    for entry in (neighbour, changed, set_back):
        assert f"记录 {entry}" in done.stdout
