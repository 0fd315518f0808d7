import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanlin.kit.errors import Refused
from quanlin.places import rules

SQUARE = [[117.0, 36.6], [117.01, 36.6], [117.01, 36.61], [117.0, 36.61], [117.0, 36.6]]
HOLE = [[117.004, 36.604], [117.006, 36.604], [117.006, 36.606], [117.004, 36.606], [117.004, 36.604]]
NEXT = [[117.01, 36.6], [117.02, 36.6], [117.02, 36.61], [117.01, 36.61], [117.01, 36.6]]


def test_a_point_in_a_hole_is_outside():
    assert rules.in_rings(36.602, 117.002, [SQUARE, HOLE])
    assert not rules.in_rings(36.605, 117.005, [SQUARE, HOLE])
    assert not rules.in_rings(36.62, 117.005, [SQUARE])


@given(st.floats(36.6001, 36.6099))
def test_a_point_on_the_common_edge_lies_in_one_of_two_neighbours(lat):
    assert rules.in_rings(lat, 117.01, [SQUARE]) != rules.in_rings(lat, 117.01, [NEXT])


def test_metres_are_counted_to_the_nearest_edge():
    assert rules.metres_to_rings(36.605, 117.005, [SQUARE]) == 0
    assert rules.metres_to_rings(36.605, 117.011, [SQUARE]) == pytest.approx(89.4, abs=0.5)
    assert rules.metres_to_rings(36.611, 117.011, [SQUARE]) == pytest.approx(142.8, abs=0.5)


def test_area_is_that_of_the_ring_less_its_hole():
    whole = rules.area_square_metres([SQUARE])
    assert whole == pytest.approx(1113.2 * 893.6, rel=0.002)
    assert rules.area_square_metres([SQUARE, HOLE]) == pytest.approx(whole * 0.96, rel=1e-6)


def test_geojson_gets_outer_rings_anticlockwise_with_their_holes():
    (part,) = rules.as_multipolygon([HOLE, SQUARE[::-1]])
    assert part[0] == SQUARE
    assert part[1] == HOLE[::-1]
    assert len(rules.as_multipolygon([SQUARE, [[x + 1, y] for x, y in SQUARE]])) == 2


def test_the_middle_lies_inside_even_when_the_shape_is_bent():
    hook = [[0, 0], [4, 0], [4, 4], [3.8, 4], [3.8, 0.2], [0, 0.2], [0, 0]]
    lat, lng = rules.middle([hook])
    assert rules.in_rings(lat, lng, [hook])
    assert rules.middle([SQUARE]) == pytest.approx((36.605, 117.005))


def test_cells_cover_the_area_and_neighbours_share_none():
    cells = rules.cells_of([SQUARE])
    assert len(cells) == pytest.approx(rules.area_square_metres([SQUARE]) / 400, rel=0.02)
    assert len(set(cells)) == len(cells)
    assert not set(cells) & set(rules.cells_of([NEXT]))
    assert len(rules.cells_of([SQUARE, HOLE])) == pytest.approx(len(cells) * 0.96, rel=0.02)


def test_two_neighbours_joined_are_one_ring_without_the_common_edge():
    (ring,) = rules.joined([[SQUARE], [NEXT[::-1]]])
    assert rules.area_square_metres([ring]) == pytest.approx(2 * rules.area_square_metres([SQUARE]), rel=1e-6)
    assert len(ring) == 7


@pytest.mark.parametrize(
    ("rings", "says"),
    [
        (None, "没有边界点"),
        ([], "没有边界点"),
        ("abc", "没有边界点"),
        ([5], "不是点的列表"),
        ([[[117, 36], [117]]], "不成对"),
        ([[[117, 36], [117, "36"], [118, 36]]], "不是数字"),
        ([[[117, 36], [117, math.nan], [118, 36]]], "不是数字"),
        ([[[117, 36], [117, True], [118, 36]]], "不是数字"),
        ([[[36, 117], [36, 118], [37, 118]]], "经度在前"),
        ([[[117, 36], [117.5, 36], [118, 36]]], "不成面"),
        ([[[117, 36], [117, 36], [117, 36]]], "不成面"),
        ([[[117, 36]] * 20_001], "超过 20000 个"),
    ],
)
def test_what_is_no_outline_is_refused_and_the_sentence_says_why(rings, says):
    with pytest.raises(Refused) as refused:
        rules.checked_rings(rings)
    assert refused.value.code == "bad_outline"
    assert says in refused.value.message


def test_an_open_ring_is_closed_and_rounded_to_a_metre():
    (ring,) = rules.checked_rings([[[117.0000004, 36.6], [117.01, 36.6], [117.01, 36.61]]])
    assert ring == [[117.0, 36.6], [117.01, 36.6], [117.01, 36.61], [117.0, 36.6]]
