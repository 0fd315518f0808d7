"""Where the buildings of an invented community stand: in rows along lanes, inside its outline.

Everything is reckoned in metres from the middle of the community, east and north, and given back as WGS-84
rings. The same plan gives the same layout.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, cos, radians

from quanlin.places.rules.coordinates import METRES_PER_DEGREE
from quanlin.places.rules.outlines import Ring, bounds, in_rings, middle

UNIT_METRES = 17.0
DEPTH = 12.0
LANE = 22.0
GAP = 14.0
ROAD = 26.0

Rectangle = tuple[float, float, float, float]
"""(west, south, east, north) in metres."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EstatePlan:
    """An estate of like buildings: ``grid`` is its grid's sequence, ``columns`` buildings stand in a row."""

    name: str
    grid: int
    buildings: int
    units: int
    floors: int
    homes_per_floor: int
    columns: int = 3
    closed: bool | None = None
    has_ebikes: bool | None = None
    property_mode: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunityPlan:
    """What stands in a community. ``roads``: names from the middle outwards, first along, then across."""

    grids: tuple[str, ...]
    estates: tuple[EstatePlan, ...]
    roads: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(not 1 <= estate.grid <= len(self.grids) for estate in self.estates):
            raise ValueError("an estate lies in one of the grids")


@dataclass(frozen=True, slots=True)
class EstateLayout:
    """Where an estate and its buildings lie; rings of [lng, lat]."""

    plan: EstatePlan
    ring: list[list[float]]
    buildings: tuple[list[list[float]], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where all of a community lies. grids by sequence − 1; a grid without an estate has no ring."""

    grids: tuple[list[list[float]] | None, ...]
    estates: tuple[EstateLayout, ...]
    roads: tuple[tuple[str, list[list[float]]], ...]


def _size(estate: EstatePlan) -> tuple[float, float]:
    rows = ceil(estate.buildings / estate.columns)
    width = estate.columns * (estate.units * UNIT_METRES + GAP) + GAP
    return width, rows * (DEPTH + LANE) + LANE


def lay_out(outline: Sequence[Ring], plan: CommunityPlan) -> Layout:
    """Place the estates two by two along a middle road. Raises ValueError when they do not fit in."""
    rows = [plan.estates[start : start + 2] for start in range(0, len(plan.estates), 2)]
    west_width = max(_size(row[0])[0] for row in rows)
    east_width = max((_size(row[1])[0] for row in rows if len(row) > 1), default=0.0)
    heights = [max(_size(estate)[1] for estate in row) for row in rows]
    width = west_width + (ROAD + east_width if east_width else 0.0)
    height = sum(heights) + ROAD * (len(rows) - 1)
    lat, lng = _centre(outline, width + ROAD, height + ROAD)

    def ring(box: Rectangle) -> list[list[float]]:
        west, south, east, north = box
        corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
        return [_degrees(x, y, lat, lng) for x, y in corners]

    left, top = -width / 2, height / 2
    estates: list[EstateLayout] = []
    boxes: dict[int, list[Rectangle]] = {}
    across: list[float] = []
    for row, row_height in zip(rows, heights, strict=True):
        for column, estate in enumerate(row):
            wide, high = _size(estate)
            west = left if column == 0 else left + west_width + ROAD
            box = (west, top - high, west + wide, top)
            boxes.setdefault(estate.grid, []).append(box)
            footprints = tuple(ring(part) for part in _buildings(estate, west, top))
            estates.append(EstateLayout(estate, ring(box), footprints))
        across.append(top - row_height - ROAD / 2)
        top -= row_height + ROAD
    along = [left + west_width + ROAD / 2] if east_width else []
    reach_x, reach_y = width / 2 + ROAD / 2, height / 2 + ROAD / 2
    lines = [((x, -reach_y), (x, reach_y)) for x in along]
    lines += [((-reach_x, y), (reach_x, y)) for y in across]
    roads = tuple(
        (name, [_degrees(x, y, lat, lng) for x, y in line])
        for name, line in zip(plan.roads, lines, strict=False)
    )
    hulls = [_hull(boxes[number]) if number in boxes else None for number in range(1, len(plan.grids) + 1)]
    return Layout(tuple(ring(hull) if hull else None for hull in hulls), tuple(estates), roads)


def _buildings(estate: EstatePlan, west: float, top: float) -> list[Rectangle]:
    long = estate.units * UNIT_METRES
    found = []
    for index in range(estate.buildings):
        row, column = divmod(index, estate.columns)
        x = west + GAP + column * (long + GAP)
        y = top - LANE - row * (DEPTH + LANE)
        found.append((x, y - DEPTH, x + long, y))
    return found


def _hull(boxes: Sequence[Rectangle]) -> Rectangle:
    margin = ROAD / 2 - 1
    return (
        min(box[0] for box in boxes) - margin,
        min(box[1] for box in boxes) - margin,
        max(box[2] for box in boxes) + margin,
        max(box[3] for box in boxes) + margin,
    )


def _degrees(x: float, y: float, lat: float, lng: float) -> list[float]:
    east = x / (METRES_PER_DEGREE * cos(radians(lat)))
    return [round(lng + east, 6), round(lat + y / METRES_PER_DEGREE, 6)]


def _centre(outline: Sequence[Ring], width: float, height: float) -> tuple[float, float]:
    """The point nearest to the middle round which a rectangle of that size lies inside the outline."""
    lat, lng = middle(outline)
    west, south, east, north = bounds(outline)
    steps = 24
    spots = [
        (south + (north - south) * row / steps, west + (east - west) * column / steps)
        for row in range(1, steps)
        for column in range(1, steps)
    ]
    spots.sort(key=lambda spot: (spot[0] - lat) ** 2 + (spot[1] - lng) ** 2)
    for spot in [(lat, lng), *spots]:
        edge = [
            _degrees(width / 2 * x, height / 2 * y, *spot)
            for x, y in ((-1, -1), (0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0))
        ]
        if all(in_rings(point[1], point[0], outline) for point in edge):
            return spot
    raise ValueError(f"{width:.0f} × {height:.0f} m do not fit into the outline")
