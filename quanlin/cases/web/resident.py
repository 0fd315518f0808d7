"""Residents' pages: home, report, my cases, one case; phone first."""

from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from quanlin.cases import actions, queries
from quanlin.cases.actions import Given, Reporter
from quanlin.cases.rules import clocks, moves
from quanlin.cases.rules.catalogue import GROUPS, Field, Kind, suggest
from quanlin.cases.rules.numbers import CHINA
from quanlin.cases.web.asking import given_from, pictures_from
from quanlin.kit import clock
from quanlin.kit.actor import Actor
from quanlin.kit.errors import NotAllowed, NotFound, QuanlinError, Refused
from quanlin.kit.placenumber import LEVELS, ancestor, has_level
from quanlin.people import queries as people
from quanlin.places import queries as places
from quanlin.places.queries import PlaceCard
from quanlin.staff import rules as staff

PAGE = 20
SHOWN_KINDS = 4


def _who(request: HttpRequest) -> Actor:
    """A resident, or staff who report what they found; nobody is led to sign in."""
    if not staff.may(request.actor, "case.open"):
        raise NotAllowed("sign_in", "请先登录，再报事。写的内容会留在手机里。")
    return request.actor


def _resident(request: HttpRequest) -> Actor:
    if request.actor.sort != "resident":
        raise NotAllowed("sign_in", "请先用手机号登录。")
    return request.actor


def _home_of(actor: Actor) -> PlaceCard | None:
    """The place that a page is about when nobody says where: one's home, one's own grid or community."""
    if actor.sort == "resident" and actor.person:
        card = people.card(actor.person)
        return places.place(card.home or card.place, viewer=actor) if card.home or card.place else None
    return (
        places.place(actor.place, viewer=actor)
        if actor.place and has_level(actor.place, "community")
        else None
    )


def _community(card: PlaceCard | None) -> PlaceCard | None:
    return places.at_level(card.number, "community") if card else None


def hello_words(name: str) -> str:
    """A greeting by the hour in China."""
    hour = clock.now().astimezone(CHINA).hour
    part = (
        "早上好"
        if 5 <= hour < 11
        else "中午好"
        if 11 <= hour < 13
        else "下午好"
        if hour < 18 and hour >= 13
        else "晚上好"
    )
    return f"{name}，{part}" if name else part


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """One press to report, what became of my newest case, and what the community offers."""
    actor = request.actor
    if actor.sort == "staff":
        return HttpResponseRedirect("/desk/")
    context: dict[str, Any] = {"tab": "home", "place_name": "济南社区", "hello": "把身边的事告诉社区"}
    if actor.sort == "resident":
        here = _community(_home_of(actor))
        page = queries.case_list(queries.Filters(), viewer=actor, limit=PAGE)
        newest = next((r for r in page.rows if r.state in moves.OPEN), page.rows[0] if page.rows else None)
        context |= {
            "place_name": here.name if here else "选一下您的社区",
            "hello": hello_words(_address(actor)),
            "case": newest,
            "steps": queries.case_page(newest.number, viewer=actor).steps if newest else (),
            "many": len(page.rows),
            "more": bool(page.next),
        }
    return render(request, "cases/home.html", context)


def _address(actor: Actor) -> str:
    name = people.own_name(actor)
    return "" if name in ("", "居民") else name


# ── Reporting ──────────────────────────────────────────────────────────────────


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
    code = given.get("place", "")
    card = (
        places.by_code(code, viewer=actor)
        if code and not (fault and fault.field == "place")
        else _home_of(actor)
    )
    kind = queries.current_kinds().get(given.get("kind", ""))
    return {
        "tab": "report",
        "given": given,
        "fault": fault,
        "field_fault": fault.field if fault else "",
        "key": given.get("idempotency_key") or uuid4().hex,
        "kinds": _choices(actor, given.get("text", ""), kind),
        "chosen": kind,
        "fields": [_as_field(f, given, fault) for f in kind.fields] if kind else [],
        "promise": _promise(kind, card),
        "place": _place(card, given),
        "map": _map(card, actor),
        "tree_url": f"/report/tree/?at={_community(card).code if _community(card) else ''}",
        "groups": GROUPS,
        "channel": given.get("channel", ""),
    }


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
    community = _community(card)
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


def _map(card: PlaceCard | None, actor: Actor) -> dict[str, Any] | None:
    """The small map round the place: a window of 260 × 150 metres with the place under the pin."""
    community = _community(card)
    if community is None or card is None:
        return None
    try:
        drawn = places.map_of_community(community.number, viewer=actor)
    except NotFound:
        return None
    x, y = drawn.at(card.lat, card.lng) if card.lat is not None and card.lng is not None else (0.0, 0.0)
    wide, high = (260, 150) if drawn.buildings else (max(drawn.box[2], 1), max(drawn.box[3], 1))
    building = ancestor(card.number, "building") if has_level(card.number, "building") else 0
    return {
        "lat": drawn.lat,
        "lng": drawn.lng,
        "box": f"{x - wide / 2:.0f} {y - high / 2:.0f} {wide:.0f} {high:.0f}",
        "roads": drawn.roads,
        "shapes": [
            {"points": s.svg, "name": s.place.name, "on": s.place.number == building} for s in drawn.buildings
        ],
        "outline": drawn.outline,
        "schematic": drawn.schematic,
    }


