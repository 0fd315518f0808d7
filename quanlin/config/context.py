"""What every page's frame needs. What costs a statement is read only where a template asks for it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from quanlin.kit import clock
from quanlin.kit.actor import NOBODY, Actor
from quanlin.notices import queries as notices
from quanlin.people import queries as people
from quanlin.places import queries as places
from quanlin.places.rules import OFFICE_HOURS, is_working_day
from quanlin.staff import queries as staff_queries
from quanlin.staff import rules as staff


def frame(request: HttpRequest) -> dict[str, Any]:
    """actor, me, scope, unread, section and what the frames of desk and resident show."""
    actor: Actor = getattr(request, "actor", NOBODY)
    return {
        "actor": actor,
        "demo": settings.DEMO,
        "here": request.path,
        "me": SimpleLazyObject(lambda: me(actor)),
        "scope": SimpleLazyObject(lambda: scope(actor)),
        "unread": SimpleLazyObject(lambda: notices.unread_count(actor) if actor.account else 0),
        "work_today": work_today(),
        "now": clock.now(),
    }


def work_today() -> str:
    """Today's working time as the due clocks of a page read it: 8:30-12:00 13:30-17:30, '' on a day off."""
    if not is_working_day(places.today()):
        return ""
    return " ".join(f"{a:%-H:%M}-{b:%-H:%M}" for a, b in OFFICE_HOURS.spans)


def me(actor: Actor) -> dict[str, str]:
    """Name and role of who is signed in; staff names are remembered by the process."""
    name = (
        people.staff_names([actor.account]).get(actor.account, "")
        if actor.sort == "staff" and actor.account
        else ""
    )
    return {"name": name or actor.label, "role": staff.role_name(actor)}


def scope(actor: Actor) -> dict[str, Any]:
    """Where the actor stands, from the city down, and the grants that he may act under instead."""
    if actor.sort != "staff" or not actor.place:
        return {}
    chain = places.chain(actor.place)
    grants = staff_queries.grants_of(actor.account) if actor.account else ()
    return {
        "path": [card.name for card in chain[1:-1]],
        "name": actor.label or chain[-1].name,
        "choices": [{"code": g.id, "name": g.label, "current": g.id == actor.grant} for g in grants],
    }
