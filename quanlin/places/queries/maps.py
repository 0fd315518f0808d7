"""Outlines for maps: GeoJSON for the wall and the desk, metres for the small map of a community."""

import json
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, reduce
from math import cos, radians
from operator import or_
from uuid import UUID

import orjson
import segno
from django.db import connection
from django.db.models import Q

from quanlin.kit.actor import NOBODY, Actor
from quanlin.kit.errors import NotFound, Refused
from quanlin.kit.placenumber import LEVEL_NAMES, LEVELS
from quanlin.places import rules
from quanlin.places.models import Road
from quanlin.places.queries.cards import ranges_of
from quanlin.places.queries.located import statement
from quanlin.places.queries.tree import PlaceCard, today, tree

# As in config/static/quanlin/js/place.js, which turns a point of the small map back into degrees.
_LAT_METRES, _LNG_METRES = 110_574.0, 111_320.0
_DRAWABLE = ("district", "street", "community", "grid", "estate", "building")


@dataclass(frozen=True, slots=True)
class PlaceOutline:
    """A place with its rings of [lng, lat] (WGS-84, even-odd). schematic: drawn for orientation, not surveyed."""

    place: PlaceCard
    rings: list[list[list[float]]]
    schematic: bool


def outlines(number: int, level: str, *, viewer: Actor, on: date | None = None) -> tuple[PlaceOutline, ...]:
    """Outlines of the places of ``level`` within a place, as they are on a day (today), by number."""
    now, day = tree(), on or today()
    spans = ranges_of(number, day)
    values = {
        "lows": [low for low, _ in spans],
        "highs": [high for _, high in spans],
        "level": level,
        "day": day,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement("outlines_below"), values)
        rows = cursor.fetchall()
    return tuple(
        PlaceOutline(now.card(place), json.loads(rings) if isinstance(rings, str) else rings, schematic)
        for place, rings, schematic in rows
    )


def outline_geojson(number: int, child_level: str, *, viewer: Actor, crs: str = "wgs84") -> bytes:
    """A GeoJSON FeatureCollection, ready to send, of the outlines of ``child_level`` within the place.

    Each feature has code, name, level and schematic. ``crs`` may be gcj02 or bd09 for base maps that need it.
    Raises NotFound, Refused (a level that is not below, or more than two below: too many shapes for one map).
    """
    card = tree().card(number)
    if crs not in rules.CRS_NAMES:
        raise Refused("unknown_crs", f"不认识坐标系「{str(crs)[:20]}」，没有取到边界。", field="crs")
    step = LEVELS.index(child_level) - LEVELS.index(card.level) if child_level in _DRAWABLE else 0
    if not 1 <= step <= (4 if card.level in ("community", "grid") else 2):
        level = LEVEL_NAMES.get(child_level, str(child_level)[:20])
        raise Refused("wrong_level", f"{card.name}的地图上不能画「{level}」。请选它的下一级。", field="level")
    return _geojson(tree().mark, number, child_level, crs, today())


@lru_cache(maxsize=64)
def _geojson(mark: UUID | None, number: int, level: str, crs: str, day: date) -> bytes:
    features = []
    for outline in outlines(number, level, viewer=NOBODY, on=day):
        rings = outline.rings
        if crs != "wgs84":
            rings = [[list(_turned(point, crs)) for point in ring] for ring in rings]
        features.append(
            {
                "type": "Feature",
                "properties": {
                    "code": outline.place.code,
                    "name": outline.place.name,
                    "level": level,
                    "schematic": outline.schematic,
                },
                "geometry": {"type": "MultiPolygon", "coordinates": rules.as_multipolygon(rings)},
            }
        )
    return orjson.dumps({"type": "FeatureCollection", "crs_name": crs, "features": features})


def _turned(point: list[float], crs: str) -> tuple[float, float]:
    lat, lng = rules.from_wgs84(point[1], point[0], crs)
    return round(lng, 6), round(lat, 6)


@dataclass(frozen=True, slots=True)
class Shape:
    """A figure on the small map; points are metres east and south of the map's origin."""

    place: PlaceCard
    points: tuple[tuple[float, float], ...]

    @property
    def svg(self) -> str:
        """The points as the attribute of a polygon."""
        return " ".join(f"{x:g},{y:g}" for x, y in self.points)


