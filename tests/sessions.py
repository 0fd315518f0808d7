"""Sessions for tests: what signing in leaves behind, without the pages of signing in."""

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from quanlin.kit import clock
from quanlin.kit.actor import SYSTEM, Actor
from quanlin.staff.actions import act_as
from quanlin.staff.models import Account


def session_of(client: Client, actor: Actor, *, way: str = "") -> str:
    """Give the client a session of the actor; answers its key. way: how he proved who he is."""
    with act_as(SYSTEM):
        session = SessionStore()
        account = Account.objects.get(pk=actor.account)
        session["_auth_user_id"] = str(account.pk)
        session["_auth_user_backend"] = "allauth.account.auth_backends.AuthenticationBackend"
        session["_auth_user_hash"] = account.get_session_auth_hash()
        session["began_at"] = session["seen_at"] = clock.now().isoformat()
        session["way"] = way or ("code" if actor.sort == "resident" else "totp")
        if actor.grant:
            session["grant"] = actor.grant
        session.create()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return session.session_key
