"""Who asks, in which transaction, and what becomes of a fault."""

import logging
import time
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse

from quanlin.config import errors
from quanlin.kit import clock
from quanlin.kit.actor import NOBODY, Actor
from quanlin.kit.errors import QuanlinError
from quanlin.staff import actions as staff_actions
from quanlin.staff import queries as staff_queries

log = logging.getLogger("quanlin.web")
Next = Callable[[HttpRequest], HttpResponse]

FREE = ("/healthz", "/static/")
"""Paths that need nobody and no transaction."""

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
        looks = request.method in ("GET", "HEAD", "OPTIONS") and not request.path.startswith("/account/")
        with staff_actions.act_as(actor, read_only=looks):
            response = self.get_response(request)
            if response.status_code >= 400 and not getattr(request, "keep", False):
                transaction.set_rollback(True)
        return response


def actor_of(request: HttpRequest) -> Actor:
    """The actor behind a bearer token or a session; each process believes what it read for KEEP_SECONDS."""
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        with staff_actions.as_system():
            return staff_queries.actor_for_token(header[7:].strip())
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
    if not account or not began:
        return NOBODY
    seen = datetime.fromisoformat(session.get("seen_at", began))
    now = clock.now()
    actor = staff_queries.actor_for(
        int(account), grant=session.get("grant"), session=key, began_at=datetime.fromisoformat(began)
    )
    if actor.sort == "staff" and (now - seen).total_seconds() > settings.STAFF_IDLE_SECONDS:
        session.flush()
        return NOBODY
    if actor.sort == "staff" and (now - seen).total_seconds() > 60:
        session["seen_at"] = now.isoformat()
    return actor


def forget(key: str = "") -> None:
    """Drop what this process remembers of a session, or of all (after signing out, and between tests)."""
    if key:
        _sessions.pop(key, None)
    else:
        _sessions.clear()
