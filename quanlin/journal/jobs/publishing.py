"""Telling the broker, without ever waiting for it: sealing and folding go on while it is away."""

import asyncio
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from logging import getLogger

from nats.aio.client import Client

SUBJECT = "quanlin.facts"
_CONNECT_SECONDS = 2
_FLUSH_SECONDS = 5
_LONGEST_PAUSE = 5.0

log = getLogger(__name__)


class Publisher:
    """One connection to the broker in a thread of its own. One call of ``send`` at a time.

    A send counts as done when the broker has answered a ping after it. After a failure the connection is made
    anew, after 0.1 s at first and 5 s at most, so that what is sent twice is little and nothing is left out.
    """

    def __init__(self, url: str):
        self._url = url
        self._client: Client | None = None
        self._sending: Future[None] | None = None
        self._upto = 0
        self._pause = 0.0
        self._not_before = 0.0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="publisher", daemon=True)
        self._thread.start()

    def ready(self) -> bool:
        """Whether ``send`` may be called now."""
        return self._sending is None and time.monotonic() >= self._not_before

    def send(self, payloads: Sequence[bytes], upto: int) -> None:
        """Begin to send. ``upto``: what ``done`` answers once it is sent."""
        self._upto = upto
        self._sending = asyncio.run_coroutine_threadsafe(self._send(payloads), self._loop)

    def done(self, wait: float = 0) -> int | None:
        """``upto`` of the last send when it is through; None while it runs or when it failed."""
        if self._sending is None:
            return None
        try:
            self._sending.result(wait)
        except TimeoutError:
            if not self._sending.done():
                return None
            self._failed("no answer in time")
        except Exception as error:  # whatever the client raises, the answer is to try again
            self._failed(repr(error))
        else:
            if self._pause:
                log.info("the broker is back")
            self._sending, self._pause = None, 0.0
            return self._upto
        return None

    def _failed(self, why: str) -> None:
        if not self._pause:
            log.warning("the broker does not take what is published (%s); trying again", why)
        self._sending = None
        self._pause = min(_LONGEST_PAUSE, self._pause * 2 or 0.1)
        self._not_before = time.monotonic() + self._pause

    async def _send(self, payloads: Sequence[bytes]) -> None:
        try:
            if self._client is None:
                self._client = Client()
                await self._client.connect(
                    self._url,
                    allow_reconnect=False,
                    connect_timeout=_CONNECT_SECONDS,
                    name="quanlin relay",
                    error_cb=_quiet,
                )
            for payload in payloads:
                await self._client.publish(SUBJECT, payload)
            await self._client.flush(_FLUSH_SECONDS)
        except Exception:
            await self._drop()
            raise

    async def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(Exception):
                await client.close()

    def close(self) -> None:
        """End the connection and the thread."""
        with suppress(Exception):
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(_CONNECT_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CONNECT_SECONDS)
        if not self._thread.is_alive():
            self._loop.close()

    async def _end(self) -> None:
        await self._drop()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


async def _quiet(error: Exception) -> None:
    log.debug("broker: %r", error)
