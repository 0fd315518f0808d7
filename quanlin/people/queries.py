"""Reading persons: masked by default; names of staff for their colleagues."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from quanlin.kit import masks, sealing
from quanlin.kit.actor import Actor
from quanlin.kit.errors import NotFound
from quanlin.people.models import Person, Residence

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
    return (
        Person.objects.filter(phone_blind=blind, account__isnull=False).values_list("account", "id").first()
    )


def family_name(mask: str) -> str:
    """The family name that a mask still shows: 周* → 周."""
    return mask.rstrip("*")
