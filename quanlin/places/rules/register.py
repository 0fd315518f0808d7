"""What may stand below what, and what a place may be called."""

import unicodedata
from collections.abc import Iterable, Sequence

from quanlin.kit.errors import Refused
from quanlin.kit.placenumber import LEVEL_NAMES
from quanlin.places.rules.outlines import Ring, signed_area

PARENTS = {
    "district": ("city",),
    "street": ("district",),
    "community": ("street",),
    "grid": ("community",),
    "estate": ("community", "grid"),
    "building": ("community", "grid", "estate"),
    "unit": ("building",),
    "home": ("building", "unit"),
}
_LONGEST_NAME = 60


def check_parent(level: str, parent_level: str) -> None:
    """Raises Refused unless a place of ``level`` may stand directly below one of ``parent_level``."""
    if parent_level not in PARENTS.get(level, ()):
        below = LEVEL_NAMES.get(parent_level, parent_level)
        raise Refused(
            "wrong_level",
            f"没有保存：{below}下面不能直接设{LEVEL_NAMES.get(level, '这种地点')}。请选择正确的上级地点。",
            field="level",
        )


def checked_name(name: object) -> str:
    """The name without outer spaces, full-width forms made plain. Raises Refused: none, long, unprintable."""
    text = unicodedata.normalize("NFKC", name).strip() if isinstance(name, str) else ""
    if not text or len(text) > _LONGEST_NAME or not text.isprintable():
        raise Refused(
            "bad_name", f"没有保存：名称要有 1 到 {_LONGEST_NAME} 个字，不能含换行等控制字符。", field="name"
        )
    return text


def path_of(parent_path: str, parent_level: str, parent_name: str, name: str) -> str:
    """The path of a place: names from the district down, as in an address, without city and grid."""
    if parent_level == "city":
        return name
    return (parent_path.removesuffix(parent_name) if parent_level == "grid" else parent_path) + name


def joined(outlines: Iterable[Sequence[Ring]]) -> list[list[list[float]]]:
    """One outline of several neighbours: edges that two of them share, corner by corner, vanish."""
    following: dict[tuple[float, float], list[tuple[float, float]]] = {}
    edges: set[tuple[tuple[float, float], tuple[float, float]]] = set()
    for rings in outlines:
        for ring in rings:
            points = [(point[0], point[1]) for point in ring]
            if signed_area(points) < 0:
                points.reverse()
            for edge in zip(points, points[1:], strict=False):
                if edge[::-1] in edges:
                    edges.remove(edge[::-1])
                else:
                    edges.add(edge)
    for start, end in sorted(edges):
        following.setdefault(start, []).append(end)
    result: list[list[list[float]]] = []
    while following:
        first = min(following)
        line = [first]
        while True:
            ends = following[line[-1]]
            line.append(ends.pop())
            if not ends:
                del following[line[-2]]
            if line[-1] == first:
                break
        result.append([list(point) for point in line])
    return result
