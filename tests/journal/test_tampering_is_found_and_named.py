"""Somebody with the database's superuser password and no key file, in twelve ways and some more (story 12)."""

import re
from uuid import uuid4

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connections

from quanlin.journal import queries
from quanlin.journal.rules import content, notes, tree
from quanlin.journal.rules.entry import STORED_COLUMNS, from_row
from tests.journal.conftest import check, happen, relay, rows

COLUMNS = ", ".join(STORED_COLUMNS)


@pytest.fixture
def six(log) -> list[int]:
    """Ids of six sealed entries at the end of the log, under two checkpoints; checked to be whole."""
    first = [happen(step) for step in range(3)]
    relay()
    second = [happen(step) for step in range(3, 6)]
    relay()
    assert check().findings == []
    return [*first, *second]


def idx_of(entry: int) -> int:
    return rows("SELECT idx FROM journal_leaf WHERE entry_id = %s", [entry])[0][0]


def found(**more) -> list[tuple[str, int | None]]:
    """Code and entry (or, without an entry, index) of each finding."""
    return [(f.code, f.entry or f.idx) for f in check(**more).findings]


def rebuild(tamperer: psycopg.Connection, *, start: int = 0) -> None:
    """What a tamperer can do without the key: make leaves and nodes fit the rows again."""
    frontier = tree.Frontier()
    tamperer.execute("DELETE FROM journal_node")
    kept = tamperer.execute("SELECT entry_id FROM journal_leaf ORDER BY idx").fetchall()
    tamperer.execute("DELETE FROM journal_leaf")
    for idx, (entry_id,) in enumerate(kept):
        row = tamperer.execute(f"SELECT {COLUMNS} FROM journal_entry WHERE id = %s", [entry_id]).fetchone()
        leaf = content.entry_leaf(from_row([idx, *row]).row(), idx)
        tamperer.execute("INSERT INTO journal_leaf VALUES (%s, %s, %s)", [idx, entry_id, leaf])
        for node in frontier.append(leaf):
            tamperer.execute("INSERT INTO journal_node VALUES (%s, %s, %s)", list(node))


def test_1_a_letter_changed_in_a_row(six, tamperer):
    tamperer.execute("UPDATE journal_entry SET data = '{\"step\": 9}' WHERE id = %s", [six[1]])
    (finding,) = check().findings
    assert (finding.code, finding.entry, finding.idx) == ("altered", six[1], idx_of(six[1]))
    assert finding.text == f"第 {finding.idx} 条（记录 {six[1]}）：内容与封存时不同，写入凭证也不符，被改过。"


def test_2_the_time_of_a_row_changed(six, tamperer):
    tamperer.execute("UPDATE journal_entry SET at = at - interval '1 day' WHERE id = %s", [six[1]])
    tamperer.execute(
        "UPDATE journal_entry SET recorded_at = recorded_at + interval '1 ms' WHERE id = %s", [six[4]]
    )
    first, second = check().findings
    assert (first.code, first.entry) == ("altered", six[1])
    assert (second.code, second.entry) == ("altered", six[4])
    assert "入库时间" in second.text


def test_3_a_row_deleted(six, tamperer):
    tamperer.execute("DELETE FROM journal_entry WHERE id = %s", [six[1]])
    first, second = check().findings
    assert (first.code, first.entry) == ("entry_missing", six[1])
    assert "封存之后被删除" in first.text
    assert (second.code, second.entry) == ("writer_gap", six[2])


def test_4_a_row_deleted_with_its_leaf(six, tamperer):
    idx = idx_of(six[1])
    tamperer.execute("DELETE FROM journal_entry WHERE id = %s", [six[1]])
    tamperer.execute("DELETE FROM journal_leaf WHERE idx = %s", [idx])
    assert found() == [("leaf_missing", idx), ("writer_gap", six[2])]


