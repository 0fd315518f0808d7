from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quanlin.journal import queries
from quanlin.journal.actions import record, record_many
from quanlin.kit.actor import SYSTEM, Actor
from quanlin.kit.errors import Conflict, NotFound
from tests.journal.conftest import SOMEBODY, Happened, happen, relay, rows, scope

HERE, THERE = 512, 1024


def test_an_entry_is_seen_by_its_place_its_units_its_persons_and_its_own_account(log):
    with scope():
        record(
            Happened(subject_id="9", place=HERE, units=(3, 4), persons=(SOMEBODY,)),
            actor=Actor(sort="staff", account=5),
        )

    def sees(**values) -> bool:
        with scope(**values):
            return len(queries.timeline("trial", "9", viewer=SYSTEM)) == 1

    assert sees(role="system")
    assert sees(role="desk", low=500, high=600)
    assert sees(role="desk", low=HERE, high=HERE)
    assert sees(role="works", unit=4)
    assert sees(role="resident", person=SOMEBODY)
    assert sees(role="desk", account=5)
    assert not sees(role="desk", low=THERE, high=THERE + 10)
    assert not sees(role="desk", low=0, high=HERE - 1)
    assert not sees(role="works", unit=5)
    assert not sees(role="resident", person=uuid4())
    assert not sees(role="desk", account=6)
    assert not sees(role="nobody")
    assert not sees(role="")


def test_an_unseen_entry_is_told_apart_from_no_entry_by_nothing(log):
    with scope():
        entry = record(Happened(subject_id="9", place=HERE), actor=SYSTEM)
    answers = []
    for number in (entry, entry + 1000):
        with scope(role="desk", low=THERE, high=THERE), pytest.raises(NotFound) as refusal:
            queries.entry(number, viewer=SYSTEM)
        answers.append((refusal.value.code, refusal.value.message))
    assert answers[0] == answers[1]


def test_a_timeline_is_one_statement_and_pages_back(log):
    with scope():
        ids = record_many([Happened(subject_id="9", step=n) for n in range(7)], actor=SYSTEM)
        with CaptureQueriesContext(connection) as asked:
            last = queries.timeline("trial", "9", viewer=SYSTEM, limit=3)
        before = queries.timeline("trial", "9", viewer=SYSTEM, limit=3, before=last[0].id)
        first = queries.timeline("trial", "9", viewer=SYSTEM, limit=3, before=before[0].id)
    assert len(asked) == 1
    assert [e.id for e in (*first, *before, *last)] == ids
    assert [e.data["step"] for e in last] == [4, 5, 6]


def test_the_timeline_of_one_thing_uses_its_index(log):
    with scope(role="desk", low=0, high=2**62), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT * FROM journal_entry e WHERE e.subject = 'trial' AND e.subject_id = '9' AND e.id < 10"
            " ORDER BY e.id DESC LIMIT 3"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "journal_entry_subject" in plan


def test_catching_up_answers_what_the_viewer_sees_and_how_far_it_looked(log):
    start = queries.lag().size - 1
    with scope():
        for place in (HERE, THERE, HERE, THERE, THERE):
            record(Happened(subject_id="9", place=place), actor=SYSTEM)
    relay()
    with scope(role="desk", low=HERE, high=HERE):
        first = queries.since(start, viewer=SYSTEM, limit=1)
        second = queries.since(first.upto, viewer=SYSTEM, limit=10)
        third = queries.since(second.upto, viewer=SYSTEM, limit=10)
    assert [e.idx for e in first.entries] == [start + 1]
    assert first.upto == start + 1
    assert [e.idx for e in second.entries] == [start + 3]
    assert second.upto == start + 5
    assert third == queries.Since((), start + 5)


def test_a_person_learns_who_looked_at_him(log):
    class Revealed(Happened):
        name = "trial.revealed"
        subject = "person"

    other = UUID(int=7)
    with scope():
        record(
            Revealed(subject_id=str(SOMEBODY), persons=(SOMEBODY,)),
            actor=Actor(sort="staff", account=5),
            purpose="回访",
        )
        record(Revealed(subject_id=str(other), persons=(other,)), actor=SYSTEM, purpose="回访")
    with scope(role="resident", person=SOMEBODY):
        found = queries.reads_of(SOMEBODY, facts=["trial.revealed"], viewer=SYSTEM)
        foreign = queries.reads_of(other, facts=["trial.revealed"], viewer=SYSTEM)
        none = queries.reads_of(SOMEBODY, facts=["trial.happened"], viewer=SYSTEM)
    assert [(e.actor_account, e.purpose) for e in found] == [(5, "回访")]
    assert foreign == ()
    assert none == ()


def test_an_auditor_reads_what_an_account_did_newest_first(log):
    with scope():
        ids = [record(Happened(subject_id="9"), actor=Actor(sort="staff", account=5)) for _ in range(3)]
        record(Happened(subject_id="9"), actor=Actor(sort="staff", account=6))
        latest = queries.entries_of_actor(5, viewer=SYSTEM, limit=2)
        earlier = queries.entries_of_actor(5, viewer=SYSTEM, limit=2, before=latest[-1].id)
    assert [e.id for e in (*latest, *earlier)] == ids[::-1]


def test_there_is_no_proof_before_an_entry_is_sealed(log):
    entry = happen()
    with scope(), pytest.raises(Conflict) as refusal:
        queries.inclusion_proof(entry, viewer=SYSTEM)
    assert refusal.value.code == "not_sealed"


def test_the_lag_is_counted_and_needs_no_scope(log):
    before = queries.lag()
    happen()
    happen()
    now = queries.lag()
    assert (now.waiting, now.size, now.faults) == (2, before.size, 0)
    assert now.seconds >= 0
    relay()
    after = queries.lag()
    assert (after.waiting, after.seconds, after.size) == (0, 0.0, before.size + 2)
    assert after.seen_at is not None
    assert rows("SELECT count(*) FROM journal_leaf") == [(after.size,)]
