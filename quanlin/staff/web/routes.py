"""Addresses of the room. allauth's names are kept where it looks its own pages up by them; what it has beside
(sign-up, email, password by email) has no address here."""

from django.conf import settings
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from quanlin.staff.web import factors, sign_in
from quanlin.staff.web.factors import own


def routes(*, demo: bool) -> list[URLPattern]:
    """demo: whether visitors may enter by one press."""
    found = [
        path("desk/sign-in/", sign_in.SignIn.as_view(), name="account_login"),
        path("sign-out/", sign_in.sign_out, name="account_logout"),
        path("desk/scope/", require_POST(factors.scope), name="scope"),
        path("desk/me/", factors.me, name="staff_me"),
        path("desk/me/tokens/<int:token>/revoke/", require_POST(factors.revoke), name="token_revoke"),
        path("account/end-sessions/", sign_in.end_sessions, name="end_sessions"),
        path(
            "account/reauthenticate/", own(factors.AgainByPassword.as_view()), name="account_reauthenticate"
        ),
        path("account/password/change/", own(factors.NewPassword.as_view()), name="account_change_password"),
        path("account/2fa/", own(factors.Factors.as_view()), name="mfa_index"),
        path("account/2fa/authenticate/", sign_in.SecondFactor.as_view(), name="mfa_authenticate"),
        path("account/2fa/reauthenticate/", own(factors.AgainByCode.as_view()), name="mfa_reauthenticate"),
        path("account/2fa/totp/activate/", own(factors.AddTotp.as_view()), name="mfa_activate_totp"),
        path("account/2fa/totp/deactivate/", own(factors.DropTotp.as_view()), name="mfa_deactivate_totp"),
        path("account/2fa/recovery-codes/", own(factors.Recovery.as_view()), name="mfa_view_recovery_codes"),
        path(
            "account/2fa/recovery-codes/generate/",
            own(factors.NewRecovery.as_view()),
            name="mfa_generate_recovery_codes",
        ),
        path(
            "account/2fa/recovery-codes/download/",
            own(factors.RecoveryFile.as_view()),
            name="mfa_download_recovery_codes",
        ),
        path("account/2fa/webauthn/", own(factors.Passkeys.as_view()), name="mfa_list_webauthn"),
        path("account/2fa/webauthn/add/", own(factors.AddPasskey.as_view()), name="mfa_add_webauthn"),
        path("account/2fa/webauthn/login/", sign_in.Passkey.as_view(), name="mfa_login_webauthn"),
        path(
            "account/2fa/webauthn/reauthenticate/",
            own(factors.AgainByPasskey.as_view()),
            name="mfa_reauthenticate_webauthn",
        ),
        path(
            "account/2fa/webauthn/keys/<int:pk>/edit/",
            own(factors.RenamePasskey.as_view()),
            name="mfa_edit_webauthn",
        ),
        path(
            "account/2fa/webauthn/keys/<int:pk>/remove/",
            own(factors.DropPasskey.as_view()),
            name="mfa_remove_webauthn",
        ),
    ]
    if demo:
        found.append(path("demo/enter/", sign_in.enter, name="demo_enter"))
    return found


pages = routes(demo=settings.DEMO)
