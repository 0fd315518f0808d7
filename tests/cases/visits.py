"""Visiting pages as somebody, without a browser."""

import re
from html import unescape
from html.parser import HTMLParser

from django.http import HttpResponse
from django.test import Client

from quanlin.kit.actor import Actor
from tests.sessions import session_of


def visitor(actor: Actor | None = None, *, csrf: bool = False) -> Client:
    """A client with the actor's session. csrf: whether forms must carry their token, as for people."""
    client = Client(enforce_csrf_checks=csrf, raise_request_exception=False)
    if actor is not None:
        session_of(client, actor)
    return client


def text_of(answer: HttpResponse) -> str:
    """What a reader sees: the page without its marks."""
    page = re.sub(r"<(script|style|template)\b.*?</\1>", "", answer.content.decode(), flags=re.S)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)))


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[tuple[str, str]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "action", "src", "hx-get", "hx-post") and value:
                self.found.add((name, value))


def links_of(answer: HttpResponse) -> set[str]:
    """Every address of this site that the page leads to."""
    reader = _Links()
    reader.feed(answer.content.decode())
    return {a for _, a in reader.found if a.startswith("/") and not a.startswith("/static/")}


class _Fields(HTMLParser):
    """The fields of the form that stands at ``action`` ('' for the first one)."""

    def __init__(self, action: str):
        super().__init__()
        self.action, self.inside, self.found = action, False, {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = dict(attrs)
        if tag == "form":
            self.inside = not self.action or at.get("action") == self.action
        name = at.get("name")
        sent = at.get("type") not in ("file", "radio", "checkbox") or (
            at.get("type") != "file" and "checked" in at
        )
        if self.inside and name and tag == "input" and sent:
            self.found[name] = at.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False


def fields_of(answer: HttpResponse, action: str = "") -> dict[str, str]:
    """What a browser without scripts would send when the form is filled in nowhere."""
    reader = _Fields(action)
    reader.feed(answer.content.decode())
    return reader.found
