import asyncio
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import nats
import psycopg
import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app

from quanlin.journal import queries
from quanlin.journal.actions import record_many
from quanlin.journal.jobs import relay as module
from quanlin.journal.jobs.publishing import SUBJECT
from quanlin.journal.rules import notes
from quanlin.kit.actor import SYSTEM
from tests.journal.conftest import NO_BROKER, Happened, check, happen, relay, rows, scope, undone

BROKER = os.environ.get("QUANLIN_NATS_URL", "")


@pytest.fixture
def task():
    """A task that is known only while the test runs."""

    def trial(entry_id: int) -> None: ...

    made = app.task(queue="trial", name="trial.react")(trial)
    yield made
    app.tasks.pop("trial.react")


@contextmanager
def listening() -> Iterator[list[dict]]:
    """What the broker hands out while the block runs."""
    heard: list[dict] = []
    ready, over = threading.Event(), threading.Event()

    async def listen() -> None:
        client = await nats.connect(BROKER)

        async def hear(message) -> None:
            heard.extend(json.loads(message.data))

        await client.subscribe(SUBJECT, cb=hear)
        await client.flush()
        ready.set()
        while not over.is_set():
            await asyncio.sleep(0.01)
        await client.close()

    thread = threading.Thread(target=lambda: asyncio.run(listen()))
    thread.start()
    assert ready.wait(10)
    try:
        yield heard
    finally:
        over.set()
        thread.join()


def within(seconds: float, what) -> bool:
    until = time.monotonic() + seconds
    while not what() and time.monotonic() < until:
        time.sleep(0.01)
    return what()


def test_entries_are_sealed_in_their_order_under_one_checkpoint(log):
    before = queries.lag().size
    with scope():
        ids = record_many([Happened(subject_id="1", step=n) for n in range(300)], actor=SYSTEM)
    relay()
    assert rows("SELECT idx, entry_id FROM journal_leaf WHERE idx >= %s ORDER BY idx", [before]) == [
        (before + n, entry) for n, entry in enumerate(ids)
    ]
    assert rows("SELECT count(*) FROM journal_queue") == [(0,)]
    assert notes.read(queries.latest_checkpoint()).size == before + 300
    assert check().findings == []


def test_a_batch_is_folded_and_its_jobs_deferred_in_one_transaction(log, task):
    seen = []

    def fold(entries, there):
        with there.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()::text, current_setting('q.role')")
            seen.append((cursor.fetchone(), [(e.idx, e.data["step"]) for e in entries]))

    start = queries.lag().size
    with scope():
        ids = record_many([Happened(subject_id="1", step=n) for n in range(3)], actor=SYSTEM)
    relay(reactions={"trial.happened": [task, task], "trial.other": [task]}, folds=[fold])
    (((xact, role), entries),) = seen
    assert role == "system"
    assert entries == [(start, 0), (start + 1, 1), (start + 2, 2)]
    jobs = rows(
        "SELECT (args->>'entry_id')::bigint FROM procrastinate_jobs WHERE task_name = 'trial.react' ORDER BY id"
    )
    assert [entry for (entry,) in jobs] == [entry for entry in ids for _ in range(2)]
    assert rows(
        "SELECT DISTINCT l.xmin::text = %s FROM journal_leaf l WHERE idx >= %s"
        " UNION SELECT DISTINCT j.xmin::text = %s FROM procrastinate_jobs j WHERE task_name = 'trial.react'",
        [xact, start, xact],
    ) == [(True,)]


def test_nothing_of_a_batch_stays_when_its_jobs_cannot_be_deferred(log, task, monkeypatch):
    start = queries.lag().size
    happen()
    monkeypatch.setattr(app.job_manager, "batch_defer_jobs", lambda jobs: 1 / 0)
    folded = []
    with pytest.raises(ZeroDivisionError):
        relay(reactions={"trial.happened": [task]}, folds=[lambda entries, _: folded.append(len(entries))])
    assert folded == [1]
    assert (queries.lag().size, queries.lag().waiting) == (start, 1)
    assert rows("SELECT count(*) FROM journal_node WHERE (index + 1) << level > %s", [start]) == [(0,)]


def test_a_fold_that_fails_on_one_entry_holds_up_nothing_and_is_noted(log, task):
    counted = []

    def picky(entries, there):
        if any(entry.data["step"] == 1 for entry in entries):
            with there.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        counted.extend(entry.data["step"] for entry in entries)

    with scope():
        record_many([Happened(subject_id="1", step=n) for n in range(3)], actor=SYSTEM)
    relay(folds=[picky], reactions={"trial.happened": [task]})
    assert counted == [0, 2]
    assert rows("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'trial.react'") == [(3,)]
    ((idx, fold, error),) = rows("SELECT idx, fold, error FROM journal_fault")
    assert idx == queries.lag().size - 2
    assert fold.endswith("picky")
    assert "division by zero" in error
    assert queries.lag().faults == 1
    assert check().findings == []


def test_an_open_transaction_is_not_waited_for_and_comes_in_when_it_is_committed(log):
    start = queries.lag().size
    url = os.environ["QUANLIN_DATABASE_OWNER_URL"]
    with psycopg.connect(url, dbname=log) as slow:
        slow.execute("SELECT set_config('q.role', 'system', true)")
        texts = ("fact", "subject", "subject_id", "actor_sort", "actor_role", "session", "purpose")
        written = dict.fromkeys(texts, "x") | {"place": "0", "units": [], "persons": [], "drill": False}
        written |= {"at": "2026-01-01T00:00:00Z", "data": {}, "writer": str(UUID(int=1)), "writer_no": 1}
        (early,) = slow.execute("SELECT journal_record(%s, '')", [json.dumps(written)]).fetchone()
        late = happen()
        relay()
        assert early < late
        assert rows("SELECT entry_id FROM journal_leaf WHERE idx >= %s", [start]) == [(late,)]
    relay()
    assert rows("SELECT entry_id FROM journal_leaf WHERE idx >= %s ORDER BY idx", [start]) == [
        (late,),
        (early,),
    ]


