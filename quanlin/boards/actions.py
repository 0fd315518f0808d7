"""Keeping the counters: the relay folds facts into them with each batch; a recount makes them anew from the journal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from logging import getLogger

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from quanlin.boards import rules
from quanlin.journal import actions as journal
from quanlin.journal import queries as journal_queries
from quanlin.journal.rules.entry import Entry
from quanlin.kit.actor import SYSTEM, Actor
from quanlin.kit.errors import Conflict
from quanlin.staff import rules as staff
from quanlin.staff.actions import act_as

LIVE, ANEW = "", "anew"
CHUNK = 5_000
_RECOUNT_LOCK = 0x7175616E6C696E02

_SUMS = ", ".join(f"{column} = d.{column} + excluded.{column}" for column in rules.COLUMNS)
_DAILY = f"""
INSERT INTO boards_daily{{}} AS d (place, day, {", ".join(rules.COLUMNS)}) VALUES %s
ON CONFLICT (place, day) DO UPDATE SET {_SUMS}
"""  # noqa: S608
_STOCK = """
INSERT INTO boards_stock{} AS s (place, "group", state, cases) VALUES %s
ON CONFLICT (place, "group", state) DO UPDATE SET cases = s.cases + excluded.cases
"""
_OLD = ", ".join(f"coalesce(o.{column}, 0)" for column in rules.COLUMNS)
_NEW = ", ".join(f"coalesce(n.{column}, 0)" for column in rules.COLUMNS)
_MEND_DAILY = f"""
INSERT INTO boards_daily (place, day, {", ".join(rules.COLUMNS)})
SELECT place, day, {_NEW} FROM boards_daily o FULL JOIN boards_dailyanew n USING (place, day)
WHERE ({_OLD}) IS DISTINCT FROM ({_NEW})
ON CONFLICT (place, day) DO UPDATE SET {", ".join(f"{column} = excluded.{column}" for column in rules.COLUMNS)}
"""  # noqa: S608
_MEND_STOCK = """
INSERT INTO boards_stock (place, "group", state, cases)
SELECT place, "group", state, coalesce(n.cases, 0) FROM boards_stock o FULL JOIN boards_stockanew n USING (place, "group", state)
WHERE coalesce(o.cases, 0) <> coalesce(n.cases, 0)
ON CONFLICT (place, "group", state) DO UPDATE SET cases = excluded.cases
"""

log = getLogger(__name__)


def count(entries: Sequence[Entry], connection: BaseDatabaseWrapper) -> None:
    """Fold a batch into the counters: two statements, however many facts."""
    _fold(entries, connection, LIVE)


def _fold(entries: Sequence[Entry], connection: BaseDatabaseWrapper, into: str) -> None:
    daily, stock = rules.changes((e.fact, e.place, e.at, e.drill, e.data) for e in entries)
    with connection.cursor() as cursor:
        if daily:
            rows = [(p, d, *(c[name] for name in rules.COLUMNS)) for (p, d), c in sorted(daily.items())]
            _write(cursor, _DAILY.format(into), rows)
        if stock:
            _write(cursor, _STOCK.format(into), [(*key, n) for key, n in sorted(stock.items())])


def _write(cursor, statement: str, rows: list[tuple]) -> None:
    row = "(" + ",".join(["%s"] * len(rows[0])) + ")"
    for start in range(0, len(rows), 2000):
        part = rows[start : start + 2000]
        cursor.execute(statement.replace("%s", ",".join([row] * len(part)), 1), [v for r in part for v in r])


@dataclass(frozen=True, slots=True, kw_only=True)
class Recounted:
    """entries: sealed entries that were read; mended: rows of counters that were wrong; faults: of the relay,
    mended with it; refused: entries that cannot be counted now either."""

    entries: int
    mended: int
    faults: int
    refused: int


def recount(
    *, actor: Actor, chunk: int = CHUNK, progress: Callable[[int, int], None] = lambda done, of: None
) -> Recounted:
    """Make the counters anew from the sealed journal while the relay goes on; boards show the old ones meanwhile.

    Chunks are folded into tables beside, a transaction each. Then one transaction locks the counters against the
    relay (not against readers), folds what was sealed since, and writes the rows that differ. The relay seals and
    counts a batch in one transaction, which waits for that lock: under it the sealed entries are exactly those that
    were counted. Raises NotAllowed, Conflict (another recount runs).
    """
    if actor.sort != "system":
        staff.check(actor, "place.manage", staff.Resource())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_RECOUNT_LOCK])
        if not cursor.fetchone()[0]:
            raise Conflict("recounting", "没有重算：另一个重算还在进行。等它完成再试。")
    try:
        return _recount(chunk, progress)
    finally:
        if connection.connection is not None and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_RECOUNT_LOCK])


def _recount(chunk: int, progress: Callable[[int, int], None]) -> Recounted:
    with act_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute("DELETE FROM boards_dailyanew")
        cursor.execute("DELETE FROM boards_stockanew")
    last, refused, again = -1, 0, True
    while again:
        with act_as(SYSTEM):
            upto, bad, again = _take(last, chunk)
        last, refused = upto, refused + bad
        progress(last + 1, max(journal_queries.lag().size, last + 1))
    with act_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("LOCK TABLE boards_daily, boards_stock IN SHARE ROW EXCLUSIVE MODE")
        again = True
        while again:
            last, bad, again = _take(last, chunk)
            refused += bad
        cursor.execute(_MEND_DAILY)
        mended = cursor.rowcount
        cursor.execute(_MEND_STOCK)
        mended += cursor.rowcount
        cursor.execute("DELETE FROM boards_dailyanew")
        cursor.execute("DELETE FROM boards_stockanew")
        faults = (
            0
            if refused
            else journal.forget_faults(fold=f"{count.__module__}.{count.__qualname__}", before=last + 1)
        )
    progress(last + 1, last + 1)
    return Recounted(entries=last + 1, mended=mended, faults=faults, refused=refused)


def _take(after: int, chunk: int) -> tuple[int, int, bool]:
    """Fold the next chunk beside: (index up to which was read, entries that could not be counted, whether there is more)."""
    found = journal_queries.since(after, viewer=SYSTEM, limit=chunk)
    refused = 0
    try:
        with transaction.atomic():
            _fold(found.entries, connection, ANEW)
    except (OperationalError, InterfaceError):
        raise
    except (DatabaseError, KeyError, TypeError, ValueError):
        for entry in found.entries:  # as the relay does: one that cannot be counted holds up no others
            try:
                with transaction.atomic():
                    _fold([entry], connection, ANEW)
            except (OperationalError, InterfaceError):
                raise
            except (DatabaseError, KeyError, TypeError, ValueError):
                log.exception("entry %s cannot be counted", entry.idx)
                refused += 1
    return found.upto, refused, found.upto > after
