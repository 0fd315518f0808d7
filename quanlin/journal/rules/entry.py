"""An entry as other rooms and the outside get it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from quanlin.journal.rules.content import moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One recorded fact.

    idx:         its place in the sealed log, None while it waits for the relay (some tens of milliseconds)
    at:          when it happened; recorded_at: when the database got it
    session:     16 hexadecimal digits that are the same within one session
    data:        the fact's own fields
    """

    idx: int | None
    id: int
    recorded_at: datetime
    fact: str
    subject: str
    subject_id: str
    place: int
    units: Sequence[int]
    persons: Sequence[UUID]
    drill: bool
    at: datetime
    actor_sort: str
    actor_account: int | None
    actor_role: str
    actor_grant: int | None
    actor_unit: int | None
    actor_person: UUID | None
    session: str
    purpose: str
    data: Mapping[str, Any]
    writer: UUID
    writer_no: int
    mac: bytes

    def row(self) -> dict[str, Any]:
        """The columns by name, as ``rules.content`` wants them."""
        return {name: getattr(self, name) for name in COLUMNS}


COLUMNS = tuple(field.name for field in fields(Entry))
STORED_COLUMNS = COLUMNS[1:]


def from_row(values: Sequence[Any]) -> Entry:
    """From the values of ``COLUMNS`` in their order, as the database driver gives them."""
    named = dict(zip(COLUMNS, values, strict=True))
    if isinstance(named["data"], str):
        named["data"] = json.loads(named["data"])
    named["mac"] = bytes(named["mac"])
    return Entry(**named)


def as_published(entry: Entry) -> dict[str, Any]:
    """What the broker is told: plain JSON, no word about who did it."""
    return {
        "idx": entry.idx,
        "id": entry.id,
        "fact": entry.fact,
        "subject": entry.subject,
        "subject_id": entry.subject_id,
        "place": str(entry.place),
        "units": list(entry.units),
        "persons": [str(person) for person in entry.persons],
        "at": moment(entry.at),
        "data": dict(entry.data),
    }
