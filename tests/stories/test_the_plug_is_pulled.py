"""Story 14, 拔电源: web worker, jobs worker, relay, broker and database are killed in turn while people report.

QUANLIN_STORY_SECONDS makes it longer; by default it takes about three quarters of a minute.
"""

import http.client
import json
import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.stack import Stack, until

pytestmark = pytest.mark.stack

SECONDS = int(os.environ.get("QUANLIN_STORY_SECONDS", "40"))
CLIENTS = 4
KILLED = ("网页服务", "后台任务", "事实分发", "消息服务", "数据库")


class Client(threading.Thread):
    """Reports one thing after the other, each with a key of its own, and asks again until it gets a number."""

    def __init__(self, stack: Stack, name: str, token: str, end: threading.Event):
        super().__init__(daemon=True)
        self.stack, self.name, self.token, self.end = stack, name, token, end
        self.shown: dict[str, str] = {}  # key: the number that the person saw
        self.asked_again = 0
        self.refused: list[str] = []

    def run(self) -> None:
        n = 0
        while not self.end.is_set():
            n += 1
            key = f"{self.name}-{n}"
            body = {
                "kind": "street_light",
                "text": f"第 {n} 盏灯不亮（{self.name}）",
                "place": "370103012001",
            }
            while key not in self.shown and not self.refused:
                self._try(key, json.dumps(body).encode())

    def _try(self, key: str, body: bytes) -> None:
        client = http.client.HTTPConnection("127.0.0.1", self.stack.port, timeout=5)
        headers = {
            "Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "Idempotency-Key": key,
        }  # fmt: skip
        try:
            client.request("POST", "/api/v1/cases", body, headers)
            answer = client.getresponse()
            text = answer.read()
            if answer.status in (200, 201):
                self.shown[key] = json.loads(text)["number"]
                return
            if answer.status < 500:
                self.refused.append(f"{answer.status} {text.decode()}")
                return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            client.close()
        self.asked_again += 1
        self.end.wait(0.1)


def children_of(pid: int) -> list[int]:
    """The process and what it started."""
    found = [pid]
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += children_of(int(child))
    return found


def kill(stack: Stack, part: str) -> None:
    """kill -9 of a part: of a web worker, the process that answers; of all others, the part itself."""
    pid = stack.part(part)
    victims = children_of(pid)
    with suppress(ProcessLookupError):
        os.kill(victims[-1] if part == "网页服务" and len(victims) > 1 else pid, signal.SIGKILL)


def test_every_number_that_was_shown_exists_once(own_stack: Stack) -> None:
    tokens = [own_stack.token(name) for name in ("wang.xiuying", "zhou.ting")]
    with own_stack.database() as db:
        before = db.execute("SELECT count(*) FROM cases_case").fetchone()[0]
    end = threading.Event()
    clients = [Client(own_stack, f"client{n}", tokens[n % 2], end) for n in range(CLIENTS)]
    for client in clients:
        client.start()
    began, turn = time.monotonic(), 0
    while time.monotonic() - began < SECONDS:
        time.sleep(SECONDS / (2 * len(KILLED)))
        kill(own_stack, KILLED[turn % len(KILLED)])
        turn += 1
    assert turn >= len(KILLED)
    until(own_stack.healthy, seconds=90)
    shown_before_the_end = sum(len(client.shown) for client in clients)
    until(
        lambda: sum(len(client.shown) for client in clients) > shown_before_the_end
    )  # it goes on without restart
    end.set()
    for client in clients:
        client.join(60)
        assert not client.is_alive()
        assert client.refused == []

    shown = {f"{c.name}:{key}": number for c in clients for key, number in c.shown.items()}
    assert len(shown) == len(set(shown.values())) > 0
    assert (
        sum(client.asked_again for client in clients) > 0
    )  # the plug was really pulled under somebody's hand
    with own_stack.database() as db:
        kept = dict(
            db.execute(
                "SELECT split_part(intake_key, ':', 2), number FROM cases_case WHERE intake_key LIKE '%%:client%%'"
            ).fetchall()
        )
        now = db.execute("SELECT count(*) FROM cases_case").fetchone()[0]
        told = db.execute(
            "SELECT count(*), count(DISTINCT data->>'number') FROM journal_entry"
            " WHERE fact = 'cases.reported' AND data->>'number' = ANY(%s)",
            [list(kept.values())],
        ).fetchone()
    by_key = {key.split(":")[1]: number for key, number in shown.items()}
    assert {key: kept.get(key) for key in by_key} == by_key
    assert now - before == len(kept)  # nothing half-written, nothing twice
    assert told == (len(kept), len(kept))

    until(lambda: _waiting(own_stack) == 0, seconds=90)
    assert "没有发现问题" in own_stack.quanlin("journal", "verify").stdout
    until(lambda: _undone(own_stack) == 0, seconds=90)
    with own_stack.database() as db:
        worst = db.execute(
            "SELECT coalesce(max(n), 0) FROM (SELECT count(*) n FROM notices_notice GROUP BY entry, account) x"
        ).fetchone()[0]
    assert worst <= 1


def _waiting(stack: Stack) -> int:
    return json.loads(stack.quanlin("journal", "verify", "--json", code=None).stdout)["waiting"]


def _undone(stack: Stack) -> int:
    """Jobs that were neither done nor given up."""
    with stack.database() as db:
        return db.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND queue_name = 'notices'"
        ).fetchone()[0]
