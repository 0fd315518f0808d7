"""One's own account: second factors, password, recovery codes, hats, tokens. Pages of allauth in our words."""

from collections.abc import Callable
from functools import wraps

from allauth.account.views import PasswordChangeView, ReauthenticateView
from allauth.mfa.base.views import IndexView
from allauth.mfa.base.views import ReauthenticateView as ByCodeView
from allauth.mfa.recovery_codes.views import (
    DownloadRecoveryCodesView,
    GenerateRecoveryCodesView,
    ViewRecoveryCodesView,
)
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    EditWebAuthnView,
    ListWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.contrib.auth.views import redirect_to_login
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from quanlin.kit.addresses import local_path
from quanlin.kit.errors import NotAllowed, Refused
from quanlin.staff import actions, queries, rules
from quanlin.staff.web.adapters import FactorAdapter

View = Callable[..., HttpResponse]


def own(view: View) -> View:
    """Only for staff who gave at least the password; residents have neither password nor factors."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), "/desk/sign-in/")
        if request.user.sort != "staff":
            raise NotAllowed("staff_only", "没有打开：这一页是工作人员的。您的信息在「我的」里。")
        return view(request, *args, **kwargs)

    return guarded


class Factors(IndexView):
    """/account/2fa/: what stands, and what to add."""

    template_name = "staff/factors.html"


class AddTotp(ActivateTOTPView):
    """/account/2fa/totp/activate/: a picture to scan, and the first code as proof that it was."""

    template_name = "staff/totp.html"

    def form_valid(self, form: Form) -> HttpResponse:
        response = super().form_valid(form)
        actions.prove(session=self.request.session, account=self.request.user.pk, way="totp")
        return response


class DropTotp(DeactivateTOTPView):
    """/account/2fa/totp/deactivate/: refused while it is the last factor."""

    template_name = "staff/totp_drop.html"


class AddPasskey(AddWebAuthnView):
    """/account/2fa/webauthn/add/."""

    template_name = "staff/passkey.html"

    def form_valid(self, form: Form) -> HttpResponse:
        response = super().form_valid(form)
        actions.prove(session=self.request.session, account=self.request.user.pk, way="passkey")
        return response


class Passkeys(ListWebAuthnView):
    """/account/2fa/webauthn/."""

    template_name = "staff/passkeys.html"


class RenamePasskey(EditWebAuthnView):
    """/account/2fa/webauthn/keys/{id}/edit/."""

    template_name = "staff/passkey_edit.html"


class DropPasskey(RemoveWebAuthnView):
    """/account/2fa/webauthn/keys/{id}/remove/: refused while it is the last factor."""

    template_name = "staff/passkey_drop.html"

    def form_valid(self, form: Form) -> HttpResponse:
        adapter = FactorAdapter()
        if not adapter.can_delete_authenticator(self.get_object()):
            raise Refused("last_factor", str(adapter.error_messages["cannot_delete_authenticator"]))
        return super().form_valid(form)


class Recovery(ViewRecoveryCodesView):
    """/account/2fa/recovery-codes/."""

    template_name = "staff/recovery.html"


class NewRecovery(GenerateRecoveryCodesView):
    """/account/2fa/recovery-codes/generate/."""

    template_name = "staff/recovery_new.html"


class RecoveryFile(DownloadRecoveryCodesView):
    """/account/2fa/recovery-codes/download/."""

    template_name = "staff/recovery.txt"


class AgainByPassword(ReauthenticateView):
    """/account/reauthenticate/: asked ten minutes after signing in, before something of the account is changed."""

    template_name = "staff/again.html"


class AgainByCode(ByCodeView):
    """/account/2fa/reauthenticate/."""

    template_name = "staff/again_code.html"


class AgainByPasskey(ReauthenticateWebAuthnView):
    """/account/2fa/webauthn/reauthenticate/."""

    template_name = "staff/again_passkey.html"


class NewPassword(PasswordChangeView):
    """/account/password/change/."""

    template_name = "staff/password.html"


def me(request: HttpRequest) -> HttpResponse:
    """/desk/me/: one's hats, factors, tokens, and the way out."""
    account = request.actor.account
    if account is None or request.actor.sort == "resident":
        raise NotAllowed("staff_only", "请先登录，再看这一页。")
    context = {
        "username": request.user.get_username(),
        "grants": [(g, rules.ROLES[g.role].name) for g in queries.grants_of(account)],
        "tokens": queries.tokens_of(account),
    }
    return render(request, "staff/me.html", context)


def revoke(request: HttpRequest, token: int) -> HttpResponse:
    """POST /desk/me/tokens/{id}/revoke/."""
    if request.actor.account is None:
        raise NotAllowed("not_signed_in", "请先登录，再做这一步。")
    actions.revoke_token(token=token, actor=request.actor)
    return redirect("/desk/me/")


def scope(request: HttpRequest) -> HttpResponse:
    """POST /desk/scope/ with ``grant``: put on another of one's own hats, and stay on the page."""
    chosen = request.POST.get("grant", "")
    if not chosen.isascii() or not chosen.isdigit() or len(chosen) > 18:
        raise Refused("grant", "没有切换：请从列表里选一个范围。", field="grant")
    actions.switch_grant(session=request.session, grant_id=int(chosen), actor=request.actor)
    return redirect(local_path(request.POST.get("next"), otherwise="/desk/"))
