"""Asking a running program by its API, as somebody of the invented world."""

import http.client
import json
from uuid import uuid4

from tests.stack import Stack


class Asker:
    """Somebody with a token."""

    def __init__(self, stack: Stack, username: str):
        self.stack, self.username = stack, username
        self.token = stack.token(username)

    def ask(
        self, method: str, path: str, body: object = None, *, kind: str = "application/json", **headers: str
    ) -> dict:
        """The answer's JSON. An AssertionError carries what was refused."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        client = http.client.HTTPConnection("127.0.0.1", self.stack.port, timeout=30)
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        client.request(
            method, f"/api/v1{path}", data, sent | {k.replace("_", "-"): v for k, v in headers.items()}
        )
        answer = client.getresponse()
        text = answer.read()
        client.close()
        assert answer.status < 300, f"{method} {path}: {answer.status} {text.decode()}"
        return json.loads(text) if text else {}

    def open(self, text: str, *, kind: str, place: str) -> str:
        """Report; answers the number."""
        body = {"kind": kind, "text": text, "place": place}
        return self.ask("POST", "/cases", body, Idempotency_Key=uuid4().hex)["number"]

    def move(self, number: str, move: str, **given: object) -> None:
        """One move on the newest version."""
        version = self.ask("GET", f"/cases/{number}")["version"]
        self.ask("POST", f"/cases/{number}/moves", {"move": move, "version": version, **given})

    def photo(self, number: str, picture: bytes) -> None:
        """Send one photo."""
        mark = uuid4().hex
        body = (
            (
                f'--{mark}\r\nContent-Disposition: form-data; name="photos"; filename="a.jpg"\r\n'
                "Content-Type: image/jpeg\r\n\r\n"
            ).encode()
            + picture
            + f"\r\n--{mark}--\r\n".encode()
        )
        self.ask("POST", f"/cases/{number}/photos", body, kind=f"multipart/form-data; boundary={mark}")
