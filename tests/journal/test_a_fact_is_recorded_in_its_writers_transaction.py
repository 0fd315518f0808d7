from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from quanlin.journal import actions
from quanlin.journal.actions import record, record_many
from quanlin.journal.queries import timeline
from quanlin.kit import clock, sealing
from quanlin.kit.actor import SYSTEM, Actor
from tests.journal.conftest import SOMEBODY, Happened, check, happen, relay, rows, scope, undone

NOON = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)
CLERK = Actor(
    sort="staff", account=5, role="desk", grant=7, unit=3, person=SOMEBODY, session="s" * 32, label="李静"
)


def newest() -> int:
    return rows("SELECT coalesce(max(id), 0) FROM journal_entry")[0][0]


def count_after(entry: int) -> int:
    return rows("SELECT count(*) FROM journal_entry WHERE id > %s", [entry])[0][0]


def test_every_column_is_kept_and_no_session_key_and_no_name(log):
    fact = Happened(subject_id="9", place=512, units=(3, 4), persons=(SOMEBODY,), drill=True, step=2)
    with scope():
        record(fact, actor=CLERK, at=NOON, purpose="回访")
        (entry,) = timeline("trial", "9", viewer=SYSTEM)
    assert (entry.fact, entry.subject, entry.subject_id, entry.place) == ("trial.happened", "trial", "9", 512)
    assert (entry.units, entry.persons, entry.drill, entry.at) == ([3, 4], [SOMEBODY], True, NOON)
    assert (entry.actor_sort, entry.actor_account, entry.actor_role) == ("staff", 5, "desk")
    assert (entry.actor_grant, entry.actor_unit, entry.actor_person) == (7, 3, SOMEBODY)
    assert (entry.purpose, entry.data, entry.idx) == ("回访", {"step": 2}, None)
    assert entry.session == "8fd6a6a78f5857d7"  # SHA-256 of the session's key, sixteen digits of it
    assert entry.recorded_at.year >= 2026
    stored = rows("SELECT e::text FROM journal_entry e WHERE subject_id = '9'")[0][0]
    assert "李静" not in stored
    assert "s" * 32 not in stored


def test_the_moment_is_that_of_the_clock(log):
    with clock.at(NOON):
        entry = happen()
    assert rows("SELECT at FROM journal_entry WHERE id = %s", [entry]) == [(NOON,)]


def test_one_statement_records_one_fact_or_many(log):
    facts = [Happened(subject_id="9", step=n, persons=(SOMEBODY,) * (n % 3)) for n in range(50)]
    with scope():
        with CaptureQueriesContext(
            connection,
        ) as one:
            record(facts[0], actor=SYSTEM)
        with CaptureQueriesContext(connection) as many:
            ids = record_many(facts[1:], actor=SYSTEM)
        entries = timeline("trial", "9", viewer=SYSTEM)
    assert len(one) == 1
    assert len(many) == 1
    assert [entry.id for entry in entries[1:]] == ids
    assert [entry.data["step"] for entry in entries] == list(range(50))
    assert [len(entry.persons) for entry in entries] == [n % 3 for n in range(50)]


def test_no_fact_makes_no_statement(log):
    with scope(), CaptureQueriesContext(connection) as none:
        assert record_many([], actor=SYSTEM) == []
    assert len(none) == 0


def test_outside_a_transaction_nothing_is_recorded(log):
    before = newest()
    with pytest.raises(TransactionManagementError, match="the transaction that makes it true"):
        record(Happened(subject_id="1"), actor=SYSTEM)
    assert count_after(before) == 0


def test_without_a_role_in_the_transaction_nothing_is_recorded(log):
    before = newest()
    with pytest.raises(Exception, match="row-level security"), transaction.atomic():
        record(Happened(subject_id="1"), actor=SYSTEM)
    assert count_after(before) == 0


def test_a_transaction_that_is_rolled_back_leaves_no_entry_and_nothing_in_the_queue(log):
    before = newest()
    with undone():
        record(Happened(subject_id="1"), actor=SYSTEM)
    assert count_after(before) == 0
    assert rows("SELECT count(*) FROM journal_queue") == [(0,)]


