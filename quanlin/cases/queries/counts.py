"""Bounded counts of open cases for the desk's filters: never a count of everything."""

from dataclasses import dataclass

from django.db import connection

from quanlin.cases.queries.lists import Filters, conditions, state_sql
from quanlin.cases.rules.moves import OPEN
from quanlin.kit import clock
from quanlin.kit.actor import Actor

MOST = 5000
"""A desk with more open cases than this sees 「5000」; the wall has the counters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCounts:
    """states: open cases by state; views: by the desk's own views."""

    states: dict[str, int]
    views: dict[str, int]


def open_counts(viewer: Actor) -> OpenCounts:
    """Counts of the open cases in the viewer's range, one statement, at most MOST rows read."""
    where, values = conditions(Filters(), viewer)
    values |= {"now": clock.now(), "unit": viewer.unit or 0, "most": MOST}
    sql = (
        "SELECT state, count(*), count(*) FILTER (WHERE due_at < %(now)s AND state <> 'on_hold'),"  # noqa: S608
        " count(*) FILTER (WHERE holder_unit = %(unit)s) FROM (SELECT c.state, c.due_at, c.holder_unit FROM cases_case c"
        f" WHERE {' AND '.join(where)} AND {state_sql(OPEN)} LIMIT %(most)s) open GROUP BY state"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    return OpenCounts(
        states={r[0]: r[1] for r in rows},
        views={
            "open": sum(r[1] for r in rows),
            "overdue": sum(r[2] for r in rows),
            "mine": sum(r[3] for r in rows),
        },
    )
