"""The small map round a place: building shapes, roads, the community's outline, in metres."""

from dataclasses import dataclass

from quanlin.kit.actor import Actor
from quanlin.kit.errors import NotFound
from quanlin.kit.placenumber import ancestor, has_level
from quanlin.places import queries as places
from quanlin.places.queries import PlaceCard

WIDE, HIGH = 230, 115
"""The window in metres: a handful of buildings at a readable size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapShape:
    """A building: points of its polygon, the middle for its name, whether the place is in it."""

    points: str
    code: str
    name: str
    path: str
    x: float
    y: float
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallMap:
    """box: SVG viewBox; lat, lng: degrees of the origin; pin_x, pin_y: where the pin stands; lines: names and points."""

    lat: float
    lng: float
    box: str
    pin_x: float
    pin_y: float
    outline: str
    lines: tuple[tuple[str, str], ...]
    shapes: tuple[MapShape, ...]


def small_map(
    card: PlaceCard | None, *, viewer: Actor, at: tuple[float, float] | None = None
) -> SmallMap | None:
    """The map with the place (or the point ``at``, WGS-84) in the middle; None where nothing can be drawn."""
    community = places.at_level(card.number, "community") if card else None
    if card is None or community is None:
        return None
    try:
        drawn = places.map_of_community(community.number, viewer=viewer)
    except NotFound:
        return None
    building = ancestor(card.number, "building") if has_level(card.number, "building") else 0
    shapes = tuple(_shape(s, building) for s in drawn.buildings)
    if at is not None:
        x, y = drawn.at(*at)
    elif card.level != "community" and card.lat is not None and card.lng is not None:
        x, y = drawn.at(card.lat, card.lng)
    else:
        x, y = drawn.box[0] + drawn.box[2] / 2, drawn.box[1] + drawn.box[3] / 2
    wide, high = (WIDE, HIGH) if drawn.buildings else (max(drawn.box[2], 1.0), max(drawn.box[3], 1.0))
    return SmallMap(
        lat=drawn.lat,
        lng=drawn.lng,
        box=f"{x - wide / 2:.0f} {y - high / 2:.0f} {wide:.0f} {high:.0f}",
        pin_x=round(x, 1),
        pin_y=round(y, 1),
        outline=drawn.outline.svg if drawn.outline else "",
        lines=tuple((road.name, road.svg) for road in drawn.roads),
        shapes=shapes,
    )


def _shape(shape: places.Shape, building: int) -> MapShape:
    xs, ys = [x for x, _ in shape.points], [y for _, y in shape.points]
    return MapShape(
        points=shape.svg,
        code=shape.place.code,
        name=shape.place.name,
        path=shape.place.path,
        x=round((min(xs) + max(xs)) / 2, 1),
        y=round((min(ys) + max(ys)) / 2, 1),
        on=shape.place.number == building,
    )
