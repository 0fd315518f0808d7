"""Signing in through the real pages: a browser with cookies, without the browser."""

import re

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import encrypt
from django.core.cache import cache
from django.test import Client

from quanlin.config import middleware
from quanlin.kit.actor import SYSTEM, Actor
from quanlin.notices import queries
from quanlin.staff import actions
from quanlin.staff.models import Account

PASSWORD = "a long enough pass"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def with_totp(actor: Actor) -> Account:
    """Give the actor's account an authenticator with SECRET."""
    account = Account.objects.get(pk=actor.account)
    Authenticator.objects.create(user=account, type="totp", data={"secret": encrypt(SECRET)})
    return account


def digits(secret: str = SECRET, *, steps: int = 0) -> str:
    """The six digits of now; a code works once, so the next one is of another step."""
    counter = list(totp.yield_hotp_counters_from_time())[1 + steps]
    return totp.format_hotp_value(totp.hotp_value(secret, counter))


def fresh_client(**headers: str) -> Client:
    """A browser without cookies; what processes remember of sessions and tries is dropped."""
    middleware.forget()
    cache.clear()
    return Client(headers=headers)


def give_password(client: Client, username: str, password: str = PASSWORD, **more: str):
    """The first step of staff."""
    return client.post("/desk/sign-in/", {"login": username, "password": password, **more})


def sign_in(client: Client, account: Account, *, next_: str = ""):
    """Both steps of staff; answers the response of the second."""
    give_password(client, account.username, **({"next": next_} if next_ else {}))
    response = client.post("/account/2fa/authenticate/", {"code": digits()})
    middleware.forget()
    return response


def code_sent() -> str:
    """The six digits of the newest SMS."""
    with actions.act_as(SYSTEM):
        found = re.search(r"验证码 (\d{6})", queries.outbox(limit=1)[0].words)
    assert found
    return found.group(1)


def sign_in_resident(client: Client, phone: str):
    """Both steps of residents; answers the response of the second."""
    client.post("/sign-in/", {"phone": phone})
    response = client.post("/sign-in/code/", {"code": code_sent()})
    middleware.forget()
    return response
