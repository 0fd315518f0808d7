"""The desk: the queue with filters and due clocks, one case with everything, all moves."""

from dataclasses import replace
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from quanlin.cases import queries
from quanlin.cases.queries.counts import MOST, open_counts
from quanlin.cases.rules import moves
from quanlin.cases.rules.catalogue import GROUPS
from quanlin.cases.web.asking import PROMISES, icon_of
from quanlin.cases.web.maps import small_map
from quanlin.journal import queries as journal
from quanlin.kit.actor import Actor
from quanlin.kit.errors import NotAllowed
from quanlin.places import queries as places
from quanlin.staff import rules as staff

VIEWS: dict[str, tuple[str, str, queries.Filters, queries.Order]] = {
    "mine": ("轮到我们办的", "star", queries.Filters(mine=True), "due"),
    "overdue": ("已超时", "clock", queries.Filters(overdue=True), "due"),
    "open": ("没办完的", "cases", queries.Filters(state=tuple(sorted(moves.OPEN))), "due"),
    "held": ("我们经手的", "user", queries.Filters(held=True), "newest"),
    "all": ("全部", "grid", queries.Filters(), "newest"),
}
PAGE = 50


def signed_in(request: HttpRequest) -> Actor:
    """The staff member who asks; NotAllowed leads nobody to the sign-in page."""
    actor = request.actor
    if actor.sort != "staff":
        raise NotAllowed("sign_in", "请先用工作账号登录。")
    if not staff.may(actor, "case.see"):
        raise NotAllowed("not_allowed", staff.decide(actor, "case.see", staff.Resource()).reason)
    return actor


def _filters(request: HttpRequest, view: str) -> queries.Filters:
    base = VIEWS[view][2]
    get = request.GET
    place = get.get("place", "")
    states = tuple(s for s in get.getlist("state") if s) or base.state
    return queries.Filters(
        place=places.by_code(place, viewer=request.actor).number if place else 0,
        state=states,
        kind=get.get("kind", ""),
        group=",".join(g for g in get.getlist("group") if g in GROUPS),
        overdue=base.overdue or get.get("overdue") == "1",
        q=get.get("q", "").strip(),
        mine=base.mine,
        held=base.held,
        channel=get.get("channel", ""),
    )


def _view(request: HttpRequest, actor: Actor) -> str:
    asked = request.GET.get("view", "")
    if asked in VIEWS:
        return asked
    if any(request.GET.get(name) for name in ("q", "state", "kind", "group", "place", "channel", "overdue")):
        return "all"
    return "mine" if actor.unit else "open"


def _link(request: HttpRequest, **changed: str) -> str:
    """The present address with some parameters changed; the cursor starts anew."""
    kept = {k: v for k, v in request.GET.lists() if k not in changed and k != "cursor"}
    kept.update({k: [v] for k, v in changed.items() if v})
    return "/desk/?" + urlencode(kept, doseq=True)


def _queue(request: HttpRequest, actor: Actor, *, at: str = "") -> dict:
    """What the filter column and the list need."""
    view = _view(request, actor)
    words, _, _, order = VIEWS[view]
    filters = _filters(request, view)
    page = queries.case_list(
        filters, viewer=actor, cursor=request.GET.get("cursor", ""), limit=PAGE, order=order
    )
    counts = open_counts(actor)
    kept = [(k, v) for k in ("view", "q", "place", "kind") for v in [request.GET.get(k, "")] if v]
    chips = [
        (label, _link(request, **{name: ""}))
        for name, label in (
            ("q", f"搜「{filters.q}」" if filters.q else ""),
            ("group", "、".join(GROUPS[g] for g in filters.group.split(",") if g)),
            (
                "kind",
                queries.current_kinds()[filters.kind].name if filters.kind in queries.current_kinds() else "",
            ),
            ("state", "、".join(moves.STATES[s] for s in request.GET.getlist("state") if s in moves.STATES)),
            ("place", places.place(filters.place, viewer=actor).name if filters.place else ""),
            ("overdue", "已超时" if request.GET.get("overdue") == "1" else ""),
        )
        if label
    ]
    return {
        "section": "cases",
        "view": view,
        "queue_title": words,
        "page": page,
        "chips": chips,
        "order": order,
        "at": at,
        "next_url": _link(request, cursor=page.next) if page.next else "",
        "first_url": _link(request) if request.GET.get("cursor") else "",
        "saved": [
            {
                "words": VIEWS[v][0],
                "icon": VIEWS[v][1],
                "url": f"/desk/?view={v}",
                "on": v == view,
                "count": counts.views.get(v),
                "hot": v == "overdue",
            }
            for v in VIEWS
            if v not in ("mine", "held") or actor.unit
        ],
        "states": [
            {
                "code": s,
                "url": _link(request, view="all", state=s),
                "count": counts.states.get(s),
                "on": filters.state == (s,),
            }
            for s in moves.STATES
            if s != "merged"
        ],
        "groups": [
            {
                "title": "分类",
                "name": "group",
                "options": [(c, w, c in filters.group.split(",")) for c, w in GROUPS.items()],
            },
        ],
        "keep": kept,
        "capped": counts.views["open"] >= MOST,
        "q": filters.q,
        "tail": _tail(request),
        "fresh_tail": (_tail(request) + "&fresh=1") if _tail(request) else "?fresh=1",
    }


