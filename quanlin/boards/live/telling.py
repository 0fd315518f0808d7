"""Who hears of a fact, and what an event says: ids and codes, nothing about a person."""

from collections.abc import Mapping
from typing import Any

import orjson

from quanlin.kit.actor import Actor
from quanlin.staff import rules as staff

ACTS = {"case": "case.see"}
"""What one must be allowed to do to hear of a subject; facts of other subjects are not told here."""

CODES = ("number", "kind", "group", "state", "was", "level", "holder", "urgent")
"""Of a fact's own data, what an event carries."""

Told = Mapping[str, Any]
"""An entry as the relay publishes it (journal.rules.entry.as_published)."""


def hears(actor: Actor, fact: Told) -> bool:
    """The same answer as row security gives for the entry, and the role's right to the subject before it."""
    act = ACTS.get(fact["subject"])
    if act is None or not staff.may(actor, act):
        return False
    place = int(fact["place"])
    return (
        (place != 0 and actor.covers(place))
        or (actor.unit is not None and actor.unit in fact["units"])
        or (actor.person is not None and str(actor.person) in fact["persons"])
    )


def event(name: str, data: Mapping[str, Any], idx: int | None = None) -> bytes:
    """One server-sent event."""
    head = b"" if idx is None else b"id: %d\n" % idx
    return head + b"event: " + name.encode() + b"\ndata: " + orjson.dumps(data) + b"\n\n"


def fact_event(fact: Told, *, place: str, community: str) -> bytes:
    """The event of one fact. place, community: codes, '' where there is none."""
    own = {name: fact["data"][name] for name in CODES if name in fact["data"]}
    told = {
        "fact": fact["fact"],
        "subject": fact["subject"],
        "place": place,
        "community": community,
        "at": fact["at"],
    }
    return event("fact", {**told, **own}, fact["idx"])