def _take_in(request: HttpRequest, actor: Actor) -> HttpResponse:
    post = request.POST
    pictures = pictures_from(request)
    code = post.get("place", "")
    if not code:
        raise Refused("empty", "还没选在哪儿。定位、选楼栋或扫点位码，都行。", field="place")
    kind = post.get("kind", "")
    if not kind:
        guessed = suggest(post.get("text", ""), _open_kinds(actor))
        kind = guessed[0][0] if guessed else "complaint"
    fields = {k.removeprefix("field-"): v for k, v in post.items() if k.startswith("field-")}
    known = {f.code for f in queries.the_kind(kind).fields}
    lat, lng = _degrees(post.get("lat", "")), _degrees(post.get("lng", ""))
    opened = actions.open_case(
        kind=kind,
        text=post.get("text", ""),
        place=places.by_code(code, viewer=actor).number,
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


def _degrees(text: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        raise Refused("wrong_type", "位置没认出来。请再定位一次，或选楼栋。", field="place") from None


def _reporter(actor: Actor) -> Reporter:
    if actor.sort == "resident" and actor.person:
        card = people.card(actor.person)
        return Reporter(sort="resident", person=actor.person, mask=card.name_mask, phone_mask=card.phone_mask)
    return Reporter(sort="grid_worker" if actor.role == "grid_worker" else "staff")


@require_POST
def guess(request: HttpRequest) -> HttpResponse:
    """Kinds that the typed words speak for, the fields of the chosen one and the promise: fetched while typing."""
    actor = _who(request)
    form = _form(request, actor, request.POST)
    if form["chosen"] is None and form["kinds"]:
        first = form["kinds"][0]
        form |= {"chosen": first, "fields": [_as_field(f, request.POST, None) for f in first.fields]}
        form["promise"] = _promise(
            first,
            _home_of(actor)
            if not request.POST.get("place")
            else places.by_code(request.POST["place"], viewer=actor),
        )
    return render(request, "cases/_kinds.html", form)


@require_GET
def all_kinds(request: HttpRequest) -> HttpResponse:
    """All kinds by group, as a dialog."""
    actor = _who(request)
    groups = [
        (name, [k for k in _open_kinds(actor).values() if k.group == code]) for code, name in GROUPS.items()
    ]
    return render(request, "cases/_all_kinds.html", {"groups": [(n, ks) for n, ks in groups if ks]})


@require_GET
def tree(request: HttpRequest) -> HttpResponse:
    """One level of the place tree, as a dialog."""
    actor = _who(request)
    code = request.GET.get("at", "")
    card = places.by_code(code, viewer=actor) if code else places.divisions(("city",))[0]
    children = places.children(card.number, viewer=actor)
    steps = places.chain(card.number)
    mine = _home_of(actor)
    return render(
        request,
        "cases/_place_tree.html",
        {
            "path": [{"name": s.name, "url": f"/report/tree/?at={s.code}"} for s in steps],
            "places": [
                {
                    "code": c.code,
                    "name": c.name,
                    "path": c.path,
                    "url": f"/report/tree/?at={c.code}" if c.level != "home" else "",
                }
                for c in children
            ],
            "home": {"code": mine.code, "name": mine.name, "path": mine.path}
            if mine and has_level(mine.number, "community")
            else None,
            "here": {"code": card.code, "name": card.name, "path": card.path}
            if has_level(card.number, "community")
            else None,
        },
    )


# ── Following ──────────────────────────────────────────────────────────────────


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """My cases, newest first."""
    actor = _resident(request)
    page = queries.case_list(
        queries.Filters(), viewer=actor, cursor=request.GET.get("cursor", ""), limit=PAGE
    )
    return render(
        request, "cases/mine.html", {"tab": "cases", "page": page, "first": not request.GET.get("cursor")}
    )


@require_GET
def one(request: HttpRequest, number: str) -> HttpResponse:
    """One of my cases: who has it, until when, every step."""
    actor = _resident(request)
    page = queries.case_page(number, viewer=actor)
    return render(
        request,
        "cases/one.html",
        {
            "tab": "cases",
            "case": page.row,
            "page_of": page,
            "steps": page.steps,
            "round": page.row.rounds,
            "items": queries.timeline(number, viewer=actor),
            "can": {c.code for c in page.moves},
            "sent": request.GET.get("sent"),
            "stars": "54321",
            "said": request.GET.get("said", ""),
        },
    )


ASK_TITLES = {"refuse": "哪里没办好", "note": "补充情况"}
DONE = {
    "rate": "谢谢您的评价",
    "refuse": "已经退回重办，上一级会盯着",
    "urge": "已经替您催了，经办单位会收到提醒",
    "note": "补充好了",
}


@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """Rate, refuse, urge, add: what a reporter may do."""
    actor = _resident(request)
    page = queries.case_page(number, viewer=actor)
    if code not in DONE:
        raise NotFound("no_page", "没有这一页。")
    if request.method == "GET":
        return render(request, "cases/resident_ask.html", _asked(page, code, {}))
    try:
        given: Given = given_from(request)
        actions.move_case(number=number, move=code, version=page.row.version, actor=actor, given=given)
    except QuanlinError as fault:
        if fault.status == 404:
            raise
        return render(request, "cases/resident_ask.html", _asked(page, code, request.POST, fault), status=422)
    return HttpResponseRedirect(f"/cases/{number}/?said={code}")


def _asked(
    page: queries.CasePage, code: str, given: Any, fault: QuanlinError | None = None
) -> dict[str, Any]:
    return {
        "tab": "cases",
        "case": page.row,
        "code": code,
        "title": ASK_TITLES.get(code, moves.MOVES[code].verb),
        "given": given,
        "fault": fault,
        "can": code in {c.code for c in page.moves},
        "stars": "54321",
    }


pages = [
    path("", home),
    path("report/", report),
    path("report/guess/", guess),
    path("report/kinds/", all_kinds),
    path("report/tree/", tree),
    path("p/<str:code>/", report),
    path("p/<str:code>", report),
    path("cases/", mine),
    path("cases/<str:number>/", one),
    path("cases/<str:number>/<str:code>/", move),
]
