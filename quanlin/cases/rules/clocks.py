"""Due times of steps: in working minutes of the holder's calendar, or plain minutes for kinds that run round the clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from quanlin.cases.rules.catalogue import Kind
from quanlin.places.rules import Calendar, add_working_minutes, working_minutes

REWORK_LEAST = 60
"""Working minutes that a unit has at least when a verification sends the work back."""


def due_after(start: datetime, minutes: float, *, kind: Kind, calendar: Calendar) -> datetime:
    """When so many minutes of the kind's time have passed since ``start``."""
    if kind.round_the_clock:
        return start + timedelta(minutes=minutes)
    return add_working_minutes(start, minutes, calendar)


def minutes_between(start: datetime, end: datetime, *, kind: Kind, calendar: Calendar) -> float:
    """Minutes of the kind's time from start to end; negative when end lies before start."""
    if end < start:
        return -minutes_between(end, start, kind=kind, calendar=calendar)
    if kind.round_the_clock:
        return (end - start).total_seconds() / 60
    return working_minutes(start, end, calendar)


def promise(opened_at: datetime, *, kind: Kind, calendar: Calendar) -> datetime:
    """By when it will be handled if every step takes what it may: what the reporter is promised at the start."""
    total = sum(kind.limit(step) for step in ("accept", "assign", "take", "work"))
    return due_after(opened_at, total, kind=kind, calendar=calendar)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A due clock as a page shows it. left: minutes of the kind's time, negative when over; share: used share 0…1."""

    state: Literal["ok", "soon", "over", "paused", "done", "none"]
    due_at: datetime | None
    left: float
    share: float


def clock_of(
    *,
    state: str,
    started_at: datetime,
    due_at: datetime | None,
    allowed: int | None,
    now: datetime,
    kind: Kind,
    calendar: Calendar,
) -> Clock:
    """The clock of the step that runs now: soon in its last fifth."""
    if state == "on_hold":
        return Clock(state="paused", due_at=due_at, left=0, share=0)
    if due_at is None or not allowed:
        return Clock(state="none", due_at=None, left=0, share=0)
    left = minutes_between(now, due_at, kind=kind, calendar=calendar)
    if now > due_at:
        return Clock(state="over", due_at=due_at, left=min(left, 0), share=1)
    share = min(max(1 - left / allowed, 0), 1)
    return Clock(state="soon" if share >= 0.8 else "ok", due_at=due_at, left=left, share=share)
