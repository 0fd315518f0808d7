"""我的: a resident's own name, phone, home, and who looked at his data."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from quanlin.kit.actor import Actor
from quanlin.kit.errors import NotAllowed, Refused
from quanlin.people import actions, forms, queries
from quanlin.places import queries as places


def _resident(request: HttpRequest) -> Actor:
    if request.actor.sort != "resident":
        raise NotAllowed("residents_only", "这一页是居民的，请先用手机号登录。")
    return request.actor


@never_cache
@require_GET
def me(request: HttpRequest) -> HttpResponse:
    """/me/."""
    return _page(request, _resident(request), None)


def _page(request: HttpRequest, actor: Actor, fault: Refused | None) -> HttpResponse:
    card = queries.card(actor.person)
    context = {
        "tab": "me", "card": card, "name": queries.own_name(actor), "fault": fault,
        "home": places.place(card.home, viewer=actor) if card.home else None,
        "readings": queries.reads_of(actor.person, viewer=actor),
    }  # fmt: skip
    return render(request, "people/me.html", context, status=fault.status if fault else 200)


@require_POST
def name(request: HttpRequest) -> HttpResponse:
    """POST /me/name/."""
    actor = _resident(request)
    try:
        actions.rename(person=actor.person, name=request.POST.get("name", "")[:200], actor=actor)
    except Refused as fault:
        return _page(request, actor, fault)
    return redirect("me")


@never_cache
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """/me/home/?at=NUMBER: one level of the tree after the other."""
    actor = _resident(request)
    step = forms.step(request.GET.get("at", ""), viewer=actor)
    return render(request, "people/home.html", {"tab": "me", "step": step})


@require_POST
def move_in(request: HttpRequest) -> HttpResponse:
    """POST /me/home/link/ with ``home``."""
    actor = _resident(request)
    actions.link_home(person=actor.person, home=forms.place_number(request.POST.get("home", "")), actor=actor)
    return redirect("me")


pages = [
    path("me/", me, name="me"),
    path("me/name/", name, name="me_name"),
    path("me/home/", home, name="me_home"),
    path("me/home/link/", move_in, name="me_home_link"),
]
