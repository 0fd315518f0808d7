"""Kinds in force and kinds that open cases still keep; each process remembers them."""

import time
from types import MappingProxyType

from quanlin.cases.models import CatalogueEntry
from quanlin.cases.rules.catalogue import Kind, parse_kind
from quanlin.kit.errors import NotFound

KEEP_SECONDS = 30

_current: tuple[float, MappingProxyType[str, Kind]] = (0.0, MappingProxyType({}))
_versions: dict[tuple[str, int], Kind] = {}


def forget_kinds() -> None:
    """Drop what this process remembers."""
    global _current
    _current = (0.0, MappingProxyType({}))
    _versions.clear()


def current_kinds() -> MappingProxyType[str, Kind]:
    """The newest version of every kind that is not withdrawn, by code, in the order of groups and names."""
    global _current
    if time.monotonic() - _current[0] > KEEP_SECONDS or not _current[1]:
        entries = (
            CatalogueEntry.objects.filter(withdrawn_at=None).order_by("code", "-version").distinct("code")
        )
        kinds = [parse_kind(e.body, where=e.code) for e in entries]
        kinds.sort(key=lambda k: (k.group, k.name))
        _current = (time.monotonic(), MappingProxyType({k.code: k for k in kinds}))
    return _current[1]


def the_kind(code: str) -> Kind:
    """A kind in force. Raises NotFound with what exists."""
    kind = current_kinds().get(code)
    if kind is None:
        raise NotFound("no_kind", f"没有「{code[:40]}」这一类。请从类别表里选。", field="kind")
    return kind


def kind_of(code: str, version: int) -> Kind:
    """The version that an open case keeps."""
    key = (code, version)
    if key not in _versions:
        current = current_kinds().get(code)
        if current is not None and current.version == version:
            return current
        entry = CatalogueEntry.objects.filter(code=code, version=version).first()
        if entry is None:
            raise NotFound("no_kind", f"类别「{code}」的第 {version} 版不在了。")
        _versions[key] = parse_kind(entry.body, where=code)
    return _versions[key]
