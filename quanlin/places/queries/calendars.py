"""The working calendar of a place."""

from datetime import date

from quanlin.places import rules
from quanlin.places.queries.cards import chain
from quanlin.places.queries.tree import Tree, today, tree


def calendar_for(place: int) -> rules.Calendar:
    """The calendar by which limits run at the place: the country's, with own days of it and all above it.

    The nearer place decides. Places with the same own days share one calendar, which keeps its tables. The
    place number 0 (belongs nowhere) works office hours. Raises NotFound.
    """
    now = tree()
    if not now.own_days or not place:
        return rules.OFFICE_HOURS
    return now.remember(("calendar", place, today()), lambda: _calendar(now, place))


def _calendar(now: Tree, place: int) -> rules.Calendar:
    days: dict[date, str] = {}
    for card in chain(place):
        days.update(now.own_days.get(card.number, ()))
    if not days:
        return rules.OFFICE_HOURS
    off = frozenset(day for day, sort in days.items() if sort == "off")
    work = frozenset(day for day, sort in days.items() if sort == "work")
    return now.remember(("days", off, work), lambda: rules.Calendar(own_off=off, own_work=work))
