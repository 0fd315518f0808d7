"""Where the bars of the responsibility axis stand."""

from dataclasses import dataclass
from datetime import datetime

import pytest

from quanlin.config.axis import Bar, lay_axis
from quanlin.config.wording import ZONE


def at(day, hour, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


@dataclass
class Held:
    segments: list
    used_minutes: int
    allowed_minutes: int | None = None
    overdue: bool = False
    unit: str = "明泉物业"
    step: str = "处置"
    ended_by: str = ""
    holds: tuple = ()


TWO_DAYS = [(at(d, *a), at(d, *b)) for d in (23, 24) for a, b in (((8, 30), (12,)), ((13, 30), (17, 30)))]


def minutes_of(bar, axis):
    """Back from percent to minutes: the four windows are 210, 240, 210, 240 minutes and 1.2 % lies between them."""
    return round(bar.width * 900 / (100 - 3 * 1.2))


def test_what_is_drawn_adds_up_to_what_was_counted():
    held = Held([(at(23, 11), at(24, 9))], used_minutes=60 + 240 + 30)
    axis = lay_axis([held], TWO_DAYS, now=at(24, 17, 30))
    assert [minutes_of(bar, axis) for bar in axis.rows[0].bars] == [60, 240, 30]
    assert axis.used == 330


def test_lunch_and_night_are_gaps():
    axis = lay_axis([Held([(at(23, 8, 30), at(24, 17, 30))], 900)], TWO_DAYS, now=at(24, 17, 30))
    ends = [(box.x, round(box.x + box.width, 2)) for box in axis.windows]
    assert ends[0][0] == 0
    assert ends[-1][1] == pytest.approx(100, abs=0.01)
    assert [round(b[0] - a[1], 2) for a, b in zip(ends, ends[1:], strict=False)] == [1.2, 1.2, 1.2]


def test_the_limit_is_ticked_where_the_allowed_time_ended():
    held = Held([(at(23, 11), at(23, 14, 30))], used_minutes=120, allowed_minutes=90, overdue=True)
    axis = lay_axis([held], TWO_DAYS, now=at(24, 17, 30))
    row = axis.rows[0]
    assert [bar.kind for bar in row.bars] == ["use", "use", "over"]
    assert [minutes_of(bar, axis) for bar in row.bars] == [60, 30, 30]
    assert row.tick == row.bars[-1].x


def test_the_open_holding_shows_what_remains():
    held = Held([(at(24, 8, 30), at(24, 10, 10))], used_minutes=100, allowed_minutes=480)
    axis = lay_axis([held], TWO_DAYS, now=at(24, 10, 10), due_at=at(24, 16, 55))
    rest = [bar for bar in axis.rows[0].bars if bar.kind == "rest"]
    assert len(rest) == 2
    assert axis.now_x == pytest.approx(rest[0].x, abs=0.01)
    assert axis.now_words == "现在 10:10"


def test_a_hold_outside_working_time_is_not_drawn():
    held = Held([(at(23, 9), at(23, 10))], 60, holds=((at(23, 18), at(23, 20)),))
    axis = lay_axis([held], TWO_DAYS, now=at(24, 17, 30))
    assert [bar.kind for bar in axis.rows[0].bars] == ["use"]


def test_a_note_stands_on_the_side_that_has_room():
    early = Held([(at(23, 8, 30), at(23, 9))], 30, ended_by="退回")
    late = Held([(at(24, 16), at(24, 17, 30))], 90, ended_by="退回")
    axis = lay_axis([early, late], TWO_DAYS, now=at(24, 17, 30))
    assert [row.anchor for row in axis.rows] == ["start", "end"]


def test_without_a_calendar_time_runs_through():
    axis = lay_axis([Held([(at(23, 8), at(23, 10))], 120)], [], now=at(23, 12))
    assert axis.windows == (Bar("win", 0.0, 100.0),)
    assert axis.rows[0].bars == (Bar("use", 0.0, 50.0),)


def test_a_case_that_nobody_held_has_no_rows():
    assert lay_axis([], TWO_DAYS, now=at(24, 10)).rows == ()


def test_what_was_done_in_one_evening_stands_there_without_bars():
    axis = lay_axis([Held([], used_minutes=0, allowed_minutes=120)], [], now=at(24, 19))
    assert [(row.unit, row.used, row.bars) for row in axis.rows] == [("明泉物业", 0, ())]
    assert axis.used == 0
