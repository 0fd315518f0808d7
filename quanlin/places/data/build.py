"""Draws the data files of this folder from the public lists. Run by a developer, never by the program.

    python -m quanlin.places.data.build PATH_TO_SOURCES

The sources (README.md names them): ``jinan_divisions/jinan_divisions.csv`` and
``jinan_boundaries/datav_370100_full.json`` (GCJ-02). District outlines are the source's, in WGS-84 and with
fewer points. Nobody publishes outlines of streets and communities: they are drawn here by cutting a
district again and again into two, with areas in proportion to what stands in them, the urban parts round
the seat of the district. They cover the city without gap or overlap, which the lookup needs, and are
flagged as schematic. The same sources give the same files.
"""

import csv
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians
from pathlib import Path

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import MultiPolygon, Point, Polygon, box

from quanlin.places.rules import gcj02_to_wgs84

HERE = Path(__file__).parent
GRID = 1e-5  # five decimals, about a metre
ZONE = "370176000000"
# The zone is no administrative area: its streets lie inside two districts (舜华路 in 历下, others in 历城).
ZONE_STREETS_IN = {
    "370176001000": "370102000000",
    "370176002000": "370112000000",
    "370176003000": "370112000000",
    "370176004000": "370112000000",
    "370176005000": "370112000000",
}
# Reported by the press in 2023, not in the list of that year: added without an official code.
ADDED = [("370105014000", "东泇河社区")]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of divisions.csv. ``key`` is the official code, or parent-sequence where there is none."""

    key: str
    level: str
    parent: str
    sequence: int
    name: str
    official_name: str


def short_name(official: str) -> str:
    """舜新社区居民委员会 → 舜新社区, 状元沟村村民委员会 → 状元沟村; slips in the list are smoothed."""
    name = re.sub(r"类似(居委会|社区)$", "社区", official)
    name = re.sub(r"(村村民村|村村民|村民村|村民|村)(委员会|委会)$", "村", name)
    bare = re.sub(r"(居民)?(居民委员会|居委会)$", "", name)
    if bare != name:
        bare = re.sub(r"社区居$", "社区", bare)
        name = bare if "社区" in bare or bare.endswith("居") else bare + "社区"
    return name


def read_rows(source: Path) -> list[Row]:
    """City, districts, streets, communities, each with its sequence among its siblings."""
    count: dict[str, int] = {}
    rows: list[Row] = []
    with source.open(encoding="utf-8-sig") as file:
        for line in csv.DictReader(file):
            parent = "" if line["level"] == "city" else line["parent_code12"]
            count[parent] = sequence = count.get(parent, 0) + 1
            name = short_name(line["name"]) if line["level"] == "community" else line["name"]
            if line["code12"] == ZONE:
                name = "济南高新区"
            rows.append(Row(line["code12"], line["level"], parent, sequence, name, line["name"]))
    for parent, name in ADDED:
        sequence = count[parent] + 1
        rows.append(Row(f"{parent}-{sequence}", "community", parent, sequence, name, name))
    return rows


class Plane:
    """Metres round a point, so that straight stays straight and areas are areas."""

    def __init__(self, lng: float, lat: float):
        self.origin = np.array([lng, lat])
        self.scale = np.array([111_319.49 * cos(radians(lat)), 111_319.49])

    def flat(self, shape):
        return shapely.transform(shape, lambda points: (points - self.origin) * self.scale)

    def round(self, shape):
        return shapely.transform(shape, lambda points: points / self.scale + self.origin)


def districts(source: Path) -> tuple[dict[str, Polygon], dict[str, Point]]:
    """Outlines and seats of the twelve districts in WGS-84. Neighbours keep the same border."""
    features = json.loads(source.read_text(encoding="utf-8"))["features"]

    def wgs(points: np.ndarray) -> np.ndarray:
        return np.array([gcj02_to_wgs84(lat, lng)[::-1] for lng, lat in points])

    codes = [f"{feature['properties']['adcode']}000000" for feature in features]
    shapes = [shapely.transform(shapely.geometry.shape(feature["geometry"]), wgs) for feature in features]
    shapes = [max(shapely.get_parts(shape), key=lambda part: part.area) for shape in shapes]
    fewer = shapely.coverage_simplify(shapes, 0.0015)
    seats = [shapely.transform(Point(feature["properties"]["center"]), wgs) for feature in features]
    return dict(zip(codes, fewer, strict=True)), dict(zip(codes, seats, strict=True))


def below(shape: Polygon, height: float):
    """The part of the shape under a level line."""
    west, south, east, _ = shape.bounds
    return shapely.clip_by_rect(shape, west - 1, south - 1, east + 1, height)


def halves(shape: Polygon, share: float) -> tuple[Polygon, Polygon]:
    """The shape in two, the first with ``share`` of the area, in the direction that leaves compact parts."""
    best = None
    for angle in range(0, 180, 15):
        turned = affinity.rotate(shape, -angle, origin=(0, 0))
        low, high = turned.bounds[1], turned.bounds[3]
        for _ in range(22):
            middle = (low + high) / 2
            if below(turned, middle).area < share * shape.area:
                low = middle
            else:
                high = middle
        west, south, east, north = turned.bounds
        under, over = whole(
            turned.intersection(box(west - 1, south - 1, east + 1, low)),
            turned.intersection(box(west - 1, low, east + 1, north + 1)),
        )
        length = sum(part.length**2 / part.area for part in (under, over))
        if best is None or length < best[0] - 1e-9:
            best = (length, angle, under, over)
    _, angle, under, over = best
    return affinity.rotate(under, angle, origin=(0, 0)), affinity.rotate(over, angle, origin=(0, 0))


def whole(under, over) -> tuple[Polygon, Polygon]:
    """Both in one piece: crumbs on the wrong side of the line go to the other."""
    for _ in range(4):
        parts = polygons(under)
        under, over = parts[0], shapely.unary_union([over, *parts[1:]])
        parts = polygons(over)
        over, under = parts[0], shapely.unary_union([under, *parts[1:]])
        if isinstance(under, Polygon) and isinstance(over, Polygon):
            break
    return under, over


def polygons(shape) -> list[Polygon]:
    """The faces of a shape, the largest first; touching points and lines are left out."""
    faces = [part for part in shapely.get_parts(shape) if isinstance(part, Polygon) and part.area > 0]
    return sorted(faces, key=lambda part: -part.area)


def cut(shape: Polygon, items: Sequence[tuple[str, float]], seat: Point) -> dict[str, Polygon]:
    """The shape shared out in proportion to the weights; the first items come nearest to the seat."""
    if len(items) == 1:
        return {items[0][0]: shape}
    total = sum(weight for _, weight in items)
    sums = np.cumsum([weight for _, weight in items])
    half = min(range(1, len(items)), key=lambda count: abs(sums[count - 1] - total / 2))
    share = sums[half - 1] / total
    first, second = halves(shape, share)
    if first.distance(seat) > second.distance(seat):
        # the other way round: the part near the seat gets the first items
        second, first = halves(shape, 1 - share)
    return cut(first, items[:half], seat) | cut(second, items[half:], seat)


def drawn(rows: list[Row], shapes: dict[str, Polygon], seats: dict[str, Point]) -> dict[str, Polygon]:
    """An outline for every community, in WGS-84, before rounding."""
    communities: dict[str, list[Row]] = {}
    streets: dict[str, list[Row]] = {}
    for row in rows:
        if row.level == "community":
            communities.setdefault(row.parent, []).append(row)
        elif row.level == "street":
            streets.setdefault(ZONE_STREETS_IN.get(row.key, row.parent), []).append(row)

    def weight(row: Row, crowd: int) -> float:
        """Square kilometres, roughly: a village and its fields, or an urban block in a small street."""
        return 2.5 if row.name.endswith("村") else min(max(crowd / 15, 0.35), 2.0)

    result: dict[str, Polygon] = {}
    for district, shape in shapes.items():
        centre = shape.centroid
        plane = Plane(centre.x, centre.y)
        seat = plane.flat(seats[district])

        def area(street: Row) -> float:
            return sum(weight(row, len(communities[street.key])) for row in communities[street.key])

        def order(street: Row) -> tuple[bool, float]:
            return street.parent == ZONE, area(street) / len(communities[street.key])

        found = sorted(streets[district], key=order)
        parts = cut(plane.flat(shape), [(street.key, area(street)) for street in found], seat)
        for street in found:
            part = parts[street.key]
            inside = communities[street.key]
            items = [(row.key, weight(row, len(inside))) for row in inside]
            for key, piece in cut(part, items, seat).items():
                result[key] = plane.round(piece)
    return result


def matched(pieces: dict[str, Polygon]) -> dict[str, Polygon]:
    """The pieces on the grid, every corner known to both neighbours: no gap, no overlap."""
    lines = shapely.union_all(shapely.boundary(list(pieces.values())), grid_size=GRID)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    keys = list(pieces)
    tree = shapely.STRtree([pieces[key] for key in keys])
    parts: dict[str, list[Polygon]] = {}
    for face in faces:
        spot = shapely.point_on_surface(face)
        parts.setdefault(keys[tree.nearest(spot)], []).append(face)
    result = {}
    for key in keys:
        shape = shapely.union_all(parts[key])
        # crumbs of the rounding that do not hang together with the piece
        result[key] = max(shapely.get_parts(shape), key=lambda part: part.area)
    return result


def write(path: Path, shapes: dict[str, Polygon | MultiPolygon], schematic: set[str]) -> None:
    """GeoJSON with one feature a line, so that a change shows as a line."""
    lines = []
    for key, shape in sorted(shapes.items()):
        parts = [
            [
                [[round(x, 5), round(y, 5)] for x, y in ring.coords]
                for ring in (part.exterior, *part.interiors)
            ]
            for part in shapely.get_parts(shape)
        ]
        feature = {
            "type": "Feature",
            "properties": {"key": key, "schematic": key in schematic},
            "geometry": {"type": "MultiPolygon", "coordinates": parts},
        }
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    text = ",\n".join(lines)
    path.write_text(f'{{"type":"FeatureCollection","features":[\n{text}\n]}}\n', encoding="utf-8")


def main(sources: Path) -> None:
    """Read, draw, write."""
    rows = read_rows(sources / "jinan_divisions" / "jinan_divisions.csv")
    shapes, seats = districts(sources / "jinan_boundaries" / "datav_370100_full.json")
    communities = matched(drawn(rows, shapes, seats))
    if not shapely.coverage_is_valid(list(communities.values())):
        raise ValueError("the communities do not fit together")
    parent = {row.key: row.parent for row in rows}
    grouped: dict[str, list[Polygon]] = {}
    for key, shape in communities.items():
        street = parent[key]
        grouped.setdefault(street, []).append(shape)
        for district in {parent[street], ZONE_STREETS_IN.get(street, parent[street])}:
            grouped.setdefault(district, []).append(shape)
    upper = {key: shapely.union_all(parts) for key, parts in grouped.items()}
    upper["370100000000"] = shapely.union_all(list(communities.values()))
    high = {row.key for row in rows if row.level in ("city", "district")}
    write(HERE / "districts.geojson", {k: v for k, v in upper.items() if k in high}, {ZONE})
    streets = {k: v for k, v in upper.items() if k not in high}
    write(HERE / "streets.geojson", streets, set(streets))
    write(HERE / "communities.geojson", communities, set(communities))
    with (HERE / "divisions.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["key", "level", "parent", "sequence", "name", "official_name", "statistical"])
        for row in sorted(rows, key=lambda r: (r.key[:9], r.sequence)):
            official = "" if row.official_name == row.name else row.official_name
            values = [row.key, row.level, row.parent, row.sequence, row.name, official]
            out.writerow([*values, "yes" if row.key == ZONE else ""])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
