"""The report form: words first, the kind guessed from them, three ways to say where, the promise above the button."""

from math import nan
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from quanlin.cases import actions, queries
from quanlin.cases.actions import Reporter
from quanlin.cases.rules import clocks
from quanlin.cases.rules.catalogue import GROUPS, Field, Kind, suggest
from quanlin.cases.web.asking import pictures_from
from quanlin.cases.web.maps import small_map
from quanlin.kit import clock
from quanlin.kit.actor import Actor
from quanlin.kit.errors import NotAllowed, QuanlinError, Refused
from quanlin.kit.placenumber import LEVELS, has_level
from quanlin.people import queries as people
from quanlin.places import queries as places
from quanlin.places.queries import PlaceCard
from quanlin.staff import rules as staff

SHOWN_KINDS = 4


def _who(request: HttpRequest) -> Actor:
    """A resident, or staff who report what they found; nobody is led to sign in."""
    if not staff.may(request.actor, "case.open"):
        raise NotAllowed("sign_in", "请先登录，再报事。写的内容会留在手机里。")
    return request.actor


def home_of(actor: Actor) -> PlaceCard | None:
    """The place that a page is about when nobody says where: one's home, one's own grid or community."""
    if actor.sort == "resident" and actor.person:
        card = people.card(actor.person)
        return places.place(card.home or card.place, viewer=actor) if card.home or card.place else None
    return (
        places.place(actor.place, viewer=actor)
        if actor.place and has_level(actor.place, "community")
        else None
    )


def community_of(card: PlaceCard | None) -> PlaceCard | None:
    return places.at_level(card.number, "community") if card else None


@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, code: str = "") -> HttpResponse:
    """The report form, and taking it in. ``code``: of the place whose QR code was scanned."""
    if request.method == "GET" and code and request.actor.sort == "nobody":
        return render(request, "cases/scanned.html", {"place": places.by_code(code, viewer=request.actor)})
    actor = _who(request)
    if request.method == "POST":
        try:
            return _take_in(request, actor)
        except QuanlinError as fault:
            if fault.status not in (404, 409, 422):
                raise
            return render(
                request, "cases/report.html", _form(request, actor, request.POST, fault), status=422
            )
    first = {
        "place": code or request.GET.get("place", ""),
        "kind": request.GET.get("kind", ""),
        "channel": "qr" if code else "",
    }
    return render(request, "cases/report.html", _form(request, actor, first))


def _form(
    request: HttpRequest, actor: Actor, given: Any, fault: QuanlinError | None = None
) -> dict[str, Any]:
    card = _card_of(given.get("place", ""), actor, refused=fault is not None)
    kind = _kind_of(actor, given)
    return {
        "tab": "report",
        "given": given,
        "fault": fault,
        "field_fault": fault.field if fault else "",
        "key": given.get("idempotency_key") or uuid4().hex,
        "kinds": _choices(actor, given.get("text", ""), kind),
        "chosen": kind,
        "guessed": kind.code if kind and (given.get("kind") or "") in ("", given.get("guessed", "")) else "",
        "fields": [_as_field(f, given, fault) for f in kind.fields] if kind else [],
        "promise": _promise(kind, card),
        "place": _place(card, given),
        "map": small_map(card, viewer=actor, at=_point(given)),
        "place_url": "/report/place/",
        "tree_url": f"/report/tree/?at={community_of(card).code if community_of(card) else ''}",
        "groups": GROUPS,
        "channel": given.get("channel", ""),
    }


def _card_of(code: str, actor: Actor, *, refused: bool) -> PlaceCard | None:
    """The chosen place; one's own when none is chosen, or when it was refused, which the form then tells."""
    try:
        return places.by_code(code, viewer=actor) if code else home_of(actor)
    except QuanlinError:
        if not refused:
            raise
        return home_of(actor)


def _kind_of(actor: Actor, given: Any) -> Kind | None:
    """The chosen kind, else the one that the words speak for most."""
    kinds = _open_kinds(actor)
    code = given.get("kind", "")
    chosen = kinds.get(code) if code != given.get("guessed", "") else None
    guessed = suggest(given.get("text", ""), kinds) if chosen is None and given.get("text") else []
    return kinds[guessed[0][0]] if guessed else chosen


def _open_kinds(actor: Actor) -> dict[str, Kind]:
    side = "resident" if actor.sort == "resident" else "staff"
    return {
        c: k
        for c, k in queries.current_kinds().items()
        if side in k.open_to or (side == "staff" and k.open_to)
    }


def _choices(actor: Actor, text: str, chosen: Kind | None) -> list[Kind]:
    """Kinds that the words speak for, the chosen one among them; nothing guessed without words."""
    kinds = _open_kinds(actor)
    found = [kinds[c] for c, _ in suggest(text, kinds)[: SHOWN_KINDS - 1]] if text else []
    if chosen is not None and chosen not in found:
        found = [chosen, *found][: SHOWN_KINDS - 1]
    return found


def _as_field(field: Field, given: Any, fault: QuanlinError | None) -> dict[str, Any]:
    name = f"field-{field.code}"
    wrong = fault is not None and fault.field == f"fields.{field.code}"
    return {
        "name": name,
        "label": field.label,
        "type": field.type,
        "required": field.required,
        "help": field.help,
        "unit": field.unit,
        "options": list(field.choices),
        "value": given.get(name, ""),
        "error": fault.message if wrong and fault else "",
        "most": 200,
    }


