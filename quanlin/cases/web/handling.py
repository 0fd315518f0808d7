"""Handling a case at the desk: moves in dialogs, who was first, the reporter shown for twenty seconds."""

import json
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods

from quanlin.cases import actions, queries
from quanlin.cases.rules import moves
from quanlin.cases.rules.numbers import CHINA
from quanlin.cases.web.asking import ask_for, given_from
from quanlin.cases.web.desk import signed_in
from quanlin.kit import clock
from quanlin.kit.actor import Actor
from quanlin.kit.errors import Conflict, NotFound, QuanlinError
from quanlin.staff import queries as staff_queries
from quanlin.staff import rules as staff


@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """Ask for what a move needs, then do it. A move that needs nothing is one press."""
    actor = signed_in(request)
    page = queries.case_page(number, viewer=actor)
    choice = next((c for c in page.moves if c.code == code), None)
    if choice is None:
        return _moved_on(request, actor, page, code)
    if request.method == "GET":
        return render(request, "cases/ask.html", {**ask_for(page, choice, {}), **_plain(request)})
    try:
        given = given_from(request)
        version = int(request.POST.get("version") or page.row.version)
        moved = actions.move_case(number=number, move=code, version=version, actor=actor, given=given)
    except Conflict as fault:
        newest = {**request.POST.dict(), "version": str(page.row.version)}
        context = ask_for(page, choice, newest, _told(actor, page, choice, fault))
        return render(request, "cases/ask.html", {**context, **_plain(request)}, status=409)
    except QuanlinError as fault:
        context = ask_for(page, choice, request.POST, fault)
        return render(request, "cases/ask.html", {**context, **_plain(request)}, status=422)
    said = said_after(code, moved)
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=204)
        response["HX-Trigger"] = _trigger(number, said)
        return response
    return HttpResponseRedirect(f"/desk/cases/{number}/")


def _told(actor: Actor, page: queries.CasePage, choice: moves.Choice, fault: Conflict) -> Conflict:
    """The conflict with what was done meanwhile, by whom, and how to go on."""
    return Conflict(
        fault.code, f"没有办成：{_newest_words(actor, page)}看过还要办，再按一次「{choice.verb}」。"
    )


def _newest_words(actor: Actor, page: queries.CasePage) -> str:
    newest = queries.timeline(page.row.number, viewer=actor)[0]
    who = " ".join(part for part in (newest.who_unit, newest.who_person) if part)
    return (
        f"{who} {_ago(newest.at)}「{newest.verb}」，"
        f"现在是「{page.row.state_name}」，由{page.row.holder_text}办理。"
    )


def _ago(moment: datetime) -> str:
    minutes = int((clock.now() - moment).total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} 分钟前" if minutes else "刚刚"
    return f"{moment.astimezone(CHINA):%-m月%-d日 %-H:%M} "


def _moved_on(request: HttpRequest, actor: Actor, page: queries.CasePage, code: str) -> HttpResponse:
    """The move is not possible any more: what happened, what was typed, and the way to the newest state."""
    if code not in moves.MOVES:
        raise NotFound("no_page", "没有这一页。")
    verb = moves.MOVES[code].verb
    context = {
        "case": page.row,
        "verb": verb,
        "what": _newest_words(actor, page),
        "typed": request.POST.get("words", ""),
    }
    return render(request, "cases/moved_on.html", {**context, **_plain(request)}, status=409)


def _plain(request: HttpRequest) -> dict:
    """A dialog is a page of its own where scripts do not run."""
    return {"plain": not request.headers.get("HX-Request"), "section": "cases"}


def said_after(code: str, moved: actions.Moved) -> str:
    """What happened and what comes next, in one sentence."""
    holder = staff_queries.units().get(moved.holder_unit)
    name = holder.name if holder else "对方"
    return {
        "accept": "已受理，接着派给经办单位",
        "decline": "没有受理，已告诉报事人去哪里办",
        "change_kind": "已改类，时限重新算过",
        "assign": f"已派给{name}，对方收到提醒",
        "take": "已接单，处置时限开始走",
        "arrive": "已报到，处置时限开始走",
        "return": f"已退回给{name}",
        "escalate": f"已上报{name}",
        "whistle": f"已吹哨，请{name}报到",
        "hold": "已挂起，到日子自动恢复",
        "resume": "已恢复，时限接着走",
        "resolve": f"已交{name}核实",
        "verify": "已办结，报事人会收到消息",
        "reject": f"已退给{name}重新办",
        "urge": f"已催{name}",
        "note": "已记下",
    }.get(code, "已办")


def _trigger(number: str, said: str) -> str:
    """For htmx: close the dialog, say what happened, fetch the case and its row again."""
    return json.dumps({"q:done": {}, "q:toast": {"words": said}, "q:moved": {"case": number}})


@require_http_methods(["GET", "POST"])
def reveal(request: HttpRequest, number: str) -> HttpResponse:
    """Show the reporter whole for twenty seconds: asks the purpose, records it."""
    actor = signed_in(request)
    page = queries.case_page(number, viewer=actor)
    if page.reporter is None:
        raise NotFound("no_reporter", "这件没有登记报事人。")
    ask = {
        "key": f"reveal-{number}",
        "title": f"查看{page.reporter_mask or '报事人'}的姓名和电话？",
        "consequence": "会记下您的姓名、时间和用途，本人可以查到。20 秒后自动遮住。",
        "verb": "查看 20 秒",
        "url": f"/desk/cases/{number}/reveal/",
        "back_url": f"/desk/cases/{number}/",
        "hidden": [],
    }
    fields = [
        {
            "name": "purpose",
            "label": "用途",
            "type": "choice",
            "required": True,
            "value": request.POST.get("purpose", ""),
            "options": list(staff.PURPOSES.items()),
        }
    ]
    if request.method == "GET":
        return render(request, "cases/ask.html", {"ask": ask, "fields": fields, **_plain(request)})
    if request.POST.get("purpose", "") not in staff.PURPOSES:
        fields[0]["error"] = "请选一个用途。"
        return render(
            request, "cases/ask.html", {"ask": ask, "fields": fields, **_plain(request)}, status=422
        )
    whole = actions.reveal_reporter(number=number, purpose=request.POST["purpose"], actor=actor)
    if whole is None:
        request.keep = True
        ask["error"] = "今天看得太多了，请主管批。已通知安全管理员。"
        return render(
            request, "cases/ask.html", {"ask": ask, "fields": fields, **_plain(request)}, status=422
        )
    shown = {
        "name_shown": {"words": page.reporter_mask, "label": "姓名", "shown": whole.name},
        "phone_shown": {"words": page.reporter_phone_mask, "label": "电话", "shown": whole.phone},
    }
    return render(request, "cases/revealed.html", {"whole": whole, **shown, **_plain(request)})


pages = [
    path("desk/cases/<str:number>/reveal/", reveal),
    path("desk/cases/<str:number>/<str:code>/", move),
]
