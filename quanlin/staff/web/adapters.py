"""What allauth and axes ask of us: words, where a request comes from, what a sign-in does, how secrets are kept."""

import base64
from datetime import datetime, timedelta
from typing import NoReturn

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from quanlin.kit import clock, sealing
from quanlin.kit.addresses import local_path, source_of
from quanlin.kit.errors import NotAllowed
from quanlin.staff import actions
from quanlin.staff.models import Account

STEP_UP = timedelta(minutes=10)
"""How long after signing in one may change one's own factors without showing the password again."""

PROOFS = {"totp": "totp", "webauthn": "passkey", "recovery_codes": "recovery"}

SAID = {
    "mfa/messages/totp_activated.txt": "验证器已经绑定，下次登录要用它",
    "mfa/messages/totp_deactivated.txt": "验证器已经解除",
    "mfa/messages/webauthn_added.txt": "通行密钥已经添加，下次可以直接用它登录",
    "mfa/messages/webauthn_removed.txt": "通行密钥已经删除",
    "account/messages/password_changed.txt": "密码已经换好，下次登录用新的",
}
FAULTS = {
    "account_inactive": "没有登录：这个账号已停用。请找系统管理员。",
    "enter_current_password": "没有换成：现在的密码不对。请再写一次。",
    "incorrect_code": "验证码不对或已经过期。请看验证器上现在的 6 位数字，再写一次。",
    "incorrect_password": "密码不对。请再写一次。",
    "rate_limited": "试得太多了。请过几分钟再来。",
    "too_many_login_attempts": "试得太多了。请过几分钟再来。",
    "username_password_mismatch": "没有登录：账号或密码不对。请核对后再写一次。",
    "cannot_delete_authenticator": "没有解除：这是您最后一个第二重验证。请先添加另一个，再解除它。",
    "cannot_generate_recovery_codes": "没有生成：请先绑定验证器或通行密钥。",
}


def source_of_request(request: HttpRequest) -> str:
    """The address that asks; the front door is the only one whose word about it is taken."""
    return source_of(
        remote=request.META.get("REMOTE_ADDR", ""), forwarded=request.headers.get("X-Forwarded-For", "")
    )


def too_often(request: HttpRequest, *rest: object) -> HttpResponse:
    """Axes found too many failures of one name from one address. The same for names that exist and that do not."""
    return render(request, "staff/too_often.html", status=429)


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up; nothing is mailed; only paths of this site are followed."""

    error_messages = {**DefaultAccountAdapter.error_messages, **FAULTS}

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str) -> bool:
        return bool(url) and local_path(url, otherwise="") == url

    def get_client_ip(self, request: HttpRequest) -> str:
        return source_of_request(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: str) -> None:
        """Axes counts failures of a name from one address; a count of a name alone would let others lock it."""

    def login(self, request: HttpRequest, user: Account) -> None:
        proofs = [
            r.get("type") for r in get_authentication_records(request, user) if r.get("method") == "mfa"
        ]
        way = PROOFS[proofs[-1]] if proofs else "password"
        if way == "password" and settings.DEMO and user.demonstration:
            way = "demonstration"  # shared by visitors: whoever set up a factor would shut out the others
        actions.sign_in(request=request, account=user.pk, way=way)

    def respond_user_inactive(self, request: HttpRequest, user: Account) -> NoReturn:
        raise NotAllowed("stopped", FAULTS["account_inactive"])

    def is_reauthentication_required(self, *, app: str, **more: object) -> bool:
        began = context.request.session.get("began_at")
        return not began or clock.now() - datetime.fromisoformat(began) > STEP_UP

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        words = message or SAID.get(message_template or "")
        if words:
            messages.add_message(request, level, words, extra_tags=extra_tags)

    def send_notification_mail(self, *rest: object, **more: object) -> None:
        """Accounts have no email; the journal has it."""


class FactorAdapter(DefaultMFAAdapter):
    """Secrets of authenticators are sealed; the last factor cannot be taken away."""

    error_messages = {**DefaultMFAAdapter.error_messages, **FAULTS}
    # allauth does not say for whom it asks, so that the seal binds to the column only.
    _field = sealing.Field("mfa_authenticator", "data", "any")

    def encrypt(self, text: str) -> str:
        return base64.b64encode(sealing.seal(text, field=self._field)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.open_(base64.b64decode(encrypted_text), field=self._field)

    def _get_site_name(self) -> str:
        return "泉邻"

    def generate_authenticator_name(self, user: Account, type: Authenticator.Type) -> str:  # noqa: A002
        return f"通行密钥 {Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1}"

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        factors = Authenticator.objects.filter(user_id=authenticator.user_id)
        return factors.exclude(type=Authenticator.Type.RECOVERY_CODES).exclude(pk=authenticator.pk).exists()