def test_4_a_leaf_deleted_and_its_row_left(six, tamperer):
    idx = idx_of(six[1])
    tamperer.execute("DELETE FROM journal_leaf WHERE idx = %s", [idx])
    assert found() == [("leaf_missing", idx), ("writer_gap", six[2]), ("orphan", six[1])]


def test_5_the_contents_of_two_rows_swapped(six, tamperer):
    mine, other = six[1], six[3]
    tamperer.execute(
        "UPDATE journal_entry e SET data = o.data, writer_no = o.writer_no, mac = o.mac, at = o.at"
        " FROM journal_entry o WHERE e.id + o.id = %s AND e.id IN (%s, %s)",
        [mine + other, mine, other],
    )
    codes = found()
    assert ("altered", mine) in codes
    assert ("altered", other) in codes
    assert {entry for _, entry in codes} <= {mine, other, six[2], six[4]}


def test_6_the_tail_cut_off_with_its_tree(six, tamperer, tmp_path):
    kept = queries.latest_checkpoint()
    size = notes.read(kept).size
    cut = idx_of(six[3])
    tamperer.execute("DELETE FROM journal_entry WHERE id >= %s", [six[3]])
    tamperer.execute("DELETE FROM journal_leaf WHERE idx >= %s", [cut])
    tamperer.execute("DELETE FROM journal_node WHERE (index + 1) << level > %s", [cut])
    (finding,) = check().findings
    assert finding.code == "truncated"
    assert finding.text.endswith(f"检查点有 {size} 条，日志只剩 {cut} 条：尾部被截去。")

    tamperer.execute("DELETE FROM journal_checkpoint WHERE size > %s", [cut])
    assert found() == []  # nothing in the database tells: that is what copies kept elsewhere are for
    assert found(outside=[kept]) == [("truncated", None), ("checkpoint_missing", None)]

    happen(6)  # and the writer that lives on tells, too
    relay()
    assert found()[0][0] == "writer_gap"


def forged_row(tamperer: psycopg.Connection, like: int) -> int:
    """A row made up after another one; its id."""
    others = [name for name in STORED_COLUMNS if name not in ("id", "writer_no", "writer", "recorded_at")]
    return tamperer.execute(
        f"INSERT INTO journal_entry ({', '.join(others)}, writer, writer_no, recorded_at)"
        f" SELECT {', '.join(others)}, %s, 1, now() FROM journal_entry WHERE id = %s RETURNING id",
        [uuid4(), like],
    ).fetchone()[0]


def test_7_a_row_added_that_nobody_wrote(six, tamperer):
    entry = forged_row(tamperer, six[5])
    assert found() == [("orphan", entry)]


def test_7_a_row_added_and_queued_so_that_the_relay_seals_it(six, tamperer):
    entry = forged_row(tamperer, six[5])
    tamperer.execute("INSERT INTO journal_queue VALUES (%s, now())", [entry])
    (finding,) = check().findings
    assert (finding.code, finding.entry, finding.idx) == ("forged", entry, None)
    relay()
    (finding,) = check().findings
    assert (finding.code, finding.entry) == ("forged", entry)
    assert "不是本系统写入的" in finding.text


def test_7_a_row_added_with_a_leaf_of_its_own(six, tamperer):
    entry, idx = forged_row(tamperer, six[5]), queries.lag().size
    row = tamperer.execute(f"SELECT {COLUMNS} FROM journal_entry WHERE id = %s", [entry]).fetchone()
    leaf = content.entry_leaf(from_row([idx, *row]).row(), idx)
    tamperer.execute("INSERT INTO journal_leaf VALUES (%s, %s, %s)", [idx, entry, leaf])
    tamperer.execute("UPDATE journal_relay SET seen_at = now() + interval '5 min'")
    codes = found()
    assert ("forged", entry) in codes
    assert ("unsigned", entry) in codes


def test_8_the_actor_of_a_row_changed(six, tamperer):
    tamperer.execute(
        "UPDATE journal_entry SET actor_account = 77, actor_sort = 'staff' WHERE id = %s", [six[2]]
    )
    assert found() == [("altered", six[2])]


