"""Who asks, in which transaction, and what becomes of a fault."""

import logging
import time
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from quanlin.config import errors
from quanlin.kit import clock
from quanlin.kit.actor import NOBODY, Actor
from quanlin.kit.errors import NotAllowed, QuanlinError
from quanlin.staff import actions as staff_actions
from quanlin.staff import queries as staff_queries
from quanlin.staff import rules as staff_rules

log = logging.getLogger("quanlin.web")
Next = Callable[[HttpRequest], HttpResponse]

FREE = ("/healthz", "/static/")
"""Paths that need nobody and no transaction."""

PROVING = ("/account/", "/sign-out/", "/size/")
"""Where somebody may go who gave a password and no second proof."""

UNPROVEN = Actor(sort="nobody", role="unproven", label="还没有第二重验证")

_sessions: dict[str, tuple[float, Actor]] = {}


class PlainFaults:
    """A database that is gone, and anything unforeseen, become a clear page; nothing half-written stays."""

    def __init__(self, get_response: Next):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.get_response(request)
        except (OperationalError, InterfaceError):
            log.exception("the database did not answer")
            return errors.answer(request, errors.NO_DATABASE)
        except QuanlinError as fault:
            return errors.answer(request, fault)

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        if isinstance(fault, QuanlinError):
            return errors.answer(request, fault)
        if isinstance(fault, OperationalError | InterfaceError):
            log.exception("the database did not answer")
            return errors.answer(request, errors.NO_DATABASE)
        return None


class ActorOfRequest:
    """Finds the actor and wraps the request in one transaction of his scope; reading ones are READ ONLY.

    An answer of 400 and above undoes everything, unless the view set ``request.keep`` (a failed try must be counted).
    """

    def __init__(self, get_response: Next):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = NOBODY
        if request.path.startswith(FREE):
            return self.get_response(request)
        request.actor = actor = actor_of(request)
        refused = _at_the_door(request, actor)
        if refused is not None:
            return refused
        looks = request.method in ("GET", "HEAD", "OPTIONS") and not request.path.startswith("/account/")
        with staff_actions.act_as(actor, read_only=looks):
            response = self.get_response(request)
            if response.status_code >= 400 and not getattr(request, "keep", False):
                transaction.set_rollback(True)
        return response


def _at_the_door(request: HttpRequest, actor: Actor) -> HttpResponse | None:
    """What is answered before any page is asked: the second proof comes first, and a reading token only reads."""
    looks = request.method in ("GET", "HEAD", "OPTIONS")
    if actor.role == UNPROVEN.role and not request.path.startswith(PROVING):
        if looks and not request.path.startswith("/api/"):
            return redirect("/account/2fa/")
        return errors.answer(
            request, NotAllowed("second_proof", "先设好第二重验证，再做别的。请打开「我的账号」。")
        )
    if not looks and not actor.can_write:
        return errors.answer(
            request, NotAllowed("read_only", "没有写入：这个令牌只能读。请换一个可写的令牌。")
        )
    return None


def actor_of(request: HttpRequest) -> Actor:
    """The actor behind a bearer token or a session; each process believes what it read for KEEP_SECONDS."""
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        secret = header[7:].strip()
        known = staff_queries.kept_for_token(secret)
        if known is not None:
            return known
        with staff_actions.as_system():
            return staff_queries.actor_for_token(secret)
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    if not key:
        return NOBODY
    kept = _sessions.get(key)
    if kept and time.monotonic() - kept[0] < staff_queries.KEEP_SECONDS:
        return kept[1]
    with staff_actions.as_system():
        actor = _from_session(request, key)
    if len(_sessions) > 20_000:
        _sessions.clear()
    _sessions[key] = (time.monotonic(), actor)
    return actor


def _from_session(request: HttpRequest, key: str) -> Actor:
    session = request.session
    account = session.get("_auth_user_id")
    began = session.get("began_at")
    if not account:
        return NOBODY
    if not began:
        session.flush()
        return NOBODY
    seen = datetime.fromisoformat(session.get("seen_at", began))
    now = clock.now()
    actor = staff_queries.actor_for(
        int(account), grant=session.get("grant"), session=key, began_at=datetime.fromisoformat(began)
    )
    if actor.sort == "nobody" and actor.account and session.get("grant") is not None:
        session["grant"] = None  # that hat is gone; whoever has others goes on with the first of them
        return _from_session(request, key)
    over = actor.account is None or actor.sort == "partner"  # stopped, ended, or one that has tokens only
    if over or (actor.sort != "resident" and (now - seen).total_seconds() > settings.STAFF_IDLE_SECONDS):
        session.flush()  # else the page of signing in would take him for signed in, and send him back here
        return NOBODY
    if actor.sort != "resident" and not _proven(session.get("way", "")):
        return UNPROVEN
    if actor.sort == "staff" and (now - seen).total_seconds() > 60:
        session["seen_at"] = now.isoformat()
    return actor


def _proven(way: str) -> bool:
    return staff_rules.WAYS.get(way, False) and (settings.DEMO or way != "demonstration")


def forget(key: str = "") -> None:
    """Drop what this process remembers of a session, or of all (after signing out, and between tests)."""
    if key:
        _sessions.pop(key, None)
    else:
        _sessions.clear()
