"""Every read of the room places. Places are public: the viewer is asked as everywhere, and sees them all."""

from quanlin.places.queries.addresses import Match, certain, match_address, search_places
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
from quanlin.places.queries.maps import (
    CommunityMap,
    PlaceOutline,
    Shape,
    map_of_community,
    outline_geojson,
    outlines,
    qr_svg,
)
from quanlin.places.queries.tree import PlaceCard, forget, today

__all__ = [
    "CommunityMap",
    "Located",
    "Match",
    "PlaceCard",
    "PlaceOutline",
    "at_level",
    "by_code",
    "calendar_for",
    "certain",
    "chain",
    "children",
    "current",
    "divisions",
    "forget",
    "lookup",
    "map_of_community",
    "match_address",
    "outline_geojson",
    "outlines",
    "place",
    "qr_svg",
    "ranges_of",
    "search_places",
    "today",
    "Shape",
]
