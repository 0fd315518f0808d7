"""What is past its limit now, for boards: bounded, read from the index of running limits of each level."""

from typing import Any

from django.db import connection

from quanlin.cases.queries.lists import COLUMNS, CaseRow, Filters, conditions, row_from, state_sql
from quanlin.cases.rules.moves import OPEN
from quanlin.kit import clock
from quanlin.kit.actor import Actor
from quanlin.kit.placenumber import level_of
from quanlin.places import queries as places

MOST_OVERDUE = 10_000
"""The count stops here: whoever has more late cases needs no exact number."""
_LATE = f"{state_sql(OPEN - {'on_hold'})} AND c.due_at < %(now)s"


def overdue_count(place: int, viewer: Actor) -> int:
    """Cases within the place whose running step is past its limit, counted up to MOST_OVERDUE + 1."""
    source, values = _late(place, viewer, "1", MOST_OVERDUE + 1)
    return int(_rows(f"SELECT count(*) FROM ({source}) late", values)[0][0])  # noqa: S608


def most_overdue(place: int, viewer: Actor, limit: int = 3) -> tuple[CaseRow, ...]:
    """The cases within the place that are past their limit longest, by the clock on the wall."""
    source, values = _late(place, viewer, COLUMNS, limit, "ORDER BY c.due_at, c.id")
    if "LATERAL" in source:
        source = f"SELECT * FROM ({source}) late ORDER BY due_at, id LIMIT %(most)s"  # noqa: S608
    now = clock.now()
    return tuple(row_from(row, now=now) for row in _rows(source, values))


def _late(place: int, viewer: Actor, columns: str, most: int, order: str = "") -> tuple[str, dict[str, Any]]:
    """A SELECT of the late cases and its values. Raises NotAllowed outside the viewer's range."""
    where, values = conditions(Filters(place=place, overdue=True), viewer)
    values["most"] = most
    if level_of(place) == "district" and len(places.ranges_of(place)) == 1:
        # the index of running limits goes by street: a quiet district need not look through the whole city's
        values["streets"] = [card.number for card in places.children(place, viewer=viewer)]
        inner = (
            f"SELECT {columns} FROM cases_case c WHERE c.street = s.number AND {_LATE} {order} LIMIT %(most)s"  # noqa: S608
        )
        outer = (
            f"SELECT late.* FROM unnest(%(streets)s::bigint[]) s(number) CROSS JOIN LATERAL ({inner}) late"  # noqa: S608
        )
        return f"{outer} LIMIT %(most)s" if not order else outer, values
    return f"SELECT {columns} FROM cases_case c WHERE {' AND '.join(where)} {order} LIMIT %(most)s", values  # noqa: S608


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
