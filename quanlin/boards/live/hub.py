"""One subscription for all streams of the process. What the broker did not bring is read from the journal."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from logging import getLogger

import nats
import orjson
from django.db import DatabaseError, InterfaceError, connection
from nats.aio.msg import Msg

from quanlin.boards.live.stream import Stream
from quanlin.boards.live.telling import Told, fact_event
from quanlin.journal import queries as journal
from quanlin.journal.rules.entry import as_published
from quanlin.kit.actor import SYSTEM, Actor
from quanlin.kit.errors import NotFound
from quanlin.kit.placenumber import ancestor, has_level
from quanlin.places import queries as places
from quanlin.staff.actions import act_as

SUBJECT = "quanlin.facts"
CHECK_SECONDS = 4.0
"""How often each stream's actor is asked for again."""
UNVERIFIED_SECONDS = 8.0
"""A stream whose actor could not be asked for so long is closed: nobody hears on a right that may be gone."""
_CODES_SECONDS = 300.0

log = getLogger(__name__)

NO_DATABASE = (DatabaseError, InterfaceError)
Credential = tuple[str, str]
"""("bearer", token) or ("session", key)."""


class Hub:
    """Hears the broker, tells the streams, asks again who they are. Lives in one event loop; the database in threads."""

    def __init__(self, *, find: Callable[[Sequence[Credential]], list[Actor]], nats_url: str):
        self.find = find
        self.nats_url = nats_url
        self.streams: set[Stream] = set()
        self.head: int | None = None
        """Index of the last fact that was told; None while that is not known."""
        self.broken = True
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="live-db")
        self._turn = asyncio.Lock()
        self._codes: tuple[float, dict[int, tuple[str, str]]] = (0.0, {})
        self._work: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin, once."""
        if not self._work:
            self._work = [asyncio.create_task(self._listen()), asyncio.create_task(self._watch())]

    async def stop(self) -> None:
        """End the subscription."""
        for task in self._work:
            task.cancel()
        for task in self._work:
            with suppress(asyncio.CancelledError):
                await task
        self._work = []
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def ask[T](self, question: Callable[[], T], *, patience: float = 4.0) -> T:
        """Ask the database in a thread; once more when its connection had died. Raises DatabaseError, TimeoutError."""
        loop = asyncio.get_running_loop()
        return await asyncio.wait_for(loop.run_in_executor(self._threads, _asked, question), patience)

    # ── Hearing ────────────────────────────────────────────────────────────────

    async def _listen(self) -> None:
        await self._until(self._find_head)
        client = await nats.connect(  # goes on trying, now and whenever the line is cut
            self.nats_url, name="quanlin live", max_reconnect_attempts=-1, reconnect_time_wait=0.5, connect_timeout=2,
            ping_interval=5, disconnected_cb=self._cut, reconnected_cb=self._whole, error_cb=_quiet,
        )  # fmt: skip
        try:
            await client.subscribe(SUBJECT, cb=self._heard)
            await client.flush()
            await self._whole()
            await asyncio.Event().wait()
        finally:
            with suppress(Exception):
                await client.close()

    async def _until(self, step: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                return await step()
            except (*NO_DATABASE, TimeoutError):
                await asyncio.sleep(0.5)

    async def _find_head(self) -> None:
        self.head = await self.ask(lambda: journal.lag().size - 1)

    async def _cut(self) -> None:
        if not self.broken:
            self.broken = True
            log.warning("the broker is gone; streams stay open")
            for stream in self.streams:
                stream.say("broken", {})

    async def _whole(self) -> None:
        async with self._turn:
            await self._until(self._catch_up)
            self.broken = False
            for stream in self.streams:
                stream.say("mended", {})

    async def _heard(self, message: Msg) -> None:
        facts = orjson.loads(message.data)
        async with self._turn:
            if facts and self.head is not None and facts[0]["idx"] > self.head + 1:
                await self._until(self._catch_up)  # the broker dropped something
            await self._tell(facts)

    async def _catch_up(self) -> None:
        while self.head is not None:
            found = await self.ask(lambda: _since(self.head))
            await self._tell([as_published(e) for e in found.entries])
            if found.upto <= self.head:
                return
            self.head = found.upto

    async def _tell(self, facts: Iterable[Told]) -> None:
        for fact in facts:
            if self.head is not None and fact["idx"] <= self.head:
                continue  # at least once means sometimes twice
            self.head = fact["idx"]
            said: bytes | None = None
            for stream in self.streams:
                if stream.hears(fact):
                    said = said or await self.event_of(fact)
                    stream.offer(fact["idx"], said)

    async def event_of(self, fact: Told) -> bytes:
        """The event's bytes. The code of a place is read once in some minutes."""
        number = int(fact["place"])
        began, known = self._codes
        if time.monotonic() - began > _CODES_SECONDS:
            self._codes = (time.monotonic(), known := {})
        if number not in known:
            try:
                known[number] = await self.ask(lambda: _codes_of(number))
            except (*NO_DATABASE, TimeoutError):
                return fact_event(fact, place="", community="")
        place, community = known[number]
        return fact_event(fact, place=place, community=community)

    # ── Asking again who they are ──────────────────────────────────────────────

    async def _watch(self) -> None:
        while True:
            began = time.monotonic()
            failed = not await self._recheck()
            pause = 1.0 if failed else CHECK_SECONDS
            await asyncio.sleep(max(0.5, pause - (time.monotonic() - began)))

    async def _recheck(self) -> bool:
        now = time.monotonic()
        due: dict[Credential, list[Stream]] = {}
        for stream in self.streams:
            due.setdefault(stream.credential, []).append(stream)
        try:
            keys = list(due)
            for n in range(0, len(keys), 50):
                part = keys[n : n + 50]
                for key, actor in zip(part, await self.ask(lambda part=part: self.find(part)), strict=True):
                    for stream in due[key]:
                        stream.recheck(actor, now)
        except Exception as fault:  # whatever it is: who cannot be asked for must not go on hearing
            if not isinstance(fault, (*NO_DATABASE, TimeoutError)):
                log.exception("the streams' actors could not be asked for")
            for stream in tuple(self.streams):
                if time.monotonic() - stream.checked_at > UNVERIFIED_SECONDS:
                    stream.end("unverified")
            return False
        return True


def _asked[T](question: Callable[[], T]) -> T:
    for again in (True, False):
        try:
            return question()
        except NO_DATABASE:
            connection.close()
            if not again:
                raise
    raise AssertionError


def _since(idx: int | None, viewer: Actor = SYSTEM) -> journal.Since:
    with act_as(viewer, read_only=True):
        return journal.since(-1 if idx is None else idx, viewer=viewer)


def _codes_of(number: int) -> tuple[str, str]:
    def code(n: int) -> str:
        return places.place(n, viewer=SYSTEM).code

    try:
        with act_as(SYSTEM, read_only=True):
            own = code(number) if number else ""
            return own, code(ancestor(number, "community")) if number and has_level(
                number, "community"
            ) else ""
    except NotFound:
        return "", ""


async def _quiet(error: Exception) -> None:
    log.info("broker: %r", error)
