"""Every route × every role, asked for real: permission_matrix.yaml says what each gets, and nothing is left out.

A new route fails here until its line stands in the table. The failure prints the line as it is now; think before you
copy it. Answers: ``yes`` let in; ``asks`` let in, and the empty form was refused; ``sign-in`` sent to sign in; ``away``
sent elsewhere; ``-`` no such method; or the status.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from quanlin.cases.models import Case, Photo
from quanlin.config import middleware
from quanlin.journal import queries as journal
from quanlin.kit.actor import SYSTEM, Actor
from quanlin.notices import actions as notices
from quanlin.notices.models import Notice
from quanlin.staff import actions as staff
from quanlin.staff.actions import act_as
from quanlin.staff.models import Token
from tests import world
from tests.asking import Asker
from tests.cases.pictures import jpeg
from tests.sessions import session_of

TABLE = yaml.safe_load((Path(__file__).parent / "permission_matrix.yaml").read_text(encoding="utf-8"))
WANTED: dict[str, str] = {line: " ".join(answers.split()) for line, answers in TABLE["routes"].items()}
ROLES: list[str] = TABLE["roles"].split()
METHODS = ("GET", "POST", "PATCH")
QUERIES: dict[str, dict[str, str]] = {
    "/api/v1/places": {"q": "舜新"},
    "/api/v1/places/lookup": {"lat": "36.64", "lng": "117.0"},
    "/api/v1/places/<code>/outline": {"level": "grid"},
}
BODIES: dict[str, dict[str, Any]] = {  # JSON for the API, a form for pages; the others get an empty one
    "/api/v1/cases": {"kind": "street_light", "text": "路灯不亮", "place": world.SHUNXIN},
    "/api/v1/cases/<number>/moves": {"move": "note", "words": "看过了", "version": 2},
    "/api/v1/cases/<number>/reveal": {"purpose": "on_site"},
    "/api/v1/kinds/suggest": {"text": "路灯"},
    "/desk/cases/<str:number>/<str:code>/": {"words": "看过了", "version": "2"},
    "/desk/cases/<str:number>/reveal/": {"purpose": "on_site"},
    "/cases/<str:number>/<str:code>/": {"words": "看过了", "version": "2"},
    "/report/": {"kind": "street_light", "text": "路灯不亮", "place": world.SHUNXIN, "idempotency_key": "k"},
    "/p/<str:code>/": {
        "kind": "street_light",
        "text": "路灯不亮",
        "place": world.SHUNXIN,
        "idempotency_key": "k",
    },
    "/me/name/": {"name": "王秀兰"},
}


def routes(resolver: URLResolver | None = None, prefix: str = "/") -> Iterator[str]:
    """Every path of the URLconf, once."""
    for item in (resolver or get_resolver()).url_patterns:
        path = prefix + str(item.pattern)
        if isinstance(item, URLResolver):
            yield from routes(item, path)
        elif isinstance(item, URLPattern):
            yield path


ROUTES = sorted(set(routes()))


class Stage:
    """The world in which all is asked: one case of wang in 舜新社区 with a photo, and somebody in every role."""

    def __init__(self) -> None:
        with act_as(SYSTEM):
            people = world.build()
            city = world.number(world.CITY)
            officers = ("business_manager", "system_admin", "security_admin", "audit_admin")
            self.actors: dict[str, Actor | None] = {
                "nobody": None, "reporter": people.wang, "neighbour": people.zhou, "worker": people.worker,
                "stranger": people.stranger, "grid_worker": people.grid_worker, "property": people.electrician,
                "leader": people.leader, **{role: world.staff_actor(role, role, city) for role in officers},
            }  # fmt: skip
            account = staff.open_account(
                username="m", sort="staff", password="a long enough pass", actor=SYSTEM
            )
            grant = staff.grant(account=account.pk, role="maintainer", place=city, actor=SYSTEM, days=90)
            self.actors["maintainer"] = world.actor_of(account, grant.pk)
            notices.tell(entry=1, accounts=[people.wang.account or 0], title="已受理", link="/")
            notice = Notice.objects.get().pk
        number = world.report(people).number
        world.move(number, "note", people.worker, words="现场", photos=(world.picture(),))
        with act_as(SYSTEM):
            case = Case.objects.get(number=number)
            photo: UUID = Photo.objects.get().pk
            entry = journal.timeline("case", str(case.pk), viewer=SYSTEM)[0].id
        self.askers = {role: Asker(actor) for role, actor in self.actors.items()}
        token = Token.objects.get(account=people.worker.account).pk
        self.values = {
            "<number>": number, "<str:number>": number, "<uuid:photo>": str(photo), "<int:notice>": str(notice),
            "<int:entry>": str(entry), "<int:token>": str(token), "<int:pk>": "1",
        }  # fmt: skip
        self.sessions = {role: session_of(Client(), actor) for role, actor in self.actors.items() if actor}

    def address(self, path: str) -> str:
        code = (
            "note" if "cases/<str:number>" in path else "street_light" if "kinds" in path else world.SHUNXIN
        )
        for name, value in {**self.values, "<code>": code, "<str:code>": code}.items():
            path = path.replace(name, value)
        assert "<" not in path, f"the matrix does not know what to put into {path}"
        return path

    def ask(self, role: str, method: str, path: str) -> str:
        """What one gets. Undone afterwards."""
        client, kind = Client(raise_request_exception=False), {}
        data: dict[str, Any] = QUERIES.get(path, {}) if method == "GET" else BODIES.get(path, {})
        if path.startswith("/api/"):
            client = self.askers[role].client
            kind = {"content_type": "application/json"} if method != "GET" else {}
        elif role in self.sessions:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[role]
        if path.endswith("/photos") and method == "POST":
            data, kind = {"photos": SimpleUploadedFile("a.jpg", jpeg())}, {}
        with transaction.atomic():
            ask = getattr(client, method.lower())
            answer = ask(self.address(path), data, headers={"Idempotency-Key": "k"}, **kind)
            if answer.streaming:
                b"".join(answer)  # type: ignore[arg-type]
            transaction.set_rollback(True)
        middleware.forget()
        cache.clear()  # where allauth counts tries
        return _kind(answer)


def _kind(answer: HttpResponse) -> str:
    status = answer.status_code
    if 300 <= status < 400:
        return "sign-in" if "sign-in" in answer["Location"] else "away"
    if status in (400, 409, 415, 422):
        return "asks"
    return {405: "-"}.get(status, "yes" if status < 300 else str(status))


def test_every_route_has_its_lines_and_every_line_a_route() -> None:
    listed = {line.split(" ", 1)[1] for line in WANTED}
    assert set(ROUTES) - listed == set(), "these routes are not in tests/house/permission_matrix.yaml"
    assert listed - set(ROUTES) == set(), "these lines of tests/house/permission_matrix.yaml have no route"
    assert all(len(answers.split()) == len(ROLES) for answers in WANTED.values())


@pytest.mark.django_db
def test_every_role_gets_at_every_route_what_the_matrix_says() -> None:
    stage = Stage()
    found = {}
    for path in ROUTES:
        for method in METHODS if path.startswith("/api/") else METHODS[:2]:
            answers = [stage.ask(role, method, path) for role in ROLES]
            if set(answers) - {"-", "401"} or f"{method} {path}" in WANTED:
                found[f"{method} {path}"] = " ".join(answers)
    wrong = [f"  {line}: {found.get(line)}" for line in found | WANTED if found.get(line) != WANTED.get(line)]
    assert not wrong, "not as tests/house/permission_matrix.yaml says; now it is:\n" + "\n".join(wrong)


@pytest.mark.django_db
def test_the_database_alone_refuses_too() -> None:
    """The second wall: the same question in plain SQL, with nothing of ours but the scope."""
    stage = Stage()
    seen = {}
    for role, actor in stage.actors.items():
        if actor is None:
            continue
        with act_as(actor), connection.cursor() as cursor:
            cursor.execute("SELECT (SELECT count(*) FROM cases_case), (SELECT count(*) FROM cases_photo)")
            seen[role] = cursor.fetchone()
    assert {role for role, counts in seen.items() if counts == (0, 0)} == {"neighbour", "stranger"}
    assert {role: counts for role, counts in seen.items() if counts not in ((0, 0), (1, 1))} == {}
