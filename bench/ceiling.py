"""The bare ceiling: the same five calls by hand on Django, granian and psycopg, without anything else."""

import json
import os
import secrets
from datetime import UTC, datetime

import django
from django.conf import settings

from quanlin.config.settings import database

settings.configure(
    ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, MIDDLEWARE=[], USE_TZ=True, SECRET_KEY="bench",  # noqa: S106
    DATABASES={"default": database(os.environ["BENCH_CEILING_URL"])}, INSTALLED_APPS=[],
)  # fmt: skip
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.http import HttpRequest, HttpResponse, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402

_LIST = "SELECT id, number, kind, title, state, due_at, opened_at FROM bare WHERE place = %s{} ORDER BY opened_at DESC, id DESC LIMIT 20"


def _rows(sql: str, values: list) -> JsonResponse:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        names = [c.name for c in cursor.description]
        return JsonResponse({"items": [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]})


def create(request: HttpRequest) -> HttpResponse:
    """One insert."""
    body = json.loads(request.body)
    number = f"{secrets.randbelow(10**15):015d}"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bare (number, kind, title, words, place, state, opened_at, version) VALUES (%s,%s,%s,%s,%s,'reported',%s,1)",
            [number, body["kind"], body["text"][:40], body["text"], 1, datetime.now(UTC)],
        )
    return JsonResponse({"number": number}, status=201)


def listed(request: HttpRequest) -> HttpResponse:
    """Twenty rows."""
    return _rows(_LIST.format(""), [int(request.GET["place"])])


def filtered(request: HttpRequest) -> HttpResponse:
    """Twenty rows of a state and kind."""
    return _rows(
        _LIST.format(" AND state = %s AND kind = %s"),
        [int(request.GET["place"]), request.GET["state"], request.GET["kind"]],
    )


def one(request: HttpRequest, number: str) -> HttpResponse:
    """One row."""
    return _rows("SELECT * FROM bare WHERE number = %s", [number])


def move(request: HttpRequest, number: str) -> HttpResponse:
    """Lock, change the state."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT id, version FROM bare WHERE number = %s FOR UPDATE", [number])
        found = cursor.fetchone()
        cursor.execute("UPDATE bare SET state = 'accepted', version = version + 1 WHERE id = %s", [found[0]])
    return JsonResponse({"version": found[1] + 1})


urlpatterns = [
    path("create", create), path("list", listed), path("filtered", filtered), path("one/<str:number>", one), path("move/<str:number>", move),
]  # fmt: skip
application = get_wsgi_application()
