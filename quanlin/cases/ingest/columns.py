"""Which column of a file means what: a small YAML, checked before the first row is read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from quanlin.kit.errors import Refused

SHIPPED = Path(__file__).resolve().parent / "maps"
MEANINGS = ("number", "title", "text", "time", "topic", "reply", "reply_time", "reply_by")
TIMES = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")
_KNOWN = {"name", "source", "columns", "times", "kinds", "default_kind", "close_with_reply", "addresses"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMap:
    """columns: meaning → column name. source: whose numbers they are, '' for this one file's. kinds: topic → kind.

    addresses: False when the file comes from elsewhere, so that a like name in its words means another place.
    """

    name: str
    source: str
    columns: dict[str, str]
    times: tuple[str, ...] = TIMES
    kinds: dict[str, str] = field(default_factory=dict)
    default_kind: str = "complaint"
    close_with_reply: bool = False
    addresses: bool = True

    def missing(self, header: Sequence[str]) -> list[str]:
        """Columns that the map names and the file has not."""
        return [column for column in self.columns.values() if column not in header]


def parse_map(found: Any, *, where: str) -> ColumnMap:
    """A map from what a YAML file holds. Raises Refused that names the file and the key."""
    if not isinstance(found, dict):
        raise Refused("map", f"{where}：列对照要有 name 和 columns。", field=where)
    unknown = sorted(map(str, set(found) - _KNOWN))
    if unknown:
        raise Refused(
            "map",
            f"{where}：不认识「{'、'.join(unknown)}」，可以用 {'、'.join(sorted(_KNOWN))}。",
            field=where,
        )
    columns = found.get("columns")
    if not isinstance(columns, dict) or not all(isinstance(c, str) and c for c in columns.values()):
        raise Refused("map", f"{where}：columns 写成「意思: 列名」。", field=f"{where}.columns")
    strange = sorted(map(str, set(columns) - set(MEANINGS)))
    if strange:
        raise Refused(
            "map",
            f"{where}：columns 里不认识「{'、'.join(strange)}」，可以用 {'、'.join(MEANINGS)}。",
            field=f"{where}.columns",
        )
    if "text" not in columns or "time" not in columns:
        raise Refused("map", f"{where}：columns 至少要有 text 和 time。", field=f"{where}.columns")
    times = found.get("times", list(TIMES))
    if not isinstance(times, list) or not times or not all(isinstance(t, str) and "%Y" in t for t in times):
        raise Refused(
            "map", f"{where}：times 是时间格式的列表，例如 ['%Y-%m-%d %H:%M:%S']。", field=f"{where}.times"
        )
    kinds = found.get("kinds") or {}
    if not isinstance(kinds, dict):
        raise Refused("map", f"{where}：kinds 写成「分类: 类别编码」。", field=f"{where}.kinds")
    close = found.get("close_with_reply", False)
    if not isinstance(close, bool) or (close and "reply" not in columns):
        raise Refused(
            "map",
            f"{where}：close_with_reply 是 true 或 false，true 时要有 reply 列。",
            field=f"{where}.close_with_reply",
        )
    if not isinstance(found.get("addresses", True), bool):
        raise Refused("map", f"{where}：addresses 是 true 或 false。", field=f"{where}.addresses")
    return ColumnMap(
        name=str(found.get("name", where)), source=str(found.get("source") or ""), columns=dict(columns), times=tuple(times),
        kinds={str(k): str(v) for k, v in kinds.items()}, default_kind=str(found.get("default_kind", "complaint")),
        close_with_reply=close, addresses=found.get("addresses", True),
    )  # fmt: skip


def read_map(path: Path) -> ColumnMap:
    """The map in a file. Raises Refused when it is not there or not right."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError:
        raise Refused(
            "map", f"读不到列对照 {path}。请核对路径，或用自带的：{'、'.join(shipped_maps())}。"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as fault:
        raise Refused("map", f"{path.name} 不是能读的 YAML：{str(fault).splitlines()[0]}。") from None
    return parse_map(found, where=path.name)


def shipped_maps() -> dict[str, ColumnMap]:
    """The maps that come with the program, by name."""
    return {path.stem: read_map(path) for path in sorted(SHIPPED.glob("*.yaml"))}


def named_map(name: str) -> ColumnMap:
    """A shipped map by its name, or the file of that path."""
    return shipped_maps().get(name) or read_map(Path(name))


def fitting_map(header: Sequence[str]) -> ColumnMap:
    """The shipped map that finds all its columns in the header; the one with most columns. Raises Refused."""
    fitting = [m for m in shipped_maps().values() if not m.missing(header)]
    if not fitting:
        raise Refused(
            "map",
            f"没有列对照适合这个文件。它的列是：{'、'.join(header)[:300]}。请写一个 YAML，用 --map 给出（见 docs/import.md）。",
        )
    return max(fitting, key=lambda m: len(m.columns))
