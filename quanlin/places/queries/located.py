"""From a point to the community, grid and building in which it lies."""

import json
from dataclasses import dataclass
from functools import cache
from math import cos, radians
from pathlib import Path

from django.db import connection

from quanlin.kit.actor import Actor
from quanlin.kit.errors import Refused
from quanlin.places import rules
from quanlin.places.queries.cards import chain
from quanlin.places.queries.tree import PlaceCard, today, tree

BUILDING_METRES = 30.0
_DEGREE_METRES = 111_000.0


@cache
def statement(name: str) -> str:
    """The text of ``places/sql/<name>.sql``."""
    return (Path(__file__).parent.parent / "sql" / f"{name}.sql").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Located:
    """Where a point lies. ``place`` is the finest place known; ``metres`` is the distance to the building.

    schematic: the community's outline was drawn for orientation only, so ask the reporter to confirm.
    """

    place: PlaceCard
    community: PlaceCard
    grid: PlaceCard | None
    estate: PlaceCard | None
    building: PlaceCard | None
    chain: tuple[PlaceCard, ...]
    metres: float | None
    schematic: bool
    lat: float
    lng: float


def lookup(lat: float, lng: float, crs: str = "wgs84", *, viewer: Actor) -> Located:
    """The places at a point given in ``wgs84``, ``gcj02`` or ``bd09``.

    Community by outline; building by footprint or within 30 m; grid by the building, else by outline. Raises
    Refused for a point that is none and for one outside the area that the register covers.
    """
    lat, lng = rules.to_wgs84(lat, lng, crs)
    high = BUILDING_METRES / _DEGREE_METRES
    wide = high / max(cos(radians(lat)), 0.01)
    box = {"west": lng - wide, "south": lat - high, "east": lng + wide, "north": lat + high, "day": today()}
    with connection.cursor() as cursor:
        cursor.execute(statement("outlines_near"), box)
        rows = cursor.fetchall()
    nearest: dict[str, tuple[float, int, bool]] = {}
    for number, level, rings, schematic in rows:
        metres = rules.metres_to_rings(lat, lng, json.loads(rings) if isinstance(rings, str) else rings)
        if metres <= BUILDING_METRES and (metres, number, schematic) < nearest.get(level, (1e9, 0, False)):
            nearest[level] = (metres, number, schematic)
    if "community" not in nearest:
        raise Refused(
            "outside_area",
            "这个位置不在已登记的社区范围内，没有定位。请在地图上重新选点，或直接填写地址。",
            field="lat",
        )
    building = nearest.get("building")
    # an estate or grid counts only when the point is inside; the community also just beside its edge
    inside = [nearest[level] for level in ("estate", "grid") if level in nearest and nearest[level][0] == 0]
    finest = (([building] if building else []) + inside + [nearest["community"]])[0]
    line = chain(finest[1])
    by_level = {card.level: card for card in line}
    grid = by_level.get("grid")
    if grid is None and "grid" in nearest and nearest["grid"][0] == 0:
        grid = tree().card(nearest["grid"][1])
    return Located(
        place=line[-1],
        community=by_level["community"],
        grid=grid,
        estate=by_level.get("estate"),
        building=by_level.get("building"),
        chain=line,
        metres=None if building is None else round(building[0], 1),
        schematic=nearest["community"][2],
        lat=lat,
        lng=lng,
    )
