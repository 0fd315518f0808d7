"""Where the bars of the responsibility axis stand. Pure: percentages of a width that the page decides.

Time runs over working windows only; lunch, nights and holidays are gaps of fixed share. A bar is drawn where
the holding and the windows overlap, so that what is seen adds up to what was counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from quanlin.config.wording import ZONE, clock_words

Window = tuple[datetime, datetime]
GAP = 1.2  # percent of the width between two windows
MOST_LABELS = 6


class Holding(Protocol):
    """One unit's holding of a case: segments are moments when its clock ran; minutes are working minutes."""

    unit: str
    step: str
    segments: Sequence[Window]
    used_minutes: int
    allowed_minutes: int | None
    overdue: bool
    ended_by: str


@dataclass(frozen=True)
class Bar:
    """kind: use, over, hold or rest; x and width in percent."""

    kind: str
    x: float
    width: float


@dataclass(frozen=True)
class AxisRow:
    """note stands at note_x, after the bar (anchor start) or before it (end); tick: where the limit fell."""

    unit: str
    step: str
    used: int
    allowed: int | None
    overdue: bool
    bars: tuple[Bar, ...]
    tick: float | None
    note: str
    note_x: float
    anchor: str
    open: bool


@dataclass(frozen=True)
class Axis:
    """windows: x and width of each; labels: x and words; now_x is None when now is not on the scale."""

    rows: tuple[AxisRow, ...]
    windows: tuple[Bar, ...]
    labels: tuple[tuple[float, str], ...]
    now_x: float | None
    now_words: str
    used: int = 0
    overdue: tuple[str, ...] = field(default=())


def lay_axis(
    holdings: Sequence[Holding], windows: Sequence[Window], now: datetime, due_at: datetime | None = None
) -> Axis:
    """Lays holdings on working windows. Without windows, whole time from first to last moment is one window.

    ``due_at`` is when the last holding, which still runs, must end: its rest is drawn dashed.
    A holding may carry ``holds``, windows in which its clock stood still, or be ``paused`` as a whole.
    """
    windows = _merged(windows)
    if not holdings:
        return Axis((), (), (), None, clock_words(now))
    # a case that began and ended in one evening has used no working time: its rows stand there all the same
    moments = [m for h in holdings for s in h.segments for m in s] or [m for w in windows for m in w] or [now]
    first = min(moments)
    last = max([*moments, now, *([due_at] if due_at else [])])
    shown = _clip(windows, first, last) or [(first, max(last, first + timedelta(minutes=1)))]
    # A window where work began in the middle is shown from its start: the scale reads 8:30, 13:30.
    shown = [next(((a, b) for a, b in windows if a <= s and e <= b), (s, e)) for s, e in shown]
    scale = _Scale(shown)
    rows = tuple(_row(h, shown, scale, now, due_at if h is holdings[-1] else None) for h in holdings)
    # whoever laid the windows up to now did so a moment ago
    on_scale = shown[0][0] <= now <= shown[-1][1] + timedelta(minutes=1)
    return Axis(
        rows=rows,
        windows=tuple(Bar("win", round(x, 3), round(w, 3)) for x, w in scale.boxes),
        labels=_labels(shown, scale),
        now_x=round(scale.at(now), 3) if on_scale else None,
        now_words=f"现在 {clock_words(now)}",
        used=sum(h.used_minutes for h in holdings),
        overdue=tuple(h.unit for h in holdings if h.overdue),
    )