@dataclass(frozen=True, slots=True)
class Lane:
    """A road on the small map."""

    name: str
    points: tuple[tuple[float, float], ...]

    @property
    def svg(self) -> str:
        """The points as the attribute of a polyline."""
        return " ".join(f"{x:g},{y:g}" for x, y in self.points)


@dataclass(frozen=True, slots=True)
class CommunityMap:
    """What stands in a community, in metres round (lat, lng), x to the east, y to the south.

    box: (x, y, width, height) round all that stands there, or round the outline when nothing is entered.
    """

    community: PlaceCard
    lat: float
    lng: float
    box: tuple[float, float, float, float]
    outline: Shape | None
    schematic: bool
    grids: tuple[Shape, ...]
    estates: tuple[Shape, ...]
    buildings: tuple[Shape, ...]
    roads: tuple[Lane, ...]

    def at(self, lat: float, lng: float) -> tuple[float, float]:
        """The point of the map for WGS-84 degrees."""
        return _metres(lat, lng, self.lat, self.lng)


def _metres(lat: float, lng: float, lat0: float, lng0: float) -> tuple[float, float]:
    east = (lng - lng0) * _LNG_METRES * cos(radians(lat0))
    return round(east, 1), round((lat0 - lat) * _LAT_METRES, 1)


def map_of_community(number: int, *, viewer: Actor) -> CommunityMap:
    """The small map of a community for the report page and the desk. Raises NotFound (also for other levels)."""
    now = tree()
    card = now.card(number)
    if card.level != "community" or card.lat is None or card.lng is None:
        raise NotFound("no_such_map", f"{card.name}没有社区地图。请选择一个社区。")
    return now.remember(("map", number, today()), lambda: _community_map(card))


def _community_map(card: PlaceCard) -> CommunityMap:
    shapes: dict[str, list[Shape]] = {}
    schematic = False
    lat, lng = card.lat or 0.0, card.lng or 0.0

    def points(ring: list[list[float]]) -> tuple[tuple[float, float], ...]:
        return tuple(_metres(point[1], point[0], lat, lng) for point in ring)

    for level in ("community", "grid", "estate", "building"):
        for drawn in outlines(card.number, level, viewer=NOBODY):
            if level == "community":
                schematic = drawn.schematic
            found = shapes.setdefault(level, [])
            found.extend(Shape(drawn.place, points(ring)) for ring in drawn.rings)
    here = reduce(or_, (Q(place__number__range=span) for span in ranges_of(card.number)))
    lines = Road.objects.filter(here, removed_on=None).order_by("id")
    roads = tuple(Lane(road.name, points(road.line)) for road in lines)
    own = [shape for shape in shapes.get("community", ()) if shape.place.number == card.number]
    around = [p for s in (*shapes.get("building", ()), *roads) for p in s.points]
    around = (
        around or [point for shape in own for point in shape.points] or [(-200.0, -200.0), (200.0, 200.0)]
    )
    left, top = min(x for x, _ in around), min(y for _, y in around)
    right, bottom = max(x for x, _ in around), max(y for _, y in around)
    margin = 20.0
    return CommunityMap(
        community=card,
        lat=lat,
        lng=lng,
        box=(
            round(left - margin, 1),
            round(top - margin, 1),
            round(right - left + 2 * margin, 1),
            round(bottom - top + 2 * margin, 1),
        ),
        outline=own[0] if own else None,
        schematic=schematic,
        grids=tuple(shapes.get("grid", ())),
        estates=tuple(shapes.get("estate", ())),
        buildings=tuple(shapes.get("building", ())),
        roads=roads,
    )


def qr_svg(code: str, base_url: str) -> str:
    """An SVG of the QR code that opens the report form for the place with this code.

    base_url: scheme and host as people reach them, for example https://quanlin.example/. Error level Q, so that
    a scratched or partly covered sign still works.
    """
    address = f"{base_url.rstrip('/')}/p/{code}"
    made = segno.make(address, error="q", micro=False)
    return made.svg_inline(scale=4, border=4, svgclass="code", lineclass=None, omitsize=True)
