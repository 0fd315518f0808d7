"""The immutable 64-bit number of a place, whose subtree is one range.

From the top: city 9 bits, district 6, street 7, community 9, grid 5, estate 6, building 8, unit 5, home 8: 63 bits,
so that it fits a signed bigint. A child takes the parent's number and its own sequence (from 1) in the next field.
"""

LEVELS = ("city", "district", "street", "community", "grid", "estate", "building", "unit", "home")
BITS = (9, 6, 7, 9, 5, 6, 8, 5, 8)
_SHIFT = tuple(63 - sum(BITS[: i + 1]) for i in range(len(BITS)))

LEVEL_NAMES = {
    "city": "市",
    "district": "区县",
    "street": "街道",
    "community": "社区",
    "grid": "网格",
    "estate": "小区",
    "building": "楼",
    "unit": "单元",
    "home": "户",
}


def child_number(parent: int, level: str, sequence: int) -> int:
    """Number of the ``sequence``-th child at ``level`` below ``parent``. Raises ValueError when full."""
    index = LEVELS.index(level)
    if not 1 <= sequence < 1 << BITS[index]:
        raise ValueError(f"a {level} has sequence 1…{(1 << BITS[index]) - 1}, not {sequence}")
    return parent | (sequence << _SHIFT[index])


def subtree(number: int, level: str) -> tuple[int, int]:
    """Inclusive range of the numbers of the place and all below it."""
    return number, number | ((1 << _SHIFT[LEVELS.index(level)]) - 1)


def ancestor(number: int, level: str) -> int:
    """Number of the ancestor (or self) at ``level``. Meaningless when the place lies above that level."""
    shift = _SHIFT[LEVELS.index(level)]
    return number >> shift << shift


def has_level(number: int, level: str) -> bool:
    """Whether the place lies at ``level`` or below it (an estate has a community, a street has none)."""
    index = LEVELS.index(level)
    return (number >> _SHIFT[index]) & ((1 << BITS[index]) - 1) != 0


def level_of(number: int) -> str:
    """The level that a place number stands at: the deepest whose field is not empty. Raises ValueError for 0."""
    for level in reversed(LEVELS):
        if has_level(number, level):
            return level
    raise ValueError("0 is no place")
