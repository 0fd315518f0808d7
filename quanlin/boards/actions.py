"""Keeping the counters: called by the relay inside the transaction that takes facts from the queue."""

from collections.abc import Sequence

from django.db.backends.base.base import BaseDatabaseWrapper

from quanlin.boards import rules
from quanlin.journal.rules.entry import Entry

_DAILY = f"""
INSERT INTO boards_daily (place, day, {", ".join(rules.COLUMNS)}) VALUES %s
ON CONFLICT (place, day) DO UPDATE SET {", ".join(f"{c} = boards_daily.{c} + excluded.{c}" for c in rules.COLUMNS)}
"""  # noqa: S608
_STOCK = """
INSERT INTO boards_stock (place, "group", state, cases) VALUES %s
ON CONFLICT (place, "group", state) DO UPDATE SET cases = boards_stock.cases + excluded.cases
"""


def count(entries: Sequence[Entry], connection: BaseDatabaseWrapper) -> None:
    """Fold a batch into the counters: two statements, however many facts."""
    daily, stock = rules.changes((e.fact, e.place, e.at, e.drill, e.data) for e in entries)
    with connection.cursor() as cursor:
        if daily:
            rows = [(p, d, *(c[name] for name in rules.COLUMNS)) for (p, d), c in sorted(daily.items())]
            _write(cursor, _DAILY, rows)
        if stock:
            _write(cursor, _STOCK, [(*key, n) for key, n in sorted(stock.items())])


def _write(cursor, statement: str, rows: list[tuple]) -> None:
    row = "(" + ",".join(["%s"] * len(rows[0])) + ")"
    for start in range(0, len(rows), 2000):
        part = rows[start : start + 2000]
        cursor.execute(statement.replace("%s", ",".join([row] * len(part)), 1), [v for r in part for v in r])
