"""Reading the counters: rates, distance from the target, the trend, and under which numbers a place was counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import floor

from quanlin.kit.placenumber import ancestor, level_of, subtree

TARGET = 95.0
"""Share of cases closed within what was promised, in percent."""
BREAKS = (92.0, 94.0, 96.0, 98.0)
"""Between the five steps of the map: the middle one is the target ± 1, then 3 and more away from it."""
TREND_DAYS = 30
WINDOW_DAYS = 7
"""Each point of the trend is the rate of the seven days that end there: one day of a street is too few."""

_LEVEL_NAMES = {"grid": "网格", "community": "社区", "street": "街道", "district": "区县", "city": "全市"}


def level_name(level: str) -> str:
    """What a level is called on the wall; the whole city is 全市."""
    return _LEVEL_NAMES[level]


def rate_of(part: int, whole: int) -> float | None:
    """part / whole in percent with one decimal, 0…100; None when there is nothing to divide by.

    Refused closures are taken back on the day of the refusal, so a short stretch may count less than nothing.
    """
    if whole <= 0:
        return None
    return round(min(max(part / whole, 0.0), 1.0) * 100, 1)


def step_of(rate: float | None) -> int:
    """1 far below the target … 3 at it … 5 far above; 0 when nothing is known."""
    return 0 if rate is None else 1 + sum(rate >= edge for edge in BREAKS)


def short_name(name: str) -> str:
    """The name without the word that everybody at the table knows: 舜玉路街道 → 舜玉路, 舜新社区 → 舜新, 济南高新区 → 高新区."""
    name = name.removeprefix("济南") if len(name) > 4 else name
    for word in ("街道", "社区"):
        if name.endswith(word) and len(name) > len(word) + 1:
            return name.removesuffix(word)
    return name


def counted_numbers(number: int, ranges: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """Numbers whose counters belong to a place: its own, and those of communities that were merged into it.

    Above the community a place keeps what was counted in it: a case stays where it was opened.
    """
    if level_of(number) != "community":
        return (number,)
    low, high = subtree(number, "community")
    found = {number}
    for first, last in ranges:
        start = ancestor(first, "community")
        found.update(n for n in range(start, last + 1, high - low + 1) if first <= n)
    return tuple(sorted(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendLine:
    """A line in a box of width × height. ``points`` are SVG points of each unbroken piece; y grows downward."""

    pieces: tuple[str, ...]
    areas: tuple[str, ...]
    last: tuple[float, float] | None
    target_y: float
    low: int
    width: int
    height: int
    left: int


def windowed(days: Mapping[date, tuple[int, int]], today: date) -> tuple[tuple[date, float | None, int], ...]:
    """(day, rate of the seven days up to it, closures in them) for each of the last TREND_DAYS days.

    days: (on_time, closed) of each day that has any
    """
    points = []
    for back in range(TREND_DAYS - 1, -1, -1):
        day = today - timedelta(days=back)
        window = [days.get(day - timedelta(days=n), (0, 0)) for n in range(WINDOW_DAYS)]
        on_time, closed = (sum(values) for values in zip(*window, strict=True))
        points.append((day, rate_of(on_time, closed), closed))
    return tuple(points)


def trend_line(
    rates: Sequence[float | None], *, width: int = 372, height: int = 92, left: int = 52
) -> TrendLine:
    """Lay the trend out: 100 at the top, the lowest ten below the lowest rate at the bottom; gaps stay gaps."""
    known = [rate for rate in rates if rate is not None]
    low = min([floor(rate / 10) * 10 for rate in known] + [90])
    step = (width - left - 8) / max(len(rates) - 1, 1)

    def y_of(rate: float) -> float:
        return round(6 + (100 - rate) / (100 - low) * (height - 12), 1)

    pieces: list[list[tuple[float, float]]] = [[]]
    for index, rate in enumerate(rates):
        if rate is None:
            pieces.append([])
        else:
            pieces[-1].append((round(left + index * step, 1), y_of(rate)))
    drawn = [piece for piece in pieces if piece]
    return TrendLine(
        pieces=tuple(" ".join(f"{x},{y}" for x, y in piece) for piece in drawn),
        areas=tuple(
            f"{piece[0][0]},{height} " + " ".join(f"{x},{y}" for x, y in piece) + f" {piece[-1][0]},{height}"
            for piece in drawn
            if len(piece) > 1
        ),
        last=drawn[-1][-1] if drawn else None,
        target_y=y_of(TARGET),
        low=low,
        width=width,
        height=height,
        left=left,
    )
