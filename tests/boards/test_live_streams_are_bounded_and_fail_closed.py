"""One stream by itself: a slow reader, a right that cannot be asked for, words about the stream."""

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import replace

import pytest
from django.db import OperationalError

from quanlin.boards.live import hub as hubs
from quanlin.boards.live.stream import MOST_WAITING, Stream
from quanlin.boards.live.telling import event
from quanlin.kit.actor import NOBODY, Actor

WORKER = Actor(
    sort="staff", account=1, role="operator", grant=7, unit=3, place=8, ranges=((8, 15),), label="社区"
)


def run(work: Coroutine) -> object:
    return asyncio.run(work)


def stream(last: int = 0) -> Stream:
    return Stream(actor=WORKER, credential=("bearer", "x"), last=last)


def test_a_slow_reader_is_told_that_it_is_behind_and_goes_on_from_there() -> None:
    async def work() -> list[bytes]:
        one = stream()
        for idx in range(1, MOST_WAITING + 51):
            one.offer(idx, event("fact", {"n": idx}, idx))
        said = [await one.next()]
        one.offer(MOST_WAITING + 51, b"id: 251\n\n")
        return [*said, await one.next()]

    assert run(work()) == [b'id: 250\nevent: behind\ndata: {"head":250}\n\n', b"id: 251\n\n"]


def test_what_waits_is_sent_in_one_piece_and_old_facts_are_left_out() -> None:
    async def work() -> bytes:
        one = stream(last=1)
        for idx in (1, 2, 3):
            one.offer(idx, b"%d;" % idx)
        return await one.next()

    assert run(work()) == b"2;3;"


def test_an_idle_stream_sends_a_comment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quanlin.boards.live.stream.HEARTBEAT_SECONDS", 0.01)
    assert run(stream().next()) == b": \n\n"


def test_an_ended_stream_says_so_once_and_drops_what_waited() -> None:
    async def work() -> list[bytes]:
        one = stream()
        one.offer(1, b"secret")
        one.recheck(NOBODY, 0)
        return [await one.next(), await one.next()]

    assert run(work()) == [b'event: over\ndata: {"reason":"ended"}\n\n', b""]


def test_another_grant_ends_the_stream_and_a_changed_range_narrows_it() -> None:
    one, other = stream(), stream()
    narrower = replace(WORKER, ranges=((9, 9),))
    one.recheck(narrower, 5.0)
    assert (one.ended, one.actor, one.checked_at) == ("", narrower, 5.0)
    other.recheck(replace(WORKER, grant=8), 5.0)
    assert other.ended == "ended"


@pytest.mark.parametrize("fault", [OperationalError("gone"), RuntimeError("a bug")])
def test_who_cannot_be_asked_for_stops_hearing(fault: Exception) -> None:
    def find(_: object) -> list[Actor]:
        raise fault

    async def work() -> list[str]:
        hub = hubs.Hub(find=find, nats_url="")
        old, young = stream(), stream()
        old.checked_at = time.monotonic() - hubs.UNVERIFIED_SECONDS - 1
        hub.streams |= {old, young}
        assert await hub._recheck() is False
        return [old.ended, young.ended]

    assert run(work()) == ["unverified", ""]
