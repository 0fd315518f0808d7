"""The working calendar against a simulation that counts every minute, and against dates of the public calendar."""

import warnings
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanlin.places import rules
from quanlin.places.rules import Calendar, add_working_minutes, is_working_day, working_minutes, working_spans

ZONE = rules.OFFICE_HOURS.zone
ONE_SPAN = Calendar(spans=((time(7, 15), time(20, 0)),))
OWN = Calendar(
    own_off=frozenset({date(2026, 3, 4)}), own_work=frozenset({date(2026, 3, 7), date(2026, 2, 17)})
)
CALENDARS = (rules.OFFICE_HOURS, ONE_SPAN, OWN)


def at(text: str) -> datetime:
    """A moment in the zone of the places."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def minutes_counted_one_by_one(start: datetime, end: datetime, calendar: Calendar) -> int:
    """How many whole minutes between two whole minutes are worked."""
    count, moment = 0, start
    while moment < end:
        local = moment.astimezone(calendar.zone)
        if is_working_day(local.date(), calendar):
            count += any(begin <= local.time() < finish for begin, finish in calendar.spans)
        moment += timedelta(minutes=1)
    return count


moments = st.integers(0, 120 * 24 * 60).map(lambda minute: at("2025-12-20T00:00") + timedelta(minutes=minute))


@settings(max_examples=60, deadline=None)
@given(moments, st.integers(0, 9 * 24 * 60), st.sampled_from(CALENDARS))
def test_minutes_between_two_moments_are_those_of_the_simulation(start, span, calendar):
    end = start + timedelta(minutes=span)
    assert working_minutes(start, end, calendar) == minutes_counted_one_by_one(start, end, calendar)
    assert working_minutes(end, start, calendar) == -working_minutes(start, end, calendar)


@settings(max_examples=60, deadline=None)
@given(moments, st.integers(1, 3000), st.sampled_from(CALENDARS))
def test_a_limit_ends_at_the_first_moment_at_which_its_minutes_have_passed(start, minutes, calendar):
    due = add_working_minutes(start, minutes, calendar)
    assert working_minutes(start, due, calendar) == minutes
    assert working_minutes(start, due - timedelta(seconds=1), calendar) < minutes
    assert due.tzinfo is UTC


@settings(max_examples=60, deadline=None)
@given(moments, st.integers(0, 9 * 24 * 60), st.sampled_from(CALENDARS))
def test_spans_add_up_to_the_minutes(start, span, calendar):
    end = start + timedelta(minutes=span)
    spans = working_spans(start, end, calendar)
    total = sum((until - since for since, until in spans), timedelta())
    assert total / timedelta(minutes=1) == working_minutes(start, end, calendar)


@given(moments, st.floats(0.01, 50_000, allow_nan=False))
def test_a_fraction_of_a_minute_is_not_lost(start, minutes):
    due = add_working_minutes(start, minutes)
    assert working_minutes(start, due) == pytest.approx(minutes, abs=1e-6)


def test_a_friday_evening_before_a_make_up_saturday_goes_on_on_saturday_morning():
    # story 3: 50 minutes are left on Friday, 70 run from 8:30
    assert date(2026, 2, 14).weekday() == 5
    assert add_working_minutes(at("2026-02-13T16:40"), 120) == at("2026-02-14T09:40")


def test_a_limit_before_the_spring_festival_goes_on_after_it():
    assert add_working_minutes(at("2026-02-14T17:00"), 60) == at("2026-02-24T09:00")


def test_a_limit_that_fills_a_span_ends_with_the_span():
    assert add_working_minutes(at("2026-03-02T10:00"), 120) == at("2026-03-02T12:00")
    assert add_working_minutes(at("2026-03-02T10:00"), 121) == at("2026-03-02T13:31")
    assert add_working_minutes(at("2026-03-02T15:30"), 120) == at("2026-03-02T17:30")


def test_no_minutes_end_where_they_begin_even_at_night():
    assert add_working_minutes(at("2026-03-01T03:00"), 0) == at("2026-03-01T03:00")


def test_round_the_clock_counts_every_minute():
    start = at("2026-02-17T23:59")
    assert add_working_minutes(start, 15, rules.ROUND_THE_CLOCK) == at("2026-02-18T00:14")
    assert working_minutes(start, start + timedelta(days=1), rules.ROUND_THE_CLOCK) == 1440
    assert is_working_day(date(2026, 2, 17), rules.ROUND_THE_CLOCK)


def test_own_days_come_before_the_country_s():
    assert is_working_day(date(2026, 3, 4))
    assert not is_working_day(date(2026, 3, 4), OWN)
    assert is_working_day(date(2026, 3, 7), OWN)
    assert is_working_day(date(2026, 2, 17), OWN)
    assert not is_working_day(date(2026, 2, 17))


def test_ten_years_are_added_up_as_well_as_a_day():
    first = date(2016, 1, 1)
    days = sum(is_working_day(first + timedelta(days=n)) for n in range((date(2026, 1, 1) - first).days))
    assert days == 2495
    assert working_minutes(at("2016-01-01T00:00"), at("2026-01-01T00:00")) == 2495 * 450


def test_a_year_without_known_holidays_counts_monday_to_friday_and_warns_once(monkeypatch):
    monkeypatch.setattr("quanlin.places.rules.working_time._warned", set())
    with pytest.warns(UserWarning, match="2031"):
        assert not is_working_day(date(2031, 1, 4))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert is_working_day(date(2031, 1, 6))


@pytest.mark.parametrize("minutes", [-1, float("nan"), float("inf"), 10_000_000])
def test_a_negative_or_endless_limit_is_an_error(minutes):
    with pytest.raises(ValueError, match="minutes"):
        add_working_minutes(at("2026-03-02T10:00"), minutes)


def test_a_moment_without_a_zone_is_an_error():
    with pytest.raises(ValueError, match="zone"):
        working_minutes(datetime(2026, 3, 2, 10), at("2026-03-02T11:00"))
    with pytest.raises(ValueError, match="zone"):
        add_working_minutes(datetime(2026, 3, 2, 10), 5)


@pytest.mark.parametrize("spans", [(), ((time(9), time(9)),), ((time(13), time(17)), (time(8), time(12)))])
def test_spans_must_be_in_order(spans):
    with pytest.raises(ValueError, match="spans"):
        Calendar(spans=spans)
