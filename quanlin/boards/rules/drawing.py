"""From outlines in degrees to shapes in a box, with a place for each name. Pure and drawn once per place.

A name stands in its shape where a level rectangle of its size fits; few small shapes get leader lines to the free
margin; otherwise the shape carries its rank, which the strip beside the map explains.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import cos, hypot, radians
from typing import Literal

from quanlin.places.rules import bounds, middle

Ring = Sequence[Sequence[float]]
Point = tuple[float, float]
Span = tuple[float, float]

NAME_SIZE, NAME_HEIGHT = 23, 48
RANK_WIDTH, RANK_HEIGHT = 30, 26
MOST_LEADERS = 7
LEADER_WIDTH, LEADER_STEP = 178, 52
EDGE = 20
"""Room for the shore's ripples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leader:
    """Words beside the map at (x, y) and the line from them to the shape. side: start = left margin, end = right."""

    x: float
    y: float
    side: Literal["start", "end"]
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One outline. label: what fits in it at (x, y); path: SVG, in half units of the box."""

    number: int
    path: str
    x: float
    y: float
    label: Literal["name", "rank", "none"]
    leader: Leader | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """All outlines below a place in a box of width × height; shore: the outline around them."""

    width: int
    height: int
    shapes: tuple[Shape, ...]
    shore: str


def draw(
    outlines: Mapping[int, Sequence[Ring]],
    names: Mapping[int, str],
    *,
    shore: Sequence[Ring] = (),
    width: int = 664,
    height: int = 740,
) -> Drawing:
    """Lay out outlines (rings of [lng, lat] by place number) and their names."""
    everything = [ring for rings in outlines.values() for ring in rings] + list(shore)
    if not everything:
        return Drawing(width=width, height=height, shapes=(), shore="")
    west, south, east, north = bounds(everything)
    squeeze = cos(radians((south + north) / 2))
    scale = min((width - 2 * EDGE) / ((east - west) * squeeze), (height - 2 * EDGE) / (north - south))
    left = (width - (east - west) * squeeze * scale) / 2
    top = (height - (north - south) * scale) / 2

    def flat(rings: Sequence[Ring]) -> list[list[Point]]:
        return [
            [(left + (x - west) * squeeze * scale, top + (north - y) * scale) for x, y in ring]
            for ring in rings
        ]

    flats = {number: flat(rings) for number, rings in outlines.items()}
    shapes = [_shape(number, rings, names[number]) for number, rings in flats.items()]
    homeless = [shape for shape in shapes if shape.label != "name"]
    if 0 < len(homeless) <= MOST_LEADERS:
        shapes = _led(shapes, homeless, [ring for rings in flats.values() for ring in rings], width, height)
    return Drawing(
        width=width,
        height=height,
        shapes=tuple(shapes),
        shore=path_of(flat(shore)) if shore else "".join(shape.path for shape in shapes),
    )


def path_of(rings: Sequence[Sequence[Point]]) -> str:
    """SVG path in half units, relative and without points that no pixel shows."""
    parts = []
    for ring in rings:
        points = [(round(2 * x), round(2 * y)) for x, y in ring]
        kept = [points[0]]
        for point in points[1:]:
            if point == kept[-1]:
                continue
            if len(kept) > 1 and _straight(kept[-2], kept[-1], point):
                kept[-1] = point
            else:
                kept.append(point)
        steps = [
            f"{b[0] - a[0]} {b[1] - a[1]}".replace(" -", "-") for a, b in zip(kept, kept[1:], strict=False)
        ]
        if len(steps) > 2:
            parts.append(f"M{kept[0][0]} {kept[0][1]}l{' '.join(steps)}z".replace(" -", "-"))
    return "".join(parts)


def _straight(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> bool:
    return (b[0] - a[0]) * (c[1] - b[1]) == (c[0] - b[0]) * (b[1] - a[1]) and (
        (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]) > 0
    )


def _shape(number: int, rings: Sequence[Sequence[Point]], name: str) -> Shape:
    y, x = middle(rings)
    wide = max(len(name) * NAME_SIZE, 64) * 0.86  # a letter may touch the edge: its halo keeps it legible
    fitting = ((wide, NAME_HEIGHT, "name"), (RANK_WIDTH, RANK_HEIGHT, "rank"))
    for need, high, label in fitting:
        spot = _room(rings, need, high, (x, y))
        if spot:
            return Shape(number=number, path=path_of(rings), x=spot[0], y=spot[1], label=label)  # type: ignore[arg-type]
    return Shape(number=number, path=path_of(rings), x=round(x, 1), y=round(y, 1), label="none")


def _room(rings: Sequence[Sequence[Point]], wide: float, high: float, near: Point) -> Point | None:
    """The middle of a level rectangle of that size inside the rings, as near to a point as can be."""
    coarse = [_thinned(ring) for ring in rings]
    _, top, _, bottom = bounds(coarse)
    rows = max(4.0, high / 6)
    lines = [top + rows * n for n in range(int((bottom - top) / rows) + 1)]
    chords = [_chords(y, coarse) for y in lines]
    reach = round(high / 2 / rows)
    best: tuple[float, Point] | None = None
    for at in range(reach, len(lines) - reach):
        free = chords[at]
        for row in chords[at - reach : at + reach + 1]:
            free = _common(free, row)
        for low, end in free:
            if end - low >= wide:
                x = min(max(near[0], low + wide / 2), end - wide / 2)
                far = hypot(x - near[0], lines[at] - near[1])
                if best is None or far < best[0]:
                    best = (far, (round(x, 1), round(lines[at], 1)))
    return best[1] if best else None


def _thinned(ring: Sequence[Point]) -> list[Point]:
    kept = [ring[0]]
    for point in ring[1:-1]:
        if abs(point[0] - kept[-1][0]) + abs(point[1] - kept[-1][1]) >= 3:
            kept.append(point)
    return [*kept, ring[0]]


def _chords(y: float, rings: Sequence[Sequence[Point]]) -> list[Span]:
    crossings = sorted(
        (x2 - x1) * (y - y1) / (y2 - y1) + x1
        for ring in rings
        for (x1, y1), (x2, y2) in zip(ring, ring[1:], strict=False)
        if (y1 > y) != (y2 > y)
    )
    return list(zip(crossings[::2], crossings[1::2], strict=True))


def _common(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    return [(max(a, c), min(b, d)) for a, b in one for c, d in other if min(b, d) > max(a, c)]


def _led(
    shapes: list[Shape], homeless: list[Shape], rings: Sequence[Sequence[Point]], width: int, height: int
) -> list[Shape]:
    """Give the small shapes words in whichever margin has room nearest to them."""
    coarse = [_thinned(ring) for ring in rings]
    options = []
    for side in ("start", "end"):
        low, high = (0.0, LEADER_WIDTH) if side == "start" else (width - LEADER_WIDTH, float(width))
        slots = [
            y
            for y in range(LEADER_STEP, height - 20, LEADER_STEP // 2)
            if not any(
                a < high and low < b for dy in (-24, -12, 0, 12, 24) for a, b in _chords(y + dy, coarse)
            )
        ]
        placed = _assign([shape.y for shape in sorted(homeless, key=_height)], slots)
        if placed:
            far = sum(abs(shape.x - (0 if side == "start" else width)) for shape in homeless)
            cost = far + sum(abs(y - s.y) for y, s in zip(placed, sorted(homeless, key=_height), strict=True))
            options.append((cost, side, placed))
    if not options:
        return shapes
    _, side, placed = min(options)
    x = LEADER_WIDTH - 26 if side == "start" else width - LEADER_WIDTH + 26
    knee = x + (24 if side == "start" else -24)
    led = {}
    for y, shape in zip(placed, _uncrossed(sorted(homeless, key=_height), placed, knee), strict=True):
        led[shape.number] = replace(
            shape,
            label="none",
            leader=Leader(
                x=x,
                y=y,
                side=side,
                line=f"M{x + (8 if side == 'start' else -8)} {y}H{knee}L{shape.x} {shape.y}",
            ),  # type: ignore[arg-type]
        )
    return [led.get(shape.number, shape) for shape in shapes]


def _uncrossed(order: list[Shape], heights: list[int], knee: float) -> list[Shape]:
    """The same shapes, swapped until no two lines cross: each swap shortens the sum, so it ends."""
    order = list(order)
    swapped = True
    while swapped:
        swapped = False
        for i in range(len(order)):
            for j in range(i + 1, len(order)):
                a, b = order[i], order[j]
                straight = hypot(a.x - knee, a.y - heights[i]) + hypot(b.x - knee, b.y - heights[j])
                crossed = hypot(a.x - knee, a.y - heights[j]) + hypot(b.x - knee, b.y - heights[i])
                if crossed < straight - 1e-6:
                    order[i], order[j], swapped = b, a, True
    return order


def _height(shape: Shape) -> float:
    return shape.y


def _assign(wanted: Sequence[float], slots: Sequence[int]) -> list[int] | None:
    """A slot for each wanted height, in the same order, LEADER_STEP apart, with the least way in sum."""
    best: list[tuple[float, list[int]]] = [(0.0, [])]
    # best[n]: the cheapest way to place all so far with the last one at or before slot n
    for want in wanted:
        following: list[tuple[float, list[int]]] = []
        for slot in slots:
            if best and best[0][1] == []:
                before: tuple[float, list[int]] | None = best[0]
            else:
                upto = bisect_left([way[-1] for _, way in best], slot - LEADER_STEP + 1)
                before = min(best[:upto], default=None)
            if before is not None:
                following.append((before[0] + abs(slot - want), [*before[1], slot]))
        if not following:
            return None
        best = following
    return min(best)[1]