class _Scale:
    def __init__(self, shown: Sequence[Window]):
        self.shown = list(shown)
        gap = min(GAP, 30 / len(shown))
        minutes = sum(_minutes(a, b) for a, b in shown)
        share = (100 - gap * (len(shown) - 1)) / minutes
        self.boxes: list[tuple[float, float]] = []
        x = 0.0
        for a, b in shown:
            width = _minutes(a, b) * share
            self.boxes.append((x, width))
            x += width + gap
        self.share = share

    def at(self, moment: datetime) -> float:
        """Percent; a moment in a gap falls on the end of the window before it."""
        x = 0.0
        for (a, b), (left, width) in zip(self.shown, self.boxes, strict=True):
            if moment < a:
                return x
            if moment <= b:
                return left + _minutes(a, moment) * self.share
            x = left + width
        return x

    def start(self, moment: datetime) -> float:
        """As ``at``, but a moment in a gap falls on the beginning of the window after it."""
        for (a, b), (left, _) in zip(self.shown, self.boxes, strict=True):
            if moment < b:
                return left + max(0.0, _minutes(a, moment)) * self.share
        return self.at(moment)


def _row(
    h: Holding, shown: Sequence[Window], scale: _Scale, now: datetime, due_at: datetime | None
) -> AxisRow:
    bars: list[Bar] = []
    tick: float | None = None
    budget = float(h.allowed_minutes) if h.overdue and h.allowed_minutes is not None else None
    end_at = max((e for _, e in h.segments), default=now)
    held = getattr(h, "paused", False)
    for start, end in sorted(h.segments):
        for a, b in _clip(shown, start, end):
            length = _minutes(a, b)
            if budget is None or length <= budget:
                bars.append(_bar("hold" if held else "use", a, b, scale))
                budget = None if budget is None else budget - length
            else:
                limit = a + timedelta(minutes=budget)
                if budget > 0:
                    bars.append(_bar("use", a, limit, scale))
                if tick is None:
                    tick = round(scale.start(limit), 3)
                bars.append(_bar("over", limit, b, scale))
                budget = 0.0
    for start, end in getattr(h, "holds", ()):
        bars += [_bar("hold", a, b, scale) for a, b in _clip(shown, start, end)]
    still = due_at is not None and not h.overdue
    if still and due_at is not None and due_at > end_at:
        bars += [_bar("rest", a, b, scale) for a, b in _clip(shown, end_at, due_at)]
    right = max((bar.x + bar.width for bar in bars), default=0.0)
    left = min((bar.x for bar in bars), default=0.0)
    before = right > 62
    note_x = left if before else right
    return AxisRow(
        unit=h.unit,
        step=h.step,
        used=h.used_minutes,
        allowed=h.allowed_minutes,
        overdue=h.overdue,
        bars=tuple(bars),
        tick=tick,
        note=h.ended_by,
        note_x=round(note_x, 3),
        anchor="end" if before else "start",
        open=due_at is not None,
    )


def _bar(kind: str, a: datetime, b: datetime, scale: _Scale) -> Bar:
    x = scale.start(a)
    return Bar(kind, round(x, 3), round(max(scale.at(b) - x, 0.5), 3))


def _merged(windows: Sequence[Window]) -> list[Window]:
    """In order, those that touch or overlap made one: holdings that follow each other are no gap."""
    found: list[Window] = []
    for start, end in sorted(windows):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _clip(windows: Sequence[Window], start: datetime, end: datetime) -> list[Window]:
    return [(max(a, start), min(b, end)) for a, b in windows if a < end and start < b]


def _minutes(a: datetime, b: datetime) -> float:
    return (b - a).total_seconds() / 60


def _labels(shown: Sequence[Window], scale: _Scale) -> tuple[tuple[float, str], ...]:
    """Each window's beginning; the day before the first of each day; only days when there are many."""
    labels: list[tuple[float, str]] = []
    day = None
    many = len(shown) > MOST_LABELS
    for (a, _), (x, _) in zip(shown, scale.boxes, strict=True):
        here = a.astimezone(ZONE)
        if here.date() != day:
            labels.append((round(x, 3), f"{here.day} 日" if many else f"{here.day} 日 {clock_words(a)}"))
            day = here.date()
        elif not many:
            labels.append((round(x, 3), clock_words(a)))
    step = max(1, -(-len(labels) // MOST_LABELS))
    return tuple(labels[::step])
