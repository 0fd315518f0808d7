"""Plane geometry on outlines. A ring is a list of [lng, lat] in WGS-84 degrees, closed (first = last).

An outline is a list of rings read by the even-odd rule, so that parts and holes need no further structure.
"""

from collections.abc import Iterator, Sequence
from math import cos, floor, hypot, isfinite, radians

from quanlin.kit.errors import Refused
from quanlin.places.rules.coordinates import METRES_PER_DEGREE

Ring = Sequence[Sequence[float]]
CELL_METRES = 20
_MOST_POINTS = 20_000


def in_rings(lat: float, lng: float, rings: Sequence[Ring]) -> bool:
    """Whether the point lies inside by the even-odd rule; on an edge it belongs to one side only."""
    inside = False
    for ring in rings:
        for (x1, y1), (x2, y2) in zip(ring, ring[1:], strict=False):
            if (y1 > lat) != (y2 > lat) and lng < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
                inside = not inside
    return inside


def metres_to_rings(lat: float, lng: float, rings: Sequence[Ring]) -> float:
    """Metres from the point to the nearest edge; 0 inside."""
    if in_rings(lat, lng, rings):
        return 0.0
    scale = METRES_PER_DEGREE * cos(radians(lat))
    best = float("inf")
    for ring in rings:
        flat = [((x - lng) * scale, (y - lat) * METRES_PER_DEGREE) for x, y in ring]
        for (x1, y1), (x2, y2) in zip(flat, flat[1:], strict=False):
            dx, dy = x2 - x1, y2 - y1
            length = dx * dx + dy * dy
            share = max(0.0, min(1.0, -(x1 * dx + y1 * dy) / length)) if length else 0.0
            best = min(best, hypot(x1 + share * dx, y1 + share * dy))
    return best


def bounds(rings: Sequence[Ring]) -> tuple[float, float, float, float]:
    """(west, south, east, north)."""
    xs = [point[0] for ring in rings for point in ring]
    ys = [point[1] for ring in rings for point in ring]
    return min(xs), min(ys), max(xs), max(ys)


def signed_area(ring: Ring) -> float:
    """Area in square degrees, positive when the ring runs anticlockwise."""
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, ring[1:], strict=False)) / 2


def area_square_metres(rings: Sequence[Ring]) -> float:
    """Area of the outline: outer rings less holes."""
    _, south, _, north = bounds(rings)
    scale = METRES_PER_DEGREE**2 * cos(radians((south + north) / 2))
    return (
        sum(
            abs(signed_area(ring)) * (-1 if _is_hole(index, rings) else 1) for index, ring in enumerate(rings)
        )
        * scale
    )


def _is_hole(index: int, rings: Sequence[Ring]) -> bool:
    lng, lat = rings[index][0][0], rings[index][0][1]
    others = [ring for number, ring in enumerate(rings) if number != index]
    return bool(others) and in_rings(lat, lng, others)


def as_multipolygon(rings: Sequence[Ring]) -> list[list[list[list[float]]]]:
    """Coordinates of a GeoJSON MultiPolygon: outer rings with their holes (RFC 7946, 3.1.7)."""
    outer: list[list[list[list[float]]]] = []
    holes: list[Ring] = []
    for index, ring in enumerate(rings):
        if _is_hole(index, rings):
            holes.append(ring)
        else:
            outer.append([_turned(ring, anticlockwise=True)])
    for hole in holes:
        home = next(part for part in outer if in_rings(hole[0][1], hole[0][0], part[:1]))
        home.append(_turned(hole, anticlockwise=False))
    return outer


def _turned(ring: Ring, *, anticlockwise: bool) -> list[list[float]]:
    points = [[point[0], point[1]] for point in ring]
    return points if (signed_area(ring) > 0) == anticlockwise else points[::-1]


