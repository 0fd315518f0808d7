"""Asking the API as somebody: a client with a token of that actor. Each answer is held to OpenAPI."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from quanlin.kit.actor import SYSTEM, Actor
from quanlin.staff import actions as staff
from tests import agreed

_TURNS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET CONSTRAINTS")


def token_of(actor: Actor, *, scope: str = "write") -> str:
    """A fresh token of the actor under his grant."""
    with staff.act_as(SYSTEM):
        assert actor.account is not None
        return staff.make_token(
            account=actor.account, scope=scope, name="test", actor=SYSTEM, grant_id=actor.grant, days=1
        )


class Asker:
    """Somebody with a token; answers of the API come as they are."""

    def __init__(self, actor: Actor | None, *, scope: str = "write"):
        self.token = token_of(actor, scope=scope) if actor else ""
        headers = {"authorization": f"Bearer {self.token}"} if actor else {}
        self.client = Client(headers=headers, raise_request_exception=False)

    def get(self, path: str, **query: Any) -> HttpResponse:
        """GET below /api/v1, or an absolute path with two slashes."""
        answer = self.client.get(_whole(path), query)
        agreed.check("GET", _whole(path), answer)
        return answer

    def post(self, path: str, body: Any, *, key: str = "", kind: str = "application/json") -> HttpResponse:
        """POST a body: bytes as they are, all else as JSON."""
        headers = {"Idempotency-Key": key} if key else {}
        data = body if isinstance(body, bytes) else json.dumps(body)
        answer = self.client.post(_whole(path), data, content_type=kind, headers=headers)
        agreed.check("POST", _whole(path), answer)
        return answer

    def open(self, key: str = "k", **more: Any) -> HttpResponse:
        """Open an ordinary case."""
        body = {"kind": "street_light", "text": "楼下路灯三天不亮了", "place": "370103012001", **more}
        return self.post("/cases", {k: v for k, v in body.items() if v is not ...}, key=key)

    def move(self, number: str, move: str, version: int, **given: Any) -> HttpResponse:
        """One move."""
        return self.post(f"/cases/{number}/moves", {"move": move, "version": version, **given})


def _whole(path: str) -> str:
    return path[1:] if path.startswith("//") else f"/api/v1{path}"


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that were sent meanwhile, without those that only begin and end transactions."""
    found: list[str] = []
    with CaptureQueriesContext(connection) as caught:
        yield found
    found += [q["sql"] for q in caught.captured_queries if not q["sql"].upper().startswith(_TURNS)]
