"""A fact: something that happened, in the past tense, small, with ids and no personal data."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal
from uuid import UUID

RecordKind = Literal["person", "place", "matter", "thing", "situation", "organisation"]
"""人 地 事 物 情 组织: the six kinds of record that the province's indicator 6 asks for."""

_registry: dict[str, type["Fact"]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Base of all facts. A subclass sets ``name`` (``room.past_tense``), ``subject`` and ``record_kind``.

    subject_id: id of the thing that it happened to, as text
    place:      64-bit number of the place where it counts; 0 when it belongs to no place
    units:      ids of units beside the place's own staff who may hear of it
    persons:    ids of persons (residents) who may hear of it
    drill:      True when it was an exercise; indicators leave it out
    """

    name: ClassVar[str]
    subject: ClassVar[str]
    record_kind: ClassVar[RecordKind]

    subject_id: str
    place: int = 0
    units: tuple[int, ...] = ()
    persons: tuple[UUID, ...] = ()
    drill: bool = False

    def data(self) -> dict[str, Any]:
        """The fact's own fields, those that the base does not have, as plain JSON values."""
        base = {"subject_id", "place", "units", "persons", "drill"}
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in base}


def declare(cls: type[Fact]) -> type[Fact]:
    """Register a fact under its name. Raises ValueError when the name is taken or malformed."""
    room, _, verb = cls.name.partition(".")
    if not room or not verb or not verb.isidentifier():
        raise ValueError(f"a fact is called room.past_tense, not {cls.name!r}")
    if cls.name in _registry and _registry[cls.name].__qualname__ != cls.__qualname__:
        raise ValueError(f"two facts are called {cls.name}")
    _registry[cls.name] = cls
    return cls


def known_facts() -> Mapping[str, type[Fact]]:
    """All declared facts by name."""
    return _registry