def _tail(request: HttpRequest) -> str:
    """The list's filter as it goes along with its rows, so that the way back leads to the same list."""
    kept = request.GET.copy()
    kept.pop("fresh", None)
    return f"?{kept.urlencode()}" if kept else ""


@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """The queue; for a phone and without a chosen case the list alone."""
    actor = signed_in(request)
    context = _queue(request, actor)
    if request.headers.get("HX-Target") == "queue":
        return render(request, "cases/_queue.html", context)
    return render(request, "cases/desk.html", context)


def _moves(page: queries.CasePage) -> list[dict]:
    """Buttons, the likeliest first. Whoever handles a case keeps it: handing it to another unit is not the likely next."""
    passes_on = page.row.state in ("assigned", "working")
    found = sorted(page.moves, key=lambda c: passes_on and c.code == "assign")
    return [
        {
            "code": c.code,
            "words": "转派" if passes_on and c.code == "assign" else c.verb,
            "icon": icon_of(c.code),
            "url": f"/desk/cases/{page.row.number}/{c.code}/",
            "main": i == 0 and c.code != "note",
        }
        for i, c in enumerate(found)
    ]


def _case(request: HttpRequest, actor: Actor, number: str) -> dict:
    """What the case pane needs: six statements at most."""
    whole = queries.whole_case(number, viewer=actor)
    page, holdings = whole.page, whole.axis
    return {
        "page_of": page,
        "case": page.row,
        "moves": _moves(page),
        "items": whole.timeline,
        "holdings": holdings,
        "windows": queries.axis_windows(holdings, page.row),
        "back_url": "/desk/" + _tail(request),
        "promise_verb": PROMISES.get(page.row.state, ""),
        "tail": _tail(request),
        "map": small_map(
            places.place(page.row.place, viewer=actor),
            viewer=actor,
            at=(page.lat, page.lng) if page.lat is not None and page.lng is not None else None,
        ),
        "may_reveal": page.reporter is not None and staff.may(actor, "person.reveal"),
    }


@require_GET
def case(request: HttpRequest, number: str) -> HttpResponse:
    """One case; the pane alone when htmx asks for it."""
    actor = signed_in(request)
    context = _case(request, actor, number)
    if request.headers.get("HX-Request") and request.headers.get("HX-Target") in ("case", "case-pane"):
        return render(request, "cases/_case.html", context)
    return render(request, "cases/desk.html", {**_queue(request, actor, at=number), **context})


@require_GET
def row(request: HttpRequest, number: str) -> HttpResponse:
    """One row of the queue, fetched again when its case changes."""
    actor = signed_in(request)
    if request.GET.get("fresh") and not _belongs(request, actor, number):
        return HttpResponse(status=204)
    found = queries.case_row(number, viewer=actor)
    return render(request, "cases/_row.html", {"case": found, "tail": _tail(request)})


def _belongs(request: HttpRequest, actor: Actor, number: str) -> bool:
    """Whether a case that just arrived stands in the list that the page shows."""
    view = _view(request, actor)
    filters = _filters(request, view)
    if filters.q:
        return False
    return bool(
        queries.case_list(replace(filters, q=number), viewer=actor, limit=1, order=VIEWS[view][3]).rows
    )


@require_GET
def proof(request: HttpRequest, number: str, entry: int) -> HttpResponse:
    """The inclusion proof of one entry of the timeline, to keep and to verify anywhere."""
    actor = signed_in(request)
    queries.case_page(number, viewer=actor)
    found = journal.inclusion_proof(entry, viewer=actor)
    response = HttpResponse(found.as_json(), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="quanlin-{number}-{entry}.json"'
    return response


pages = [
    path("desk/", queue),
    path("desk/cases/", queue),
    path("desk/cases/<str:number>/", case),
    path("desk/cases/<str:number>/row/", row),
    path("desk/cases/<str:number>/proof/<int:entry>/", proof),
]
