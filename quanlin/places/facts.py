"""What can happen to the register of places. Numbers and public names only."""

from dataclasses import dataclass
from typing import ClassVar

from quanlin.kit.facts import Fact, RecordKind, declare


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFact(Fact):
    """Subject is the place itself, by its number."""

    subject: ClassVar[str] = "place"
    record_kind: ClassVar[RecordKind] = "place"


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class DivisionsLoaded(PlaceFact):
    """A city's divisions came from the data file; ``added`` of them were new."""

    name: ClassVar[str] = "places.loaded"
    added: int
    renamed: int


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class CommunityLaidOut(PlaceFact):
    """Grids, estates, buildings, units and homes of a community were entered at once."""

    name: ClassVar[str] = "places.laid_out"
    added: int


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOpened(PlaceFact):
    """A place was added to the register."""

    name: ClassVar[str] = "places.opened"
    level: str


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceEnded(PlaceFact):
    """A place exists no longer from a day on."""

    name: ClassVar[str] = "places.ended"
    on_day: str
    reason: str


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class CommunitiesMerged(PlaceFact):
    """Several communities go on as this one from a day on."""

    name: ClassVar[str] = "places.merged"
    olds: tuple[int, ...]
    on_day: str


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class CommunitySplit(PlaceFact):
    """This community goes on as several from a day on."""

    name: ClassVar[str] = "places.split"
    news: tuple[int, ...]
    on_day: str


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSet(PlaceFact):
    """A place got another official code from a day on."""

    name: ClassVar[str] = "places.code_set"
    code12: str
    on_day: str


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class OutlineSet(PlaceFact):
    """A place got a boundary from a day on."""

    name: ClassVar[str] = "places.outline_set"
    points: int
    schematic: bool
    on_day: str


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDaySet(PlaceFact):
    """A place works (or rests, or goes by the country again) on a day."""

    name: ClassVar[str] = "places.own_day_set"
    day: str
    sort: str
