"""Faults told once: problem+json for programs, a fragment for htmx, a page for people."""

import secrets
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from quanlin.kit.errors import NotAllowed, NotFound, QuanlinError, TooMany


class NoDatabase(QuanlinError):
    """The database does not answer."""

    status = 503


class Unforeseen(QuanlinError):
    """Something nobody thought of; the number names the line in the log."""

    status = 500


NO_DATABASE = NoDatabase("no_database", "现在存不上也取不到：数据库没有回应。内容还在您这里，过一分钟再试。")


def problem(fault: QuanlinError) -> JsonResponse:
    """application/problem+json (RFC 9457) with our code, the field and what else helps."""
    body = {
        "type": "about:blank",
        "title": fault.message,
        "detail": fault.message,
        "status": fault.status,
        "code": fault.code,
        **({"field": fault.field} if fault.field else {}),
        **({"extra": fault.extra} if fault.extra else {}),
    }
    return JsonResponse(
        body,
        status=fault.status,
        content_type="application/problem+json",
        json_dumps_params={"ensure_ascii": False},
    )


def answer(request: HttpRequest, fault: QuanlinError) -> HttpResponse:
    """The fault in the form that the asker can use."""
    if request.path.startswith("/api/"):
        return problem(fault)
    if isinstance(fault, NotAllowed) and request.actor.account is None and request.method == "GET":
        where = "/desk/sign-in/" if request.path.startswith(("/desk", "/screen")) else "/sign-in/"
        return redirect(f"{where}?{urlencode({'next': request.get_full_path()})}")
    context = {"fault": fault}
    if request.headers.get("HX-Request"):
        response = render(request, "parts/_fault.html", context, status=fault.status)
        response["HX-Reswap"] = "none"
        return response
    name = fault.status if fault.status in (400, 403, 404, 409, 413, 429, 500, 503) else 400
    return render(request, f"errors/{name}.html", context, status=fault.status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page stood open too long, or was sent from elsewhere."""
    return answer(
        request,
        NotAllowed(
            "csrf", "没存上：这一页开得太久了。请返回上一页刷新再交，写的内容还在。", extra={"why": reason}
        ),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: the number is in the log beside the traceback."""
    number = secrets.token_hex(2).upper()
    fault = Unforeseen(
        "unforeseen",
        f"没存上，内容还在。请再按一次；还不行就打社区电话，报编号 {number}。",
        extra={"number": number},
    )
    return answer(request, fault)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404."""
    return answer(request, NotFound("no_page", "没有这一页。可能是网址不全，请从首页进。"))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400: a broken or far too large request."""
    return answer(request, QuanlinError("bad_request", "没收到：内容太大或不完整。请减少照片或文字后再交。"))


def too_many(request: HttpRequest) -> HttpResponse:
    """handler429: allauth found too many tries."""
    return answer(request, TooMany("too_often", "没有做成：试得太多了。请过几分钟再来。"))
