"""Reading entries. Row security decides what a viewer sees: call inside ``staff.actions.act_as(viewer)``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from quanlin.journal.rules.entry import STORED_COLUMNS, Entry, from_row
from quanlin.kit.actor import Actor
from quanlin.kit.errors import NotFound

_E = ", ".join(f"e.{name}" for name in STORED_COLUMNS)
_SELECT = f"SELECT l.idx, {_E} FROM journal_entry e LEFT JOIN journal_leaf l ON l.entry_id = e.id"  # noqa: S608
SINCE_WINDOW = 5_000
"""How many sealed entries ``since`` looks through at most, whatever the viewer may see of them."""


@dataclass(frozen=True, slots=True)
class Since:
    """Entries after an index, and the index up to which the log was looked through: continue from there."""

    entries: tuple[Entry, ...]
    upto: int


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the relay is behind.

    waiting:   entries in the queue, counted up to 10,000
    seconds:   age of the oldest of them, 0.0 when there is none
    size:      entries in the sealed log
    published: entries that the broker was told
    seen_at:   when the relay last showed that it lives, None when it never ran
    faults:    entries that a counter could not take; its room has to count anew
    """

    waiting: int
    seconds: float
    size: int
    published: int
    seen_at: datetime | None
    faults: int


def _entries(condition: str, values: Sequence[object]) -> tuple[Entry, ...]:
    with connection.cursor() as cursor:
        cursor.execute(f"{_SELECT} WHERE {condition}", values)
        return tuple(from_row(row) for row in cursor.fetchall())


def entry(entry_id: int, *, viewer: Actor) -> Entry:
    """One entry. Raises NotFound."""
    found = _entries("e.id = %s", [entry_id])
    if not found:
        raise NotFound("entry_unknown", "没有找到这条记录，或您无权查看；请核对记录号。")
    return found[0]


def timeline(
    subject: str, subject_id: str, *, viewer: Actor, before: int | None = None, limit: int = 200
) -> tuple[Entry, ...]:
    """The latest ``limit`` entries about a thing, oldest first; ``before`` (an entry id) pages back."""
    found = _entries(
        "e.subject = %s AND e.subject_id = %s AND e.id < %s ORDER BY e.id DESC LIMIT %s",
        [subject, subject_id, _before(before), limit],
    )
    return found[::-1]


def since(idx: int, *, viewer: Actor, limit: int = 500) -> Since:
    """Sealed entries after ``idx`` that the viewer sees, in order: catching up after ``Last-Event-ID``.

    ``idx`` -1 is the beginning. Looks through at most ``SINCE_WINDOW`` entries; ``upto`` equals ``idx`` when
    there is nothing further.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(idx), -1) FROM journal_leaf")
        end = min(cursor.fetchone()[0], idx + SINCE_WINDOW)
    found = _entries("l.idx > %s AND l.idx <= %s ORDER BY l.idx LIMIT %s", [idx, end, limit])
    if len(found) == limit:
        end = found[-1].idx or end
    return Since(found, max(idx, end))


def entries_of_actor(
    account: int, *, viewer: Actor, before: int | None = None, limit: int = 200
) -> tuple[Entry, ...]:
    """What an account did, newest first; ``before`` (an entry id) pages back."""
    return _entries(
        "e.actor_account = %s AND e.id < %s ORDER BY e.id DESC LIMIT %s", [account, _before(before), limit]
    )


def reads_of(
    person: UUID, *, facts: Sequence[str], viewer: Actor, before: int | None = None, limit: int = 200
) -> tuple[Entry, ...]:
    """谁看过我的信息: entries of the named facts about a person (subject ``person``), newest first."""
    return _entries(
        "e.subject = 'person' AND e.subject_id = %s AND e.fact = ANY(%s) AND e.id < %s"
        " ORDER BY e.id DESC LIMIT %s",
        [str(person), list(facts), _before(before), limit],
    )


def count_of(account: int, fact: str, *, since: datetime, viewer: Actor) -> int:
    """How many entries of a fact with a purpose an account has made since: what budgets of readings are held to."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM journal_entry"
            " WHERE actor_account = %s AND purpose <> '' AND at > %s AND fact = %s",
            [account, since, fact],
        )
        return cursor.fetchone()[0]


def _before(entry_id: int | None) -> int:
    return 2**63 - 1 if entry_id is None else entry_id


def lag() -> Lag:
    """How far the relay is behind, for /healthz. Needs no scope: these tables hold no places or persons."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM (SELECT 1 FROM journal_queue LIMIT 10000) q),"
            " (SELECT extract(epoch FROM clock_timestamp() - q.queued_at) FROM journal_queue q"
            "  ORDER BY q.entry_id LIMIT 1),"
            " (SELECT coalesce(max(idx) + 1, 0) FROM journal_leaf), r.published, r.seen_at,"
            " (SELECT count(*) FROM journal_fault)"
            " FROM journal_relay r WHERE r.id = 1"
        )
        waiting, seconds, size, published, seen_at, faults = cursor.fetchone()
    return Lag(waiting, max(0.0, float(seconds or 0)), size, published, seen_at, faults)
