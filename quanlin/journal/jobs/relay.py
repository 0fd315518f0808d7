"""From the queue into the tree, the counters and the jobs, each exactly once; to the broker at least once.

A batch is one transaction: entries leave the queue, get index, leaf and nodes; counters are folded and jobs
are deferred. Whatever kills the process, the batch is there whole or not at all. See docs/adr/0001.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from logging import getLogger
from pathlib import Path
from typing import Any

import orjson
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from procrastinate.tasks import Task

from quanlin.journal.jobs.publishing import Publisher
from quanlin.journal.rules import content, notes, tree
from quanlin.journal.rules.entry import STORED_COLUMNS, Entry, as_published, from_row
from quanlin.kit import sealing
from quanlin.kit.actor import SYSTEM

Fold = Callable[[Sequence[Entry], BaseDatabaseWrapper], None]
"""Gets the sealed entries of a batch in order, and the connection whose transaction it may write in."""

LOCK = 0x7175616E6C696E01
BATCH = 5_000
BUSY_SECONDS, IDLE_SECONDS = 0.02, 0.05
CHECKPOINT_SECONDS = HEARTBEAT_SECONDS = 1.0
_MESSAGE_ENTRIES = 500
"""Entries in one message: some 200 kB, where the broker takes 1 MB."""

_TAKE = f"""
WITH taken AS (
    DELETE FROM journal_queue
    WHERE entry_id IN (SELECT entry_id FROM journal_queue ORDER BY entry_id LIMIT %s) RETURNING entry_id
)
SELECT t.entry_id, {", ".join(f"e.{name}" for name in STORED_COLUMNS)}
FROM taken t LEFT JOIN journal_entry e ON e.id = t.entry_id ORDER BY t.entry_id
"""  # noqa: S608
_SEALED = f"""
SELECT l.idx, {", ".join(f"e.{name}" for name in STORED_COLUMNS)}
FROM journal_leaf l JOIN journal_entry e ON e.id = l.entry_id WHERE l.idx >= %s AND l.idx < %s ORDER BY l.idx
"""  # noqa: S608

log = getLogger(__name__)


def run_relay(
    *,
    reactions: Mapping[str, Sequence[Task]],
    folds: Sequence[Fold],
    nats_url: str,
    stop: Callable[[], bool],
    checkpoint_file: Path | None = None,
) -> None:
    """Relay until ``stop()`` is true; a second process waits until the first is gone.

    reactions:       tasks to defer for each fact name, each with the one argument ``entry_id``
    checkpoint_file: the newest checkpoint is kept there too, out of the database's reach

    Raises ValueError for a reaction whose queueing lock could make a whole batch fail.
    """
    for name, tasks in reactions.items():
        for task in tasks:
            if task.queueing_lock is not None:
                raise ValueError(f"{task.name} reacts to {name} and must not have a queueing lock")
    relay = _Relay(reactions, folds, Publisher(nats_url), stop, checkpoint_file)
    try:
        relay.run()
    finally:
        relay.publisher.close()
        connection.close()


class _Relay:
    def __init__(
        self,
        reactions: Mapping[str, Sequence[Task]],
        folds: Sequence[Fold],
        publisher: Publisher,
        stop: Callable[[], bool],
        checkpoint_file: Path | None,
    ):
        self.reactions = reactions
        self.folds = folds
        self.publisher = publisher
        self.stop = stop
        self.checkpoint_file = checkpoint_file

    def run(self) -> None:
        """Lead, and lead again whenever the database was away."""
        pause = 0.1
        while not self.stop():
            try:
                connection.close()
                if self._get_lock():
                    pause = 0.1
                    self._load()
                    self._lead()
                    _ask(
                        "SELECT pg_advisory_unlock(%s)", [LOCK]
                    )  # the next need not wait for the session's end
            except (OperationalError, InterfaceError) as error:
                log.warning("the database is away (%s); trying again", str(error).strip())
                self._rest(pause)
                pause = min(5.0, pause * 2)

    def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.stop() and (left := until - time.monotonic()) > 0:
            time.sleep(min(0.1, left))

    def _get_lock(self) -> bool:
        """The lock of this session; it is gone with the connection."""
        waits = False
        while not self.stop():
            if _ask("SELECT pg_try_advisory_lock(%s)", [LOCK]):
                return True
            if not waits:
                log.info("another relay is at work; waiting for it to end")
                waits = True
            self._rest(0.5)
        return False

    def _load(self) -> None:
        """What is known from earlier runs."""
        size = _ask("SELECT coalesce(max(idx) + 1, 0) FROM journal_leaf")
        cover = tree.cover((0, size))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(n.hash, l.hash) FROM unnest(%s::int[], %s::bigint[]) AS w(level, index)"
                " LEFT JOIN journal_node n ON n.level = w.level AND n.index = w.index"
                " LEFT JOIN journal_leaf l ON w.level = 0 AND l.idx = w.index ORDER BY w.level DESC",
                [[level for level, _ in cover], [index for _, index in cover]],
            )
            self.frontier = tree.Frontier(size, [bytes(row[0] or b"") for row in cursor.fetchall()])
            cursor.execute("SELECT number, size FROM journal_checkpoint ORDER BY number DESC LIMIT 1")
            self.number, self.signed_size = cursor.fetchone() or (0, 0)
        self.published: int = _ask("SELECT published FROM journal_relay WHERE id = 1")
        self.signed_at = self.seen_at = 0.0
        self.latest: list[Entry] = []

    def _lead(self) -> None:
        while not self.stop():
            took = self._seal() if _ask("SELECT EXISTS (SELECT 1 FROM journal_queue)") else 0
            if not took and self._checkpoint_due():
                self._sign()
            self._publish()
            if time.monotonic() - self.seen_at >= HEARTBEAT_SECONDS:
                self._heartbeat()
            if took < BATCH:
                time.sleep(BUSY_SECONDS if took else IDLE_SECONDS)
        if self.frontier.size > self.signed_size:
            self._sign()
        self._publish()
        self._heartbeat()

    def _sign(self) -> None:
        with transaction.atomic():
            note = self._checkpoint()
        self._keep(note)

    def _seal(self) -> int:
        """One batch; how many entries it had."""
        frontier = tree.Frontier(self.frontier.size, self.frontier.peaks)
        note = ""
        with _as_system():
            with connection.cursor() as cursor:
                cursor.execute(_TAKE, [BATCH])
                rows = cursor.fetchall()
            if not rows:
                return 0
            entries: list[Entry] = []
            leaves: list[tuple[int, int, bytes]] = []
            nodes: list[tree.Node] = []
            for idx, (entry_id, *values) in enumerate(rows, start=frontier.size):
                if values[0] is None:
                    log.error("entry %s was gone before it could be sealed", entry_id)
                    leaf = content.lost_leaf(entry_id, idx)
                else:
                    entry = from_row([idx, *values])
                    entries.append(entry)
                    leaf = content.entry_leaf(entry.row(), idx)
                leaves.append((idx, entry_id, leaf))
                nodes += frontier.append(leaf)
            _insert("journal_leaf (idx, entry_id, hash)", "bigint bigint bytea", leaves)
            _insert("journal_node (level, index, hash)", "smallint bigint bytea", nodes)
            for fold in self.folds:
                _fold(fold, entries)
            self._defer(entries)
            # From here on ahead of the database until the commit: any failure leads to ``_load``.
            self.frontier = frontier
            if self._checkpoint_due():
                note = self._checkpoint()
        self._keep(note)
        self.latest = entries if len(entries) == len(rows) else []
        return len(rows)

    def _defer(self, entries: Sequence[Entry]) -> None:
        deferrers = [
            (task.configure(), entry.id) for entry in entries for task in self.reactions.get(entry.fact, ())
        ]
        if deferrers:
            jobs = [deferrer.make_new_job(entry_id=entry_id) for deferrer, entry_id in deferrers]
            deferrers[0][0].job_manager.batch_defer_jobs(jobs)

    def _checkpoint_due(self) -> bool:
        grown = self.frontier.size > self.signed_size
        return grown and time.monotonic() - self.signed_at >= CHECKPOINT_SECONDS

    def _checkpoint(self) -> str:
        """Sign the tree as it is now, in the open transaction."""
        key, keys = sealing.keyring().journal_key, sealing.keyring().journal_keys
        head = notes.Head(
            origin=notes.origin_of(keys[0]),
            size=self.frontier.size,
            root=self.frontier.root(),
            number=self.number + 1,
            time=datetime.now(UTC),
        )
        note = notes.sign(head, key)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO journal_checkpoint (number, size, note, made_at) VALUES (%s, %s, %s, %s)",
                [head.number, head.size, note, head.time],
            )
        return note

    def _keep(self, note: str) -> None:
        """After the commit: what was signed, and the copy outside the database."""
        if not note:
            return
        head = notes.read(note)
        self.number, self.signed_size, self.signed_at = head.number, head.size, time.monotonic()
        if self.checkpoint_file is None:
            return
        try:
            half = self.checkpoint_file.with_suffix(".new")
            half.write_text(note)
            half.replace(self.checkpoint_file)
        except OSError as error:
            log.warning("the checkpoint could not be kept in %s (%s)", self.checkpoint_file, error)

    def _publish(self) -> None:
        """Take the broker's answer, send the next entries. Never waits longer than a moment."""
        while True:
            if (upto := self.publisher.done()) is not None:
                self.published = upto
            if not self.publisher.ready() or self.published >= self.frontier.size:
                return
            entries, upto = self._next_to_publish()
            told = [as_published(entry) for entry in entries]
            parts = [told[n : n + _MESSAGE_ENTRIES] for n in range(0, len(told), _MESSAGE_ENTRIES)]
            self.publisher.send([orjson.dumps(part) for part in parts], upto)
            if (sent := self.publisher.done(wait=IDLE_SECONDS)) is None:
                return
            self.published = sent

    def _next_to_publish(self) -> tuple[Sequence[Entry], int]:
        if self.latest and self.latest[0].idx == self.published:
            return self.latest, self.frontier.size
        upto = min(self.frontier.size, self.published + BATCH)
        with _as_system(), connection.cursor() as cursor:
            cursor.execute(_SEALED, [self.published, upto])
            return [from_row(row) for row in cursor.fetchall()], upto

    def _heartbeat(self) -> None:
        self.seen_at = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE journal_relay SET seen_at = clock_timestamp(), published = %s WHERE id = 1",
                [self.published],
            )


