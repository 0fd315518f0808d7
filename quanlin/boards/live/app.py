"""``GET /api/v1/live`` as a small ASGI application."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

import orjson
from django.conf import settings
from django.http.cookie import parse_cookie

from quanlin.boards.live.hub import NO_DATABASE, Credential, Hub
from quanlin.boards.live.stream import Stream
from quanlin.boards.live.telling import event, hears
from quanlin.journal import queries as journal
from quanlin.journal.rules.entry import as_published
from quanlin.kit.actor import Actor
from quanlin.kit.errors import NotFound, QuanlinError, Refused, TooMany
from quanlin.staff.actions import act_as

PATH = "/api/v1/live"
MOST_STREAMS = 12
"""Open streams of one account."""
FURTHEST = 20_000
"""A reader that is further behind than so many facts is told ``behind`` instead of all of them."""

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class Unauthenticated(QuanlinError):
    """No token or session, or one that is over."""

    status = 401


class NotReady(QuanlinError):
    """The database does not answer."""

    status = 503


class NotThisWay(QuanlinError):
    """Only GET."""

    status = 405


class Live:
    """The application. find: actors behind credentials, asked anew; runs in a thread and may use the database."""

    def __init__(self, *, find: Callable[[Sequence[Credential]], list[Actor]], nats_url: str):
        self.find = find
        self.nats_url = nats_url
        self.hub: Hub | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI 3."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            try:
                stream = await self._open(scope)
            except QuanlinError as fault:
                await _refuse(fault, send)
            else:
                await self._serve(stream, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            kind = (await receive())["type"]
            if kind == "lifespan.startup":
                self._started()
            elif self.hub is not None:
                await self.hub.stop()
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return

    def _started(self) -> Hub:
        if self.hub is None:
            self.hub = Hub(find=self.find, nats_url=self.nats_url)
            self.hub.start()
        return self.hub

    async def _open(self, scope: Scope) -> Stream:
        """The stream that a request asks for, known to the hub. Raises QuanlinError."""
        if scope["path"].rstrip("/") != PATH:
            raise NotFound("no_page", "这里只有实时推送 /api/v1/live。")
        if scope["method"] != "GET":
            raise NotThisWay("method", "实时推送只用 GET。")
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        hub = self._started()
        credential = _credential(headers)
        last = _last(headers, scope["query_string"].decode("latin-1"))
        try:
            actor = (await hub.ask(lambda: self.find([credential])))[0] if credential[1] else None
        except (*NO_DATABASE, TimeoutError):
            raise NotReady("no_database", "实时推送暂时打不开：数据库没有回应。过几秒会自动重试。") from None
        if actor is None or actor.sort == "nobody":
            raise Unauthenticated(
                "unauthenticated", "请先登录，或带上有效的令牌：Authorization: Bearer qln_…"
            )
        if sum(s.actor.account == actor.account for s in hub.streams) >= MOST_STREAMS:
            raise TooMany("too_many_streams", f"这个账号已经开了 {MOST_STREAMS} 个实时窗口。请关掉几个再开。")
        if hub.head is None:
            raise NotReady("starting", "实时推送正在启动。过几秒会自动重试。")
        stream = Stream(actor=actor, credential=credential, last=hub.head if last is None else last)
        hub.streams.add(stream)
        return stream

    async def _serve(self, stream: Stream, receive: Receive, send: Send) -> None:
        hub = self._started()
        gone = asyncio.create_task(_until_gone(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            await _piece(send, b"retry: 2000\n\n" + event("ready", {"head": hub.head}, stream.last))
            if hub.broken:
                stream.say("broken", {})
            await self._catch_up(hub, stream, send)
            while said := await _unless(gone, stream.next()):
                await _piece(send, said)
            with suppress(Exception):  # the reader may be gone
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            hub.streams.discard(stream)
            gone.cancel()

    async def _catch_up(self, hub: Hub, stream: Stream, send: Send) -> None:
        """What happened since the reader's last event; what happens meanwhile waits in the stream."""
        head = hub.head or 0
        if stream.last > head or head - stream.last > FURTHEST:
            stream.last = head
            await _piece(send, event("behind", {"head": head}, head))
        while stream.last < head and not stream.ended:
            try:
                found = await hub.ask(lambda: _since(stream.last, stream.actor))
            except (*NO_DATABASE, TimeoutError):
                stream.last = head
                await _piece(send, event("behind", {"head": head}, head))
                return
            for entry in found.entries:
                fact = as_published(entry)
                if hears(stream.actor, fact):
                    await _piece(send, await hub.event_of(fact))
            stream.last = max(found.upto, stream.last + 1)


HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-accel-buffering", b"no"),
]


def _credential(headers: Mapping[str, str]) -> Credential:
    said = headers.get("authorization", "")
    if said.startswith("Bearer "):
        return "bearer", said[7:].strip()
    return "session", parse_cookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME, "")


def _last(headers: Mapping[str, str], query: str) -> int | None:
    asked = headers.get("last-event-id") or parse_qs(query).get("last", [""])[-1]
    if not asked:
        return None
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 18):
        raise Refused("last", "Last-Event-ID 是收到过的最后一个编号。请去掉它，从现在开始。", field="last")
    return int(asked)


def _since(idx: int, viewer: Actor) -> journal.Since:
    with act_as(viewer, read_only=True):
        return journal.since(idx, viewer=viewer)


async def _piece(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _unless(gone: asyncio.Task[None], step: Awaitable[bytes]) -> bytes:
    """What the step answers, or b'' when the reader has gone meanwhile."""
    mine = asyncio.ensure_future(step)
    await asyncio.wait({gone, mine}, return_when=asyncio.FIRST_COMPLETED)
    if not mine.done():
        mine.cancel()
        return b""
    return mine.result()


async def _refuse(fault: QuanlinError, send: Send) -> None:
    body = {"type": "about:blank", "title": fault.message, "status": fault.status, "code": fault.code}
    if fault.field:
        body["field"] = fault.field
    headers = [(b"content-type", b"application/problem+json"), (b"cache-control", b"no-store")]
    if fault.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if fault.status == 503:
        headers.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": fault.status, "headers": headers})
    await send({"type": "http.response.body", "body": orjson.dumps(body), "more_body": False})
