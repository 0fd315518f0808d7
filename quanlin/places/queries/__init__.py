"""Every read of the room places. Places are public: the viewer is asked as everywhere, and sees them all."""

from quanlin.places.queries.calendars import calendar_for
from quanlin.places.queries.cards import (
    at_level,
    by_code,
    chain,
    children,
    current,
    divisions,
    place,
    ranges_of,
)
from quanlin.places.queries.located import Located, lookup
from quanlin.places.queries.tree import PlaceCard, forget, today

__all__ = [
    "Located",
    "PlaceCard",
    "at_level",
    "by_code",
    "calendar_for",
    "chain",
    "children",
    "current",
    "divisions",
    "lookup",
    "place",
    "ranges_of",
    "forget",
    "today",
]
