"""Staff sign in: name and password, then a second factor; or a passkey alone. In the demonstration by one press."""

from allauth.account.views import LoginView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.webauthn.views import LoginWebAuthnView
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from quanlin.kit.addresses import local_path
from quanlin.kit.errors import NotAllowed, NotFound
from quanlin.staff import actions, queries


class SignIn(LoginView):
    """/desk/sign-in/. Wrong names and wrong passwords get the same answer and cost the same work."""

    template_name = "staff/sign_in.html"

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        request.keep = True  # a failed try is counted although the answer may be a refusal
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: object) -> dict:
        with actions.as_system():
            accounts = queries.demonstration_accounts("staff") if settings.DEMO else ()
        to = local_path(self.request.GET.get("next") or self.request.POST.get("next"), otherwise="")
        return super().get_context_data(**kwargs) | {"next": to, "accounts": accounts}


class SecondFactor(AuthenticateView):
    """/account/2fa/authenticate/: six digits, a passkey or a recovery code after the password."""

    template_name = "staff/second_factor.html"


class Passkey(LoginWebAuthnView):
    """/account/2fa/webauthn/login/: the browser asks for a challenge here and sends its answer."""


def enter(request: HttpRequest) -> HttpResponse:
    """POST /demo/enter/ with ``username``: one press in the demonstration, only into accounts opened for it."""
    username = request.POST.get("username", "")
    listed = {a.username: a for sort in ("staff", "resident") for a in queries.demonstration_accounts(sort)}
    if username not in listed or not settings.DEMO:
        raise NotFound("no_account", "没有这个演示账号。")
    actions.sign_in(request=request, account=listed[username].account, way="demonstration")
    otherwise = "/desk/" if listed[username].sort == "staff" else "/"
    return redirect(local_path(request.POST.get("next"), otherwise=otherwise))


def sign_out(request: HttpRequest) -> HttpResponse:
    """POST /sign-out/: this session is over at once."""
    to = "/desk/sign-in/" if request.actor.sort != "resident" else "/"
    logout(request)
    return redirect(to)


def end_sessions(request: HttpRequest) -> HttpResponse:
    """POST /account/end-sessions/: all sessions and tokens of one's own account are over within ten seconds."""
    if request.actor.account is None:
        raise NotAllowed("not_signed_in", "请先登录，再做这一步。")
    to = "/desk/sign-in/" if request.actor.sort != "resident" else "/sign-in/"
    actions.end_sessions(account=request.actor.account, actor=request.actor)
    logout(request)
    return redirect(to)


enter, sign_out, end_sessions = require_POST(enter), require_POST(sign_out), require_POST(end_sessions)
