"""Pure reading of the counters."""

from datetime import date, timedelta

import pytest

from quanlin.boards import rules
from quanlin.kit.placenumber import child_number, subtree

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("part", "whole", "rate"),
    [(0, 0, None), (3, 0, None), (1, -2, None), (1, 3, 33.3), (19, 20, 95.0), (5, 4, 100.0), (-1, 4, 0.0)],
)
def test_a_rate_needs_something_to_divide_by_and_stays_between_nought_and_a_hundred(part, whole, rate):
    assert rules.rate_of(part, whole) == rate


@pytest.mark.parametrize(
    ("rate", "step"),
    [
        (None, 0),
        (0.0, 1),
        (91.9, 1),
        (92.0, 2),
        (93.9, 2),
        (94.0, 3),
        (95.9, 3),
        (96.0, 4),
        (98.0, 5),
        (100.0, 5),
    ],
)
def test_colours_tell_the_distance_from_the_target(rate, step):
    assert rules.step_of(rate) == step


def test_the_middle_colour_is_the_target_and_a_point_to_either_side():
    assert rules.BREAKS[1] == rules.TARGET - 1
    assert rules.BREAKS[2] == rules.TARGET + 1


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("舜玉路街道", "舜玉路"), ("舜新社区", "舜新"), ("济南高新区", "高新区"), ("历下区", "历下区"),
        ("仲宫街道", "仲宫"), ("二社区", "二社区"), ("姜家村", "姜家村"), ("济南市", "济南市"),
    ],
)  # fmt: skip
def test_names_lose_the_word_that_all_have(name, short):
    assert rules.short_name(name) == short


def test_each_day_of_the_trend_looks_back_seven_days():
    days = {TODAY: (1, 2), TODAY - timedelta(days=6): (3, 3), TODAY - timedelta(days=7): (0, 50)}
    points = rules.windowed(days, TODAY)
    assert len(points) == rules.TREND_DAYS
    assert points[-1] == (TODAY, 80.0, 5)
    assert points[-2] == (TODAY - timedelta(days=1), 5.7, 53)
    assert points[0] == (TODAY - timedelta(days=29), None, 0)


def test_a_gap_in_the_trend_stays_a_gap():
    line = rules.trend_line([95.0, 100.0, None, None, 72.0], width=112, height=40, left=4)
    assert len(line.pieces) == 2
    assert line.low == 70
    assert line.pieces[0].split()[1].endswith(",6.0")
    assert line.last == (104.0, 32.1)
    assert len(line.areas) == 1  # one point has no area
    empty = rules.trend_line([None] * 5)
    assert (empty.pieces, empty.last, empty.low) == ((), None, 90)


def test_after_a_merge_a_community_counts_what_its_predecessors_counted():
    street = child_number(child_number(child_number(0, "city", 1), "district", 1), "street", 1)
    first, second, third = (child_number(street, "community", n) for n in (1, 2, 5))
    joined = (subtree(first, "community")[0], subtree(second, "community")[1])
    assert rules.counted_numbers(second, [joined, subtree(third, "community")]) == (first, second, third)
    assert rules.counted_numbers(street, [subtree(street, "street")]) == (street,)
    estate = child_number(child_number(first, "grid", 1), "estate", 1)
    handed = subtree(estate, "estate")
    assert rules.counted_numbers(third, [handed, subtree(third, "community")]) == (third,)
