"""How pages say times, spans, numbers and states."""

from datetime import UTC, datetime, timedelta

import pytest

from quanlin.config import wording
from quanlin.config.wording import ZONE, due_words

NOW = datetime(2026, 11, 24, 10, 10, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "0 分"),
        (6, "6 分"),
        (59, "59 分"),
        (60, "1 时"),
        (100, "1 时 40 分"),
        (-100, "1 时 40 分"),
        (450, "1 天"),
        (480, "1 天 30 分"),
        (570, "1 天 2 时"),
        (4500, "10 天"),
    ],
)
def test_a_span_of_work_counts_days_of_seven_and_a_half_hours(minutes, said):
    assert wording.span_words(minutes) == said


def test_a_span_around_the_clock_counts_whole_days():
    assert wording.span_words(26 * 60, day=1440) == "1 天 2 时"


def test_hours_that_are_added_up_are_never_said_in_days():
    assert wording.hours_words(500) == "8 时 20 分"


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (datetime(2026, 11, 24, 9, 20, tzinfo=ZONE), "9:20"),
        (datetime(2026, 11, 24, 1, 20, tzinfo=UTC), "9:20"),
        (datetime(2026, 11, 23, 16, 20, tzinfo=UTC), "0:20"),
        (datetime(2026, 11, 23, 16, 20, tzinfo=ZONE), "昨 16:20"),
        (datetime(2026, 11, 25, 9, 0, tzinfo=ZONE), "明 9:00"),
        (datetime(2026, 11, 3, 8, 36, tzinfo=ZONE), "11-03 8:36"),
        (datetime(2025, 11, 23, 8, 36, tzinfo=ZONE), "2025-11-23"),
        (datetime(2025, 12, 31, 23, 59, tzinfo=ZONE), "2025-12-31"),
    ],
)
def test_a_moment_is_said_as_short_as_its_distance_allows(moment, said):
    assert wording.when_words(moment, NOW) == said


def test_yesterday_is_said_also_over_the_turn_of_the_year():
    new_year = datetime(2027, 1, 1, 8, 0, tzinfo=ZONE)
    assert wording.when_words(datetime(2026, 12, 31, 16, 20, tzinfo=ZONE), new_year) == "昨 16:20"


def test_the_whole_moment_names_the_day_of_the_week():
    assert wording.full_when(NOW) == "2026年11月24日 星期二 10:10"


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0, "今天 16:55 前"),
        (1, "明天 16:55 前"),
        (2, "后天 16:55 前"),
        (3, "11月27日 16:55 前"),
        (60, "2027年1月23日 16:55 前"),
    ],
)
def test_residents_are_promised_a_date(days, said):
    assert wording.promise_words(NOW.replace(hour=16, minute=55) + timedelta(days=days), NOW) == said


@pytest.mark.parametrize(
    ("number", "said"), [("261123004768", "2611-2300-4768"), (2611, "2611"), ("26112300476", "2611-2300-476")]
)
def test_a_case_number_is_read_in_fours(number, said):
    assert wording.case_number(number) == said


@pytest.mark.parametrize(
    ("number", "places", "said"),
    [
        (1286, 0, "1,286"),
        (-3.5, 1, "−3.5"),
        (-0.01, 1, "0.0"),
        (None, 0, "—"),
        (0, 0, "0"),
        (1280.5, 2, "1,280.50"),
    ],
)
def test_thousands_have_commas_and_unknown_is_never_zero(number, places, said):
    assert wording.thousands(number, places) == said


def test_totals_from_counters_are_said_roughly_above_ten_thousand():
    assert (wording.about(9_999), wording.about(12_345)) == ("9,999", "约 1.2 万")


def test_a_place_is_cut_in_the_middle():
    said = wording.middle_cut("市中区舜玉路街道舜新社区舜玉小区南区 3 号楼 1502", 16)
    assert (said, len(said)) == ("市中区舜玉…3 号楼 1502", 15)


def test_every_state_has_a_word_and_a_role_of_its_own_kind():
    roles = {"waiting", "active", "checking", "done", "back", "paused", "void"}
    assert {said.role for said in wording.STATES.values()} == roles
    assert len({said.word for said in wording.STATES.values()}) == len(wording.STATES)
    assert wording.state_words("working") == wording.StateWords("处置中", "active")
    assert wording.state_words("working").glyph == "s-active"
    with pytest.raises(KeyError):
        wording.state_words("unheard-of")


def clock(left, allowed=480, **more):
    due_at = NOW.replace(hour=16, minute=55)
    return due_words(now=NOW, due_at=due_at, allowed_minutes=allowed, left_minutes=left, **more)


def test_staff_read_what_is_left_in_working_time():
    said = clock(315)
    assert (said.level, said.words, said.used) == ("ok", "剩 5 时 15 分", 34)
    assert said.spoken == "剩余 5 小时 15 分钟，今天 16:55到期"


def test_a_clock_warns_from_four_fifths_on():
    assert (clock(97).level, clock(96).level, clock(96).used) == ("ok", "soon", 80)


def test_the_last_minute_is_not_yet_over():
    assert (clock(0).level, clock(0).words) == ("soon", "剩不到 1 分")


def test_over_is_said_in_words_and_not_only_in_colour():
    assert (clock(-100).level, clock(-100).words) == ("over", "超 1 时 40 分")


def test_residents_read_the_date_and_how_late_it_is():
    assert clock(315, audience="resident").words == "今天 16:55 前"
    assert clock(-100, audience="resident").words == "超过约定 1 时 40 分"


def test_a_clock_on_hold_says_until_when():
    assert clock(315, paused=datetime(2026, 12, 1, tzinfo=ZONE)).words == "挂起，到 12-01"
    assert clock(315, paused=True).words == "挂起"


def test_a_finished_case_says_early_or_late():
    assert [clock(None, early_minutes=m).words for m in (120, 0, -55)] == [
        "提前 2 时办结",
        "按时办结",
        "晚 55 分办结",
    ]
    assert [clock(None, early_minutes=m).level for m in (120, 0, -55)] == ["done", "done", "late"]


def test_a_case_without_limit_has_no_clock():
    assert due_words(now=NOW, due_at=None, allowed_minutes=None, left_minutes=None).level == "none"
