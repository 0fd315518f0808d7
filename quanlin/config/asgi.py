"""The live stream alone, for the small ASGI process; pages and API would be three times slower here."""

import os
from collections.abc import Sequence
from importlib import import_module

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quanlin.config.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.http import HttpRequest  # noqa: E402

from quanlin.boards.live.app import Live  # noqa: E402
from quanlin.config import checks, middleware  # noqa: E402
from quanlin.kit.actor import Actor  # noqa: E402
from quanlin.staff import queries as staff_queries  # noqa: E402

_sessions = import_module(settings.SESSION_ENGINE).SessionStore


def find_actors(credentials: Sequence[tuple[str, str]]) -> list[Actor]:
    """The actors behind tokens and sessions, as a page or the API would find them, and none of it from memory."""
    staff_queries.forget()
    middleware.forget()
    return [middleware.actor_of(_request(way, secret)) for way, secret in credentials]


def _request(way: str, secret: str) -> HttpRequest:
    """As much of a request as the middleware looks at."""
    request = HttpRequest()
    request.method, request.path = "GET", "/api/v1/live"
    if way == "bearer":
        request.META["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    else:
        request.COOKIES[settings.SESSION_COOKIE_NAME] = secret
    request.session = _sessions(secret if way == "session" else None)
    return request


application = Live(find=find_actors, nats_url=settings.NATS_URL)
checks.refuse_unsafe_production()
