"""The responsibility axis of a case: who held it, when, and how long by the kind's time."""

from dataclasses import dataclass
from datetime import datetime

from quanlin.cases.models import Case, Holding
from quanlin.cases.queries.kinds import kind_of
from quanlin.cases.queries.lists import CaseRow
from quanlin.cases.rules import clocks
from quanlin.cases.rules.catalogue import STEPS
from quanlin.kit import clock
from quanlin.places import queries as places
from quanlin.places.rules import working_spans
from quanlin.staff import queries as staff_queries


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisRow:
    """One holding: segments are (start, end) of working time, so that lunch and night are gaps."""

    unit: str
    step: str
    round: int
    started_at: datetime
    ended_at: datetime | None
    due_at: datetime | None
    segments: tuple[tuple[datetime, datetime], ...]
    used_minutes: float
    allowed_minutes: int | None
    overdue: bool
    paused: bool
    ended_by: str


_NOTES = {"return": "退回", "escalate": "上报上级", "reject": "核实没通过"}
"""What is worth a word beside a bar."""


def axis_of(case: Case) -> tuple[AxisRow, ...]:
    """The responsibility axis: every holding, oldest first; used and allowed in minutes of the kind's time."""
    kind = kind_of(case.kind, case.kind_version)
    calendar = places.calendar_for(case.community)
    units = staff_queries.units()
    now = clock.now()
    rows = []
    for h in Holding.objects.filter(case=case).order_by("seq"):
        end = h.ended_at or (case.closed_at or now)
        paused = h.step == "hold"
        used = (
            h.used
            if h.used is not None
            else 0.0
            if paused
            else clocks.minutes_between(h.started_at, end, kind=kind, calendar=calendar)
        )
        unit = units.get(h.unit)
        segments = (
            ((h.started_at, end),) if kind.round_the_clock else working_spans(h.started_at, end, calendar)
        )
        rows.append(
            AxisRow(
                unit=unit.name if unit else "",
                step=STEPS.get(h.step, h.step),
                round=h.round,
                started_at=h.started_at,
                ended_at=h.ended_at,
                due_at=h.due_at,
                segments=segments,
                used_minutes=used,
                allowed_minutes=h.allowed,
                overdue=not paused and h.due_at is not None and end > h.due_at,
                paused=paused,
                ended_by=_NOTES.get(h.ended_by, ""),
            )
        )
    return tuple(rows)


def axis_windows(rows: tuple[AxisRow, ...], row: CaseRow) -> tuple[tuple[datetime, datetime], ...]:
    """The working time that the axis is drawn on: from the first holding to now or to the present limit."""
    if not rows:
        return ()
    end = max(row.closed_at or clock.now(), row.due_at or rows[-1].started_at)
    if row.round_the_clock:
        return ((rows[0].started_at, end),)
    return working_spans(rows[0].started_at, end, places.calendar_for(row.place))