def test_an_actor_who_may_not_see_the_place_records_all_the_same(log):
    with scope(role="resident", account=8):
        entry = record(Happened(subject_id="9", place=512), actor=Actor(sort="nobody"))
        assert timeline("trial", "9", viewer=SYSTEM) == ()
    assert rows("SELECT place FROM journal_entry WHERE id = %s", [entry]) == [(512,)]


@pytest.mark.parametrize("step", [0.5, b"x"])
def test_a_fact_with_a_number_of_no_one_written_form_is_refused(log, step):
    before = newest()
    with pytest.raises(TypeError, match="a fact cannot hold"), scope():
        record(Happened(subject_id="1", step=step), actor=SYSTEM)
    assert count_after(before) == 0


def numbers_after(entry: int) -> list[tuple[UUID, int]]:
    return rows("SELECT writer, writer_no FROM journal_entry WHERE id > %s ORDER BY id", [entry])


def test_a_writer_counts_without_gaps_through_rollbacks_and_savepoints(log):
    before = newest()
    happen()
    with undone():
        record(Happened(subject_id="1"), actor=SYSTEM)
    with scope():
        record(Happened(subject_id="1"), actor=SYSTEM)
        with undone(transaction.atomic):
            record_many([Happened(subject_id="1")] * 3, actor=SYSTEM)
            with transaction.atomic():
                record(Happened(subject_id="1"), actor=SYSTEM)
        with transaction.atomic():
            record(Happened(subject_id="1"), actor=SYSTEM)
            record(Happened(subject_id="1"), actor=SYSTEM)
        record(Happened(subject_id="1"), actor=SYSTEM)
    happen()
    found = numbers_after(before)
    assert len({writer for writer, _ in found}) == 1
    first = found[0][1]
    assert [number for _, number in found] == list(range(first, first + 6))
    relay()
    assert check().findings == []


def test_a_statement_that_failed_uses_up_no_number(log):
    before = newest()
    with scope():
        with pytest.raises(Exception, match="\\\\u0000|unsupported Unicode"), transaction.atomic():
            record(Happened(subject_id="1", step="\x00"), actor=SYSTEM)
        record(Happened(subject_id="1"), actor=SYSTEM)
    happen()
    first, second = numbers_after(before)
    assert second == (first[0], first[1] + 1)


def test_a_hook_of_somebody_else_that_fails_does_not_disturb_the_count(log):
    before = newest()

    def fail() -> None:
        raise RuntimeError("hook")

    def write_with_a_failing_hook() -> None:
        with scope():
            transaction.on_commit(fail)
            record(Happened(subject_id="1"), actor=SYSTEM)

    with pytest.raises(RuntimeError, match="hook"):
        write_with_a_failing_hook()
    happen()
    first, second = numbers_after(before)
    assert second == (first[0], first[1] + 1)


def test_when_the_connection_breaks_before_the_commit_is_known_a_new_writer_begins(log):
    before = newest()
    happen()

    def lose_the_connection() -> None:
        with scope():
            record(Happened(subject_id="1"), actor=SYSTEM)
            connection.connection.close()

    with pytest.raises(Exception, match="closed"):
        lose_the_connection()
    connection.close()
    happen()
    (old, _), (new, number) = numbers_after(before)
    assert new != old
    assert number == 1
    relay()
    assert check().findings == []


def test_a_connection_made_anew_between_transactions_goes_on_counting(log):
    before = newest()
    happen()
    connection.close()
    happen()
    first, second = numbers_after(before)
    assert second == (first[0], first[1] + 1)


def test_without_the_key_file_nothing_is_recorded(log, monkeypatch, tmp_path):
    before = newest()
    monkeypatch.setattr(sealing, "_ring", None)
    monkeypatch.setattr(sealing, "_path", tmp_path / "none.json")
    with pytest.raises(sealing.KeyFileWrong, match="没有密钥文件"):
        happen()
    assert count_after(before) == 0


def test_a_forked_process_is_another_writer(log, monkeypatch):
    before = newest()
    happen()
    monkeypatch.setattr(actions.os, "getpid", lambda: -1)
    happen()
    (old, _), (new, number) = numbers_after(before)
    assert new != old
    assert number == 1
