"""Reading persons: masked by default; names of staff for their colleagues."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from quanlin.journal import queries as journal
from quanlin.kit import masks, sealing
from quanlin.kit.actor import Actor
from quanlin.kit.errors import NotFound
from quanlin.people.facts import Revealed
from quanlin.people.models import Person, Residence
from quanlin.staff import queries as staff_queries
from quanlin.staff import rules as staff_rules

KEEP_SECONDS = 300
_staff: dict[int, tuple[float, str]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCard:
    """One person as lists show him. home: number of the home, 0 when not known."""

    id: UUID
    name_mask: str
    phone_mask: str
    place: int
    home: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One time that somebody looked. about: what it was needed for, as subject:id."""

    at: datetime
    who: str
    role: str
    unit: str
    purpose: str
    fields: str
    about: str


FIELD_NAMES = {"name": "姓名", "phone": "手机号"}


def forget() -> None:
    """Drop what this process remembers."""
    _staff.clear()


def sealed_field(person: UUID, column: str) -> sealing.Field:
    """Where a sealed value of a person lives: bound to its row, so that it does not open in another."""
    return sealing.Field("people_person", column, str(person))


def card(person: UUID) -> PersonCard:
    """A person in the present scope. Raises NotFound."""
    found = Person.objects.filter(pk=person).values_list("name_mask", "phone_mask", "place").first()
    if found is None:
        raise NotFound("no_person", "没有这个人，或不归您看。")
    home = Residence.objects.filter(person_id=person, until=None).values_list("home", flat=True).first() or 0
    return PersonCard(id=person, name_mask=found[0], phone_mask=found[1], place=found[2], home=home)


def staff_names(accounts: Iterable[int]) -> dict[int, str]:
    """Whole names of staff by account: they act in their office, and colleagues and reporters see who did."""
    now = time.monotonic()
    wanted = set(accounts)
    missing = [a for a in wanted if a not in _staff or now - _staff[a][0] > KEEP_SECONDS]
    if missing:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT account, id, name_sealed FROM people_person WHERE account = ANY(%s) AND sort = 'staff'",
                [missing],
            )
            for account, person, sealed in cursor.fetchall():
                _staff[account] = (
                    now,
                    sealing.open_(bytes(sealed), field=sealed_field(person, "name_sealed")),
                )
    return {a: _staff[a][1] for a in wanted if a in _staff}


def own_name(viewer: Actor) -> str:
    """One's own name, whole. '' when there is none."""
    row = Person.objects.filter(pk=viewer.person).values_list("name_sealed", flat=True).first()
    return (
        sealing.open_(bytes(row), field=sealed_field(viewer.person, "name_sealed"))
        if row and viewer.person
        else ""
    )


def account_of_phone(phone: str) -> tuple[int, UUID] | None:
    """(account, person) behind a phone number, by its blind index; in the system's scope only."""
    blind = sealing.blind("phone", masks.normalise_phone(phone))
    found = Person.objects.filter(phone_blind=blind, sort="resident", account__isnull=False)
    return found.values_list("account", "id").first()


def invented_names(accounts: Iterable[int]) -> dict[int, str]:
    """Whole names of invented persons by account, for the demonstration's list; in the system's scope only."""
    rows = Person.objects.filter(account__in=list(accounts), invented=True)
    return {
        account: sealing.open_(bytes(sealed), field=sealed_field(person, "name_sealed"))
        for account, person, sealed in rows.values_list("account", "id", "name_sealed")
    }


def reads_of(person: UUID, *, viewer: Actor, limit: int = 50) -> tuple[Reading, ...]:
    """谁看过我的信息: who looked at a person's data whole, newest first; the person's own scope shows his."""
    found = journal.reads_of(person, facts=[Revealed.name], viewer=viewer, limit=limit)
    names = staff_names(e.actor_account for e in found if e.actor_account)
    units = staff_queries.units()
    return tuple(
        Reading(
            at=e.at,
            who=names.get(e.actor_account or 0, ""),
            role=staff_rules.role_title(e.actor_role, ""),
            unit=units[e.actor_unit].name if e.actor_unit in units else "",
            purpose=staff_rules.PURPOSES.get(e.purpose, e.purpose),
            fields="、".join(FIELD_NAMES.get(f, f) for f in e.data["fields"]),
            about=e.data["about"],
        )
        for e in found
    )


def family_name(mask: str) -> str:
    """The family name that a mask still shows: 周* → 周."""
    return mask.rstrip("*")
