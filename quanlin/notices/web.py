"""Signing in of residents, which is a message that is sent; the bell; in the demonstration the outbox."""

import base64

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from quanlin.kit import masks, sealing
from quanlin.kit.addresses import local_path, source_of
from quanlin.kit.errors import NotAllowed, Refused
from quanlin.notices import actions, queries
from quanlin.people import actions as people
from quanlin.people import queries as people_queries
from quanlin.staff import actions as staff
from quanlin.staff import queries as staff_queries

WRONG = "没有登录：验证码不对或已经过期。请看最新的那一条短信，或过一分钟再要一条。"
"""The one sentence for every fault of a code."""

_ASKED = sealing.Field("django_session", "phone", "asked")
MOST_LINES = 100


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """/sign-in/: the phone. What follows is the same whether the number is known or not."""
    to = local_path(request.GET.get("next") or request.POST.get("next"), otherwise="/")
    if request.method == "GET":
        return _ask_phone(request, to, "", None)
    phone = request.POST.get("phone", "")[:40]
    source = source_of(
        remote=request.META.get("REMOTE_ADDR", ""), forwarded=request.headers.get("X-Forwarded-For", "")
    )
    try:
        number = masks.normalise_phone(phone)
        actions.send_sign_in_code(phone=number, source=source)
    except Refused as fault:
        if fault.code != "too_soon" or _asked(request) != number:
            return _ask_phone(request, to, phone, fault)
    request.session["asked"] = base64.b64encode(sealing.seal(number, field=_ASKED)).decode()
    request.session["next"] = to
    return redirect("code")


def _ask_phone(request: HttpRequest, to: str, phone: str, fault: Refused | None) -> HttpResponse:
    with staff.as_system():
        accounts = staff_queries.demonstration_accounts("resident") if settings.DEMO else ()
        names = people_queries.invented_names([a.account for a in accounts]) if accounts else {}
    context = {
        "next": to, "phone": phone, "fault": fault,
        "accounts": [(a.username, names[a.account]) for a in accounts if a.account in names],
    }  # fmt: skip
    return render(request, "notices/sign_in.html", context, status=fault.status if fault else 200)


def _asked(request: HttpRequest) -> str:
    """The number that asked in this session; kept sealed, since sessions lie in the database."""
    kept = request.session.get("asked")
    return sealing.open_(base64.b64decode(kept), field=_ASKED) if kept else ""


@never_cache
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """/sign-in/code/: the six digits. A wrong try is kept, although the answer is a refusal."""
    number = _asked(request)
    if not number:
        return redirect("sign_in")
    context = {"phone_mask": masks.mask_phone(number)}
    if request.method == "GET":
        return render(request, "notices/code.html", context)
    request.keep = True
    with staff.as_system():
        account, new = people.sign_in_by_code(phone=number, code=request.POST.get("code", "")[:12])
    if not account:
        return render(request, "notices/code.html", context | {"wrong": WRONG}, status=422)
    to = local_path(request.session.get("next"), otherwise="/")
    staff.sign_in(request=request, account=account, way="code")
    del request.session["asked"]
    return redirect("/me/" if new else to)


@require_GET
def bell(request: HttpRequest) -> HttpResponse:
    """/notices/: one's own lines, newest first."""
    if request.actor.account is None:
        raise NotAllowed("not_signed_in", "请先登录，再看消息。")
    notices = queries.notices_of(request.actor, limit=MOST_LINES)
    frame = "resident" if request.actor.sort == "resident" else "desk"
    return render(
        request, f"notices/bell_{frame}.html", {"notices": notices, "tab": "me", "section": "notices"}
    )


@require_POST
def open_notice(request: HttpRequest, notice: int) -> HttpResponse:
    """POST /notices/{id}/open/: read, and on to what it is about."""
    link = actions.open_notice(notice=notice, actor=request.actor)
    return redirect(local_path(link, otherwise="/notices/"))


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """POST /notices/read/."""
    if request.actor.account is None:
        raise NotAllowed("not_signed_in", "请先登录，再看消息。")
    actions.mark_read(actor=request.actor)
    return redirect("bell")


@never_cache
@require_GET
def outbox(request: HttpRequest) -> HttpResponse:
    """/outbox/: what would have been sent. The route exists in the demonstration only."""
    with staff.as_system():
        messages = [(masks.mask_phone(m.to), m.words, m.made_at) for m in queries.outbox()]
    return render(request, "notices/outbox.html", {"sent": messages})


def routes(*, demo: bool) -> list[URLPattern]:
    """demo: whether the outbox can be read."""
    found = [
        path("sign-in/", sign_in, name="sign_in"),
        path("sign-in/code/", code, name="code"),
        path("notices/", bell, name="bell"),
        path("notices/read/", read_all, name="notices_read"),
        path("notices/<int:notice>/open/", open_notice, name="notice_open"),
    ]
    if demo:
        found.append(path("outbox/", outbox, name="outbox"))
    return found


pages = routes(demo=settings.DEMO)