def test_checkpoints_are_made_at_most_each_second(log):
    before = rows("SELECT count(*) FROM journal_checkpoint")[0][0]
    left = iter(range(12))

    def until() -> bool:
        if connection.in_atomic_block:
            return False
        step = next(left, None)
        if step is not None:
            happen(step)
        return step is None

    relay(until=until)
    assert queries.lag().waiting == 0
    made = rows("SELECT made_at FROM journal_checkpoint ORDER BY number")[before:]
    assert 1 <= len(made) <= 3  # the first, the last, and one for a second that may have passed


def test_the_newest_checkpoint_is_kept_outside_too(log, tmp_path):
    happen()
    kept = tmp_path / "checkpoint.txt"
    relay(checkpoint_file=kept)
    assert kept.read_text() == queries.latest_checkpoint()
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoint.txt"]
    assert check(outside=[kept.read_text()]).findings == []


def test_a_place_outside_that_cannot_be_written_does_not_stop_the_relay(log, tmp_path):
    start = queries.lag().size
    happen()
    relay(checkpoint_file=tmp_path / "missing" / "checkpoint.txt")
    assert queries.lag().size == start + 1


def test_a_second_relay_waits_for_the_first(log):
    start = queries.lag().size
    url = os.environ["QUANLIN_DATABASE_OWNER_URL"]
    asked = []
    with psycopg.connect(url, dbname=log, autocommit=True) as first:
        first.execute("SELECT pg_advisory_lock(%s)", [module.LOCK])
        happen()

        def until() -> bool:
            asked.append(None)
            return len(asked) > 8

        relay(until=until)
        assert (queries.lag().size, queries.lag().waiting) == (start, 1)
    relay()
    assert (queries.lag().size, queries.lag().waiting) == (start + 1, 0)


def test_a_task_with_a_queueing_lock_is_no_reaction(log):
    @app.task(queue="trial", name="trial.locked", queueing_lock="one")
    def locked(entry_id: int) -> None: ...

    try:
        with pytest.raises(ValueError, match=r"trial.locked reacts to trial.happened and must not have"):
            relay(reactions={"trial.happened": [locked]})
    finally:
        app.tasks.pop("trial.locked")


def test_the_broker_is_told_every_entry_once_and_in_order_but_not_who(log):
    relay(url=BROKER, until=lambda: queries.lag().published == queries.lag().size)
    start = queries.lag().size
    with listening() as heard:
        with scope():
            ids = record_many(
                [Happened(subject_id="1", step=n, place=2**62, units=(3,)) for n in range(1200)], actor=SYSTEM
            )
        relay(url=BROKER, until=lambda: queries.lag().published == start + 1200)
        assert within(5, lambda: len(heard) == 1200)
    assert [told["idx"] for told in heard] == list(range(start, start + 1200))
    assert [told["id"] for told in heard] == ids
    first = dict(heard[0])
    assert first.pop("at").endswith("Z")
    assert first == {
        "idx": start, "id": ids[0], "fact": "trial.happened", "subject": "trial", "subject_id": "1",
        "place": "4611686018427387904", "units": [3], "persons": [], "data": {"step": 0},
    }  # fmt: skip


def test_while_the_broker_is_away_sealing_goes_on_and_afterwards_nothing_is_left_out(log):
    relay(url=BROKER, until=lambda: queries.lag().published == queries.lag().size)
    start = queries.lag().size
    for step in range(5):
        happen(step)
        relay(url=NO_BROKER)
    assert (queries.lag().size, queries.lag().published) == (start + 5, start)
    with listening() as heard:
        relay(url=BROKER, until=lambda: queries.lag().published == start + 5)
        assert within(5, lambda: len(heard) == 5)
    assert [(told["idx"], told["data"]["step"]) for told in heard] == [(start + n, n) for n in range(5)]


def test_the_relay_goes_on_when_the_database_was_away(log):
    start = queries.lag().size
    cut = []
    url = os.environ["QUANLIN_DATABASE_OWNER_URL"]

    def fold(entries, there):
        if len(cut) < 2:
            cut.append(None)
            with psycopg.connect(url, dbname=log, autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = %s AND pid <> pg_backend_pid()",
                    [log],
                )

    for step in range(3):
        happen(step)
    relay(
        folds=[fold], until=lambda: len(cut) == 2 and connection.connection is not None and _sealed(start + 3)
    )
    assert len(cut) == 2
    assert queries.lag().size == start + 3
    assert check().findings == []


def _sealed(size: int) -> bool:
    try:
        return queries.lag().size == size
    except Exception:
        connection.close()
        return False


def test_what_the_writer_rolled_back_is_never_told(log):
    start = queries.lag().size
    with undone():
        record_many([Happened(subject_id="1")] * 3, actor=SYSTEM)
    with scope():
        with undone(transaction.atomic):
            record_many([Happened(subject_id="1", step=1)] * 3, actor=SYSTEM)
        record_many([Happened(subject_id="1", step=2)], actor=SYSTEM)
    relay()
    with scope():
        found = queries.since(start - 1, viewer=SYSTEM)
    assert [entry.data["step"] for entry in found.entries] == [2]