def _fold(fold: Fold, entries: Sequence[Entry]) -> None:
    """One fold over a batch. An entry that it cannot take is noted; it holds up no other counters or jobs."""
    try:
        with transaction.atomic():
            fold(entries, connection)
        return
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("%s failed on a batch; taking its entries one by one", fold.__qualname__)
    for entry in entries:
        try:
            with transaction.atomic():
                fold([entry], connection)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO journal_fault (idx, fold, error, at) VALUES (%s, %s, %s, clock_timestamp())",
                    [entry.idx, f"{fold.__module__}.{fold.__qualname__}", repr(error)[:500]],
                )


@contextmanager
def _as_system() -> Iterator[None]:
    ((low, high),) = SYSTEM.ranges
    with transaction.atomic():
        _ask(
            "SELECT set_config('q.role', 'system', true), set_config('q.lo', %s, true),"
            " set_config('q.hi', %s, true)",
            [str(low), str(high)],
        )
        yield


def _ask(statement: str, values: Sequence[object] = ()) -> Any:
    """The first value of the first row."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]


def _insert(into: str, types: str, rows: Sequence[Sequence[object]]) -> None:
    if not rows:
        return
    arrays = ", ".join(f"%s::{name}[]" for name in types.split())
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {into} SELECT * FROM unnest({arrays})",  # noqa: S608  constants of this file
            [list(column) for column in zip(*rows, strict=True)],
        )
