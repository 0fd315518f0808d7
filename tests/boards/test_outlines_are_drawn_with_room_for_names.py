"""Laying out outlines: names inside where they fit, in the margin where they do not, ranks where many are small."""

import re

from quanlin.boards.rules import draw


def box(west: float, south: float, east: float, north: float) -> list[list[list[float]]]:
    """One ring around a box of degrees."""
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def names(outlines: dict) -> dict[int, str]:
    return dict.fromkeys(outlines, "某某区")


def test_a_large_shape_carries_its_name_inside():
    drawn = draw({1: box(117.0, 36.0, 117.5, 36.5)}, {1: "历城区"})
    (shape,) = drawn.shapes
    assert shape.label == "name"
    assert abs(shape.x - drawn.width / 2) <= 10
    assert abs(shape.y - drawn.height / 2) <= 10


def test_the_drawing_stays_in_its_box_and_keeps_proportions():
    drawn = draw({1: box(117.0, 36.0, 118.0, 36.2)}, {1: "历城区"})
    dx, dy = (abs(int(n)) for n in re.search(r"l(-?\d+) ?(-?\d+)", drawn.shapes[0].path).groups())
    assert dx == 2 * (drawn.width - 40)  # half units, the whole width but for the margin
    assert dy == 0
    down = [int(n) for n in re.findall(r"-?\d+", drawn.shapes[0].path)]
    height = max(map(abs, down[4:6]))
    assert abs(dx / height - 0.8064 / 0.2) < 0.02  # a degree of longitude is cos 36.1° of one of latitude


def test_a_few_small_shapes_are_led_to_the_free_margin_without_crossing():
    land = {1: box(117.4, 36.0, 118.0, 37.0)}
    small = {n: box(117.40 - 0.03 * n, 36.5, 117.42 - 0.03 * n, 36.52) for n in range(2, 6)}
    small[9] = box(116.9, 36.0, 117.0, 36.02)  # keeps the west of the map wide
    drawn = draw(land | small, names(land | small))
    led = [shape for shape in drawn.shapes if shape.leader]
    assert {shape.number for shape in led} == set(small)
    heights = sorted(shape.leader.y for shape in led)
    assert all(b - a >= 52 for a, b in zip(heights, heights[1:], strict=False))
    assert len({shape.leader.side for shape in led}) == 1


def test_many_small_shapes_carry_ranks_or_nothing_but_no_leaders():
    many = {
        n: box(117 + n % 12 / 100, 36 + n // 12 / 100, 117.01 + n % 12 / 100, 36.01 + n // 12 / 100)
        for n in range(144)
    }
    drawn = draw(many, names(many))
    assert {shape.label for shape in drawn.shapes} <= {"rank", "none"}
    assert sum(shape.label == "rank" for shape in drawn.shapes) > 100
    assert not any(shape.leader for shape in drawn.shapes)


def test_a_hole_is_no_place_for_a_name():
    outer = box(117.0, 36.0, 117.5, 36.5)
    hole = box(117.15, 36.12, 117.35, 36.38)
    (shape,) = draw({1: outer + hole}, {1: "历城区"}).shapes
    assert shape.label == "name"
    west, east = 664 / 2 - 130, 664 / 2 + 130
    assert not (west < shape.x < east and 740 / 2 - 190 < shape.y < 740 / 2 + 190)


def test_nothing_to_draw_is_an_empty_drawing():
    drawn = draw({}, {})
    assert (drawn.shapes, drawn.shore) == ((), "")