def test_9_the_order_of_two_entries_changed(six, tamperer):
    mine, other = idx_of(six[1]), idx_of(six[2])
    for old, new in ((mine, -1), (other, mine), (-1, other)):
        tamperer.execute("UPDATE journal_leaf SET idx = %s WHERE idx = %s", [new, old])
    codes = found()
    assert ("altered", six[1]) in codes
    assert ("altered", six[2]) in codes


def test_10_the_whole_tree_rebuilt_without_the_key(six, tamperer):
    kept = queries.latest_checkpoint()
    tamperer.execute("UPDATE journal_entry SET data = '{\"step\": 9}' WHERE id = %s", [six[1]])
    rebuild(tamperer)
    assert found() == [("forged", six[1]), ("root_differs", None)]
    assert found(outside=[kept]) == [("forged", six[1]), ("outside_differs", None), ("root_differs", None)]


def test_10_the_whole_tree_rebuilt_and_all_checkpoints_signed_by_another_key(six, tamperer):
    tamperer.execute("UPDATE journal_entry SET data = '{\"step\": 9}' WHERE id = %s", [six[1]])
    rebuild(tamperer)
    key = Ed25519PrivateKey.generate()
    for number, note in tamperer.execute("SELECT number, note FROM journal_checkpoint").fetchall():
        forged = notes.sign(notes.read(note), key)
        tamperer.execute("UPDATE journal_checkpoint SET note = %s WHERE number = %s", [forged, number])
    codes = [code for code, _ in found()]
    assert codes.count("signature_wrong") == rows("SELECT count(*) FROM journal_checkpoint")[0][0]
    assert "forged" in codes


def test_10_the_whole_tree_rebuilt_and_all_checkpoints_removed(six, tamperer):
    kept = queries.latest_checkpoint()
    tamperer.execute("UPDATE journal_entry SET data = '{\"step\": 9}' WHERE id = %s", [six[1]])
    rebuild(tamperer)
    tamperer.execute("DELETE FROM journal_checkpoint")
    tamperer.execute("UPDATE journal_relay SET seen_at = now() + interval '5 min'")
    assert [code for code, _ in found()] == ["forged", "unsigned"]
    with_copy = [code for code, _ in found(outside=[kept])]
    assert sorted(with_copy) == ["checkpoint_missing", "forged", "outside_differs", "unsigned"]


def test_11_deleted_before_it_was_sealed_the_queue_left(six, tamperer):
    entry = happen(6)
    tamperer.execute("DELETE FROM journal_entry WHERE id = %s", [entry])
    assert found() == [("lost", entry)]
    relay()
    (finding,) = check().findings
    assert (finding.code, finding.entry) == ("lost", entry)
    assert "封存前就已被删除" in finding.text


def test_11_deleted_before_it_was_sealed_with_its_place_in_the_queue(six, tamperer):
    entry = happen(6)
    tamperer.execute("DELETE FROM journal_entry WHERE id = %s", [entry])
    tamperer.execute("DELETE FROM journal_queue WHERE entry_id = %s", [entry])
    after = happen(7)
    assert found() == [("writer_gap", after)]
    relay()
    (finding,) = check().findings
    assert (finding.code, finding.entry) == ("writer_gap", after)
    assert f"在记录 {six[5]}与第 {finding.idx} 条（记录 {after}）之间：写入后被删除" in finding.text


def test_12_the_clock_set_back_for_one_writer(six, tamperer):
    entry = happen(6)
    tamperer.execute(
        "UPDATE journal_entry SET recorded_at = recorded_at - interval '1 h' WHERE id = %s", [entry]
    )
    relay()
    (finding,) = check().findings
    assert (finding.code, finding.entry) == ("clock_back", entry)
    assert re.search(r"倒退了 3[56]\d\d 秒，时钟被拨回", finding.text)


