"""What can happen to persons' data."""

from dataclasses import dataclass
from typing import ClassVar

from quanlin.kit.facts import Fact, RecordKind, declare


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class Registered(Fact):
    """A person was entered. sort: resident or staff."""

    name: ClassVar[str] = "people.registered"
    subject: ClassVar[str] = "person"
    record_kind: ClassVar[RecordKind] = "person"
    sort: str


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class HomeLinked(Fact):
    """A person said which home he lives in."""

    name: ClassVar[str] = "people.home_linked"
    subject: ClassVar[str] = "person"
    record_kind: ClassVar[RecordKind] = "person"
    home: int


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed(Fact):
    """Somebody looked at one person's data whole, for a purpose. about: what it was needed for, as subject:id."""

    name: ClassVar[str] = "people.revealed"
    subject: ClassVar[str] = "person"
    record_kind: ClassVar[RecordKind] = "person"
    fields: tuple[str, ...]
    about: str


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class RevealRefused(Fact):
    """A reading was refused: the budget of the hour or the day was used up. first: of this hour or day."""

    name: ClassVar[str] = "people.reveal_refused"
    subject: ClassVar[str] = "account"
    record_kind: ClassVar[RecordKind] = "person"
    within: str
    first: bool


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneChanged(Fact):
    """A person's phone number was changed to another, after a code sent to the new one."""

    name: ClassVar[str] = "people.phone_changed"
    subject: ClassVar[str] = "person"
    record_kind: ClassVar[RecordKind] = "person"


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed(Fact):
    """A person wrote his own name."""

    name: ClassVar[str] = "people.renamed"
    subject: ClassVar[str] = "person"
    record_kind: ClassVar[RecordKind] = "person"