def _promise(kind: Kind | None, card: PlaceCard | None) -> dict[str, Any] | None:
    """By when it is taken in and handled, were it sent now."""
    community = community_of(card)
    if kind is None or community is None:
        return None
    now, calendar = clock.now(), places.calendar_for(community.number)
    return {
        "accept": clocks.due_after(now, kind.limit("accept"), kind=kind, calendar=calendar),
        "work": clocks.promise(now, kind=kind, calendar=calendar),
    }


def _place(card: PlaceCard | None, given: Any) -> dict[str, Any]:
    if card is None or not has_level(card.number, "community"):
        return {"code": "", "title": "", "under": ""}
    grid = places.at_level(card.number, "grid")
    names = [p.name for p in places.chain(card.number)]
    at = LEVELS.index("community")
    return {
        "code": card.code,
        "title": "".join(names[at + 1 :][-3:]) or card.name,
        "under": " · ".join([names[at]] + ([grid.name] if grid and grid.number != card.number else [])),
        "lat": given.get("lat", ""),
        "lng": given.get("lng", ""),
    }


def _take_in(request: HttpRequest, actor: Actor) -> HttpResponse:
    post = request.POST
    pictures = pictures_from(request)
    code = post.get("place", "")
    if not code:
        raise Refused("empty", "还没选在哪儿。定位、选楼栋或扫点位码，都行。", field="place")
    kind = post.get("kind", "")
    if not kind:
        guessed = _kind_of(actor, post)
        kind = guessed.code if guessed else "complaint"
    fields = {k.removeprefix("field-"): v for k, v in post.items() if k.startswith("field-")}
    known = {f.code for f in queries.the_kind(kind).fields}
    lat, lng = _degrees(post.get("lat", ""), 90), _degrees(post.get("lng", ""), 180)
    opened = actions.open_case(
        kind=kind,
        text=post.get("text", ""),
        place=_number_of(code, actor),
        actor=actor,
        key=post.get("idempotency_key", "") or uuid4().hex,
        reporter=_reporter(actor),
        channel="qr" if post.get("channel") == "qr" else "page" if actor.sort == "resident" else "desk",
        fields={k: v for k, v in fields.items() if k in known},
        lat=lat,
        lng=lng,
        place_text=post.get("place_text", ""),
        urgent=post.get("urgent") in ("yes", "on"),
        public=post.get("public") in ("yes", "on"),
        photos=pictures,
    )
    where = f"/cases/{opened.number}/?sent=1" if actor.sort == "resident" else f"/desk/cases/{opened.number}/"
    return HttpResponseRedirect(where)


def _point(given: Any) -> tuple[float, float] | None:
    """The point that the pin was put on; a broken one is told when the form is taken in."""
    try:
        lat, lng = float(given.get("lat", "")), float(given.get("lng", ""))
    except ValueError:
        return None
    return (lat, lng) if abs(lat) <= 90 and abs(lng) <= 180 else None


def _number_of(code: str, actor: Actor) -> int:
    try:
        return places.by_code(code, viewer=actor).number
    except QuanlinError as fault:
        raise Refused(fault.code, fault.message, field="place") from fault


def _degrees(text: str, most: int) -> float | None:
    try:
        found = float(text) if text else None
    except ValueError:
        found = nan
    if found is not None and not abs(found) <= most:
        raise Refused("wrong_type", "位置没认出来。请再定位一次，或选楼栋。", field="place")
    return found


def _reporter(actor: Actor) -> Reporter:
    if actor.sort == "resident" and actor.person:
        card = people.card(actor.person)
        return Reporter(sort="resident", person=actor.person, mask=card.name_mask, phone_mask=card.phone_mask)
    return Reporter(sort="grid_worker" if actor.role == "grid_worker" else "staff")


@require_POST
def guess(request: HttpRequest) -> HttpResponse:
    """Kinds that the typed words speak for, the fields of the chosen one and the promise: fetched while typing."""
    return render(request, "cases/_kinds.html", _form(request, _who(request), request.POST))


@require_GET
def all_kinds(request: HttpRequest) -> HttpResponse:
    """All kinds by group, as a dialog."""
    actor = _who(request)
    groups = [
        (name, [k for k in _open_kinds(actor).values() if k.group == code]) for code, name in GROUPS.items()
    ]
    return render(request, "cases/_all_kinds.html", {"groups": [(n, ks) for n, ks in groups if ks]})


@require_GET
def place_box(request: HttpRequest) -> HttpResponse:
    """The place part of the form round what was picked in the tree."""
    return render(request, "parts/_place.html", _form(request, _who(request), request.GET))


@require_GET
def tree(request: HttpRequest) -> HttpResponse:
    """One level of the place tree, as a dialog."""
    actor = _who(request)
    code = request.GET.get("at", "")
    card = places.by_code(code, viewer=actor) if code else places.divisions(("city",))[0]
    mine = home_of(actor)
    here = card if has_level(card.number, "community") else None
    context = {
        "tab": "report",
        "path": [{"name": c.name, "url": f"/report/tree/?at={c.code}"} for c in places.chain(card.number)],
        "places": [
            {
                "code": c.code,
                "name": c.name,
                "path": c.path,
                "url": f"/report/tree/?at={c.code}" if c.level != "home" else "",
            }
            for c in places.children(card.number, viewer=actor)
        ],
        "home": mine if mine and has_level(mine.number, "community") else None,
        "here": here,
    }
    whole = "HX-Request" not in request.headers
    return render(request, "cases/tree_page.html" if whole else "parts/_tree.html", context)


pages = [
    path("report/", report),
    path("report/guess/", guess),
    path("report/kinds/", all_kinds),
    path("report/tree/", tree),
    path("report/place/", place_box),
    path("p/<str:code>/", report),
    path("p/<str:code>", report),
]