def checked_rings(rings: object) -> list[list[list[float]]]:
    """Rings as they are stored: five decimals (1 m), closed, each with an area. Refused names the ring."""

    def no(reason: str) -> Refused:
        return Refused("bad_outline", f"边界没有保存：{reason}。请重新勾画后再提交。", field="rings")

    if not isinstance(rings, list | tuple) or not rings:
        raise no("没有边界点")
    result: list[list[list[float]]] = []
    count = 0
    for place, ring in enumerate(rings, start=1):
        if not isinstance(ring, list | tuple):
            raise no(f"第 {place} 圈不是点的列表")
        count += len(ring)
        if count > _MOST_POINTS:
            raise no(f"边界点超过 {_MOST_POINTS} 个")
        points: list[list[float]] = []
        for point in ring:
            if not isinstance(point, list | tuple) or len(point) != 2:
                raise no(f"第 {place} 圈里有不成对的经纬度")
            lng, lat = point
            if not all(isinstance(v, int | float) and not isinstance(v, bool) and isfinite(v) for v in point):
                raise no(f"第 {place} 圈里有不是数字的经纬度")
            if not (-180 <= lng <= 180 and -90 <= lat <= 90):
                raise no(f"第 {place} 圈里有超出范围的经纬度（顺序是经度在前）")
            rounded = [round(float(lng), 5), round(float(lat), 5)]
            if not points or points[-1] != rounded:
                points.append(rounded)
        if points and points[0] != points[-1]:
            points.append(points[0])
        if len(points) < 4 or abs(signed_area(points)) < 1e-10:
            raise no(f"第 {place} 圈不成面，至少要三个不在一条线上的点")
        result.append(points)
    return result


def middle(rings: Sequence[Ring]) -> tuple[float, float]:
    """(lat, lng) of a point inside the largest ring: centre of mass, else the middle of the widest chord."""
    ring = max(rings, key=lambda r: abs(signed_area(r)))
    area = signed_area(ring)
    x0, y0 = ring[0]
    x = y = 0.0
    for (x1, y1), (x2, y2) in zip(ring, ring[1:], strict=False):
        cross = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        x += (x1 + x2 - 2 * x0) * cross
        y += (y1 + y2 - 2 * y0) * cross
    lng, lat = x0 + x / (6 * area), y0 + y / (6 * area)
    if in_rings(lat, lng, [ring]):
        return lat, lng
    _, south, _, north = bounds([ring])
    best = (0.0, lat, lng)
    for step in range(1, 10):
        row = south + (north - south) * step / 10
        for left, right in _chords(row, [ring]):
            best = max(best, (right - left, row, (left + right) / 2))
    return best[1], best[2]


def _chords(lat: float, rings: Sequence[Ring]) -> Iterator[tuple[float, float]]:
    crossings = sorted(
        (x2 - x1) * (lat - y1) / (y2 - y1) + x1
        for ring in rings
        for (x1, y1), (x2, y2) in zip(ring, ring[1:], strict=False)
        if (y1 > lat) != (y2 > lat)
    )
    yield from zip(crossings[::2], crossings[1::2], strict=True)


def cells_of(rings: Sequence[Ring]) -> list[int]:
    """Numbers of the 20 m cells whose middle lies inside, ascending: row · 2²⁴ + column.

    Rows are 20 m of latitude from the equator, columns 20 m of longitude as it is in that row, so that a
    cell is the same for every outline and for every operator's coverage list.
    """
    row_height = CELL_METRES / METRES_PER_DEGREE
    _, south, _, north = bounds(rings)
    cells: list[int] = []
    for row in range(floor(south / row_height), floor(north / row_height) + 1):
        lat = (row + 0.5) * row_height
        width = row_height / cos(radians(lat))
        for left, right in _chords(lat, rings):
            first = floor((left + 180) / width + 0.5)
            last = floor((right + 180) / width - 0.5)
            cells.extend((row << 24) + column for column in range(first, last + 1))
    return cells