def test_12_the_clock_set_back_before_a_new_writer_came(six, tamperer):
    connections["default"].close()
    from quanlin.journal import actions

    actions._counts.clear()
    entry = happen(6)
    tamperer.execute(
        "UPDATE journal_entry SET recorded_at = recorded_at - interval '1 h' WHERE id = %s", [entry]
    )
    relay()
    assert found() == [("clock_back", entry)]


def test_12_the_clock_set_forward_for_an_entry(six, tamperer):
    entry = happen(6)
    tamperer.execute(
        "UPDATE journal_entry SET recorded_at = recorded_at + interval '1 h' WHERE id = %s", [entry]
    )
    relay()
    assert found() == [("clock_ahead", entry)]


def test_12_the_clock_set_back_under_a_checkpoint(six, monkeypatch):
    from quanlin.journal.jobs import relay as module

    class Earlier(module.datetime):
        @classmethod
        def now(cls, zone=None):
            return super().now(zone).replace(year=2020)

    monkeypatch.setattr(module, "datetime", Earlier)
    entry = happen(6)
    relay()
    (first, second) = check().findings
    assert (first.code, second.code) == ("clock_back", "clock_ahead")
    assert "检查点的时间比前一号早" in first.text
    assert second.entry == entry


def test_13_a_row_replayed(six, tamperer):
    names = ", ".join(name for name in STORED_COLUMNS if name != "id")
    (copy,) = tamperer.execute(
        f"INSERT INTO journal_entry ({names}) SELECT {names} FROM journal_entry WHERE id = %s RETURNING id",
        [six[1]],
    ).fetchone()
    tamperer.execute("INSERT INTO journal_queue VALUES (%s, now())", [copy])
    assert found() == [("writer_repeated", copy)]
    relay()
    (finding,) = check().findings
    assert (finding.code, finding.entry) == ("writer_repeated", copy)
    assert "重放" in finding.text


def test_14_a_leaf_and_a_node_changed(six, tamperer):
    idx = idx_of(six[1])
    tamperer.execute("UPDATE journal_leaf SET hash = sha256('x') WHERE idx = %s", [idx])
    codes = check().findings
    assert (codes[0].code, codes[0].entry) == ("altered", six[1])
    assert {finding.code for finding in codes[1:]} <= {"node_wrong", "root_differs"}
    assert len(codes) >= 2


def test_15_a_checkpoint_removed_from_the_middle(six, tamperer):
    number = rows("SELECT max(number) FROM journal_checkpoint")[0][0] - 1
    tamperer.execute("DELETE FROM journal_checkpoint WHERE number = %s", [number])
    (finding,) = check().findings
    assert finding.code == "checkpoint_missing"
    assert finding.text == f"第 {number} 号检查点不见了（在第 {number + 1} 号之前）。"


def test_a_part_of_the_log_is_checked_alone(six, tamperer):
    tamperer.execute("UPDATE journal_entry SET data = '{}' WHERE id IN (%s, %s)", [six[1], six[4]])
    start = idx_of(six[2])
    assert found(first=start) == [("altered", six[4])]
    assert found(end=start) == [("altered", six[1])]
    assert found(first=start, end=start + 1) == []
    assert check(first=start).entries == 4


def test_an_auditor_without_the_key_file_checks_all_but_the_writers_codes(six, tamperer):
    tamperer.execute("UPDATE journal_entry SET data = '{}' WHERE id = %s", [six[1]])
    keys = [notes.Verifier.parse(key) for key in queries.public_keys()]
    report = queries.verify(verifiers=keys, writer_key=None)
    assert report.macs_checked is False
    assert [(f.code, f.entry) for f in report.findings] == [("altered", six[1])]


def test_a_copy_of_a_checkpoint_that_nobody_signed_is_not_compared(six):
    forged = notes.sign(notes.read(queries.latest_checkpoint()), Ed25519PrivateKey.generate())
    with pytest.raises(notes.NoteWrong):
        check(outside=[forged])


def test_entries_that_wait_are_checked_too(six):
    before = check()
    happen(6)
    after = check()
    assert (after.size, after.waiting) == (before.size, 1)
    assert after.findings == []
