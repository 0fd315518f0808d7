"""What can happen to accounts, units and grants."""

from dataclasses import dataclass
from typing import ClassVar

from quanlin.kit.facts import Fact, RecordKind, declare


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOpened(Fact):
    """An account was opened; it may do nothing until it is granted something."""

    name: ClassVar[str] = "staff.account_opened"
    subject: ClassVar[str] = "account"
    record_kind: ClassVar[RecordKind] = "person"
    sort: str


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStopped(Fact):
    """An account was stopped; its sessions and tokens end within ten seconds."""

    name: ClassVar[str] = "staff.account_stopped"
    subject: ClassVar[str] = "account"
    record_kind: ClassVar[RecordKind] = "person"


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class UnitOpened(Fact):
    """A unit (desk, grid, property company, department) was opened."""

    name: ClassVar[str] = "staff.unit_opened"
    subject: ClassVar[str] = "unit"
    record_kind: ClassVar[RecordKind] = "organisation"
    sort: str


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class Granted(Fact):
    """A role was granted at a place until a day."""

    name: ClassVar[str] = "staff.granted"
    subject: ClassVar[str] = "account"
    record_kind: ClassVar[RecordKind] = "person"
    grant: int
    role: str
    until: str


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class GrantEnded(Fact):
    """A grant was ended before its day."""

    name: ClassVar[str] = "staff.grant_ended"
    subject: ClassVar[str] = "account"
    record_kind: ClassVar[RecordKind] = "person"
    grant: int


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsEnded(Fact):
    """All sessions of an account were ended."""

    name: ClassVar[str] = "staff.sessions_ended"
    subject: ClassVar[str] = "account"
    record_kind: ClassVar[RecordKind] = "person"


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn(Fact):
    """Somebody signed in, or proved himself further. way: password, totp, passkey, recovery, code, demonstration."""

    name: ClassVar[str] = "staff.signed_in"
    subject: ClassVar[str] = "account"
    record_kind: ClassVar[RecordKind] = "person"
    way: str


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class TokenMade(Fact):
    """An API token was made. scope: read or write."""

    name: ClassVar[str] = "staff.token_made"
    subject: ClassVar[str] = "account"
    record_kind: ClassVar[RecordKind] = "person"
    token: int
    scope: str


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRevoked(Fact):
    """An API token was revoked by its owner."""

    name: ClassVar[str] = "staff.token_revoked"
    subject: ClassVar[str] = "account"
    record_kind: ClassVar[RecordKind] = "person"
    token: int
