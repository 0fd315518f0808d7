"""Who the asker is, by API."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import ConfigDict

from quanlin.people import actions, queries
from quanlin.places import queries as places
from quanlin.staff import queries as staff_queries
from quanlin.staff import rules as staff

router = Router(tags=["me"])


class GrantOut(Schema):
    """One of the account's grants. ``present``: the one that this request acts under."""

    id: int
    role: str
    label: str
    place: str
    valid_to: datetime
    present: bool


class MeOut(Schema):
    """The actor behind the token or session."""

    sort: str
    account: int
    name: str
    role: str
    role_name: str
    label: str
    unit: int | None
    level: str
    place: str
    home: str
    can_write: bool
    grants: list[GrantOut]


class MeIn(Schema):
    """What a resident may change himself; what is null stays."""

    model_config = ConfigDict(extra="forbid", strict=True)
    name: str | None = None
    home: str | None = None


def _me(request: HttpRequest) -> dict:
    actor = request.actor
    home = queries.card(actor.person).home if actor.sort == "resident" else 0
    return {
        "sort": actor.sort, "account": actor.account, "name": queries.own_name(actor), "role": actor.role,
        "role_name": staff.role_name(actor), "label": actor.label, "unit": actor.unit, "level": actor.level,
        "place": _code(actor.place, request), "home": _code(home, request), "can_write": actor.can_write,
        "grants": [
            {
                "id": g.id, "role": g.role, "label": g.label, "place": _code(g.place, request), "valid_to": g.valid_to,
                "present": g.id == actor.grant,
            }
            for g in (staff_queries.grants_of(actor.account) if actor.sort != "resident" else ())
        ],
    }  # fmt: skip


def _code(number: int, request: HttpRequest) -> str:
    return places.place(number, viewer=request.actor).code if number else ""


@router.get("/me", response=MeOut, summary="Who I am")
def me(request: HttpRequest) -> dict:
    """The actor behind the token or session, with its grants."""
    return _me(request)


@router.patch("/me", response=MeOut, summary="Change my name or home")
def change_me(request: HttpRequest, payload: MeIn) -> dict:
    """For residents. ``home``: the code of a home."""
    actor = request.actor
    staff.check(actor, "person.self", staff.Resource())
    if payload.name is not None:
        actions.rename(person=actor.person, name=payload.name, actor=actor)
    if payload.home is not None:
        actions.link_home(
            person=actor.person, home=places.by_code(payload.home, viewer=actor).number, actor=actor
        )
    return _me(request)
