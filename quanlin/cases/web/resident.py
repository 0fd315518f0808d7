"""Residents' pages: home, my cases, one case; phone first."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods

from quanlin.cases import actions, queries
from quanlin.cases.actions import Given
from quanlin.cases.rules import moves
from quanlin.cases.rules.numbers import CHINA
from quanlin.cases.web.asking import PROMISES, given_from
from quanlin.cases.web.reporting import community_of, home_of
from quanlin.kit import clock
from quanlin.kit.actor import Actor
from quanlin.kit.errors import NotAllowed, NotFound, QuanlinError
from quanlin.people import queries as people

PAGE = 20


def _resident(request: HttpRequest) -> Actor:
    if request.actor.sort != "resident":
        raise NotAllowed("sign_in", "请先用手机号登录。")
    return request.actor


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
        here = community_of(home_of(actor))
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
    whole = queries.whole_case(number, viewer=actor)
    page = whole.page
    return render(
        request,
        "cases/one.html",
        {
            "tab": "cases",
            "case": page.row,
            "page_of": page,
            "steps": page.steps,
            "round": page.row.rounds,
            "items": whole.timeline,
            "can": {c.code for c in page.moves},
            "sent": request.GET.get("sent"),
            "promise_verb": PROMISES.get(page.row.state, ""),
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
    path("cases/", mine),
    path("cases/<str:number>/", one),
    path("cases/<str:number>/<str:code>/", move),
]
