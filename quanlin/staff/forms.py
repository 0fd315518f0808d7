"""The six digits of an authenticator, which work once."""

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt


class _Once(BaseAuthenticateForm):
    """Keeps with the secret which code was the last. allauth remembers it in one process, for half a minute, though
    the tolerance for phones' clocks lets it live for one and a half."""

    def clean_code(self) -> str:
        code = super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP:
            row = Authenticator.objects.select_for_update().get(pk=self.authenticator.pk)
            secret = decrypt(row.data["secret"])
            counters = [
                counter
                for counter in totp.yield_hotp_counters_from_time()
                if compare_user_code(
                    actual=code, expected=totp.format_hotp_value(totp.hotp_value(secret, counter))
                )
            ]
            if not counters or counters[-1] <= row.data.get("last", 0):
                raise get_adapter().validation_error("incorrect_code")
            row.data["last"] = counters[-1]
            row.save(update_fields=["data"])
        return code


class SecondFactorForm(_Once, AuthenticateForm):
    """After the password."""


class AgainForm(_Once, ReauthenticateForm):
    """Before something of the account is changed."""
