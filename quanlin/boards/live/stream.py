"""One open stream: what waits for it, and why it ends."""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

from quanlin.boards.live.telling import Told, event, hears
from quanlin.kit.actor import Actor

MOST_WAITING = 200
"""Events that wait for a slow reader; after that it is told that it is behind and has to look anew."""
HEARTBEAT_SECONDS = 15.0


class Stream:
    """Filled by the hub, emptied by the request that it belongs to. ``last``: index up to which the reader was told."""

    def __init__(self, *, actor: Actor, credential: tuple[str, str], last: int):
        self.actor = actor
        self.credential = credential
        self.last = last
        self.checked_at = time.monotonic()
        self.ended = ""
        self._said_over = False
        self._waiting: deque[tuple[int | None, bytes]] = deque()
        self._behind_at: int | None = None
        self._more = asyncio.Event()

    def hears(self, fact: Told) -> bool:
        """Whether the reader may hear of it."""
        return not self.ended and hears(self.actor, fact)

    def offer(self, idx: int, said: bytes) -> None:
        """One fact's event. When too many wait, all are dropped and the reader is told so."""
        if len(self._waiting) >= MOST_WAITING or self._behind_at is not None:
            self._waiting.clear()
            self._behind_at = idx
        else:
            self._waiting.append((idx, said))
        self._more.set()

    def say(self, name: str, data: Mapping[str, Any]) -> None:
        """Something about the stream itself."""
        self._waiting.append((None, event(name, data)))
        self._more.set()

    def recheck(self, actor: Actor, now: float) -> None:
        """The actor as he is now. A stream is opened under one grant and ends with it."""
        if actor.sort == "nobody" or (actor.account, actor.grant) != (self.actor.account, self.actor.grant):
            self.end("ended")
        else:
            self.actor = actor
            self.checked_at = now

    def end(self, reason: str) -> None:
        """ended: the right is gone; unverified: it could not be asked for."""
        self.ended = self.ended or reason
        self._more.set()

    async def next(self) -> bytes:
        """What to send now, in one piece; waits at most until the heartbeat. ``b''`` when the stream has ended."""
        if self._said_over:
            return b""
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                await self._more.wait()
        except TimeoutError:
            return b": \n\n"
        self._more.clear()
        if self.ended:
            self._said_over = True
            return event("over", {"reason": self.ended})
        parts: list[bytes] = []
        if self._behind_at is not None:
            self.last = self._behind_at
            parts.append(event("behind", {"head": self.last}, self.last))
            self._behind_at = None
        while self._waiting:
            idx, said = self._waiting.popleft()
            if idx is None or idx > self.last:
                parts.append(said)
                self.last = self.last if idx is None else idx
        return b"".join(parts)
