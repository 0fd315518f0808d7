"""The live stream as it runs: a broker, the relay, the ASGI process on loopback, and a reader of events."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from quanlin.config.stack import child
from quanlin.config.stack.broker import Broker
from quanlin.config.stack.faults import free_port
from quanlin.journal.jobs import run_relay

PATIENCE = 20.0
ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(slots=True)
class Event:
    """One server-sent event."""

    name: str
    id: int | None
    data: dict[str, Any]


class Reader:
    """One open stream. ``status`` and ``headers`` of the answer; events by ``next``."""

    def __init__(
        self, port: int, path: str, headers: dict[str, str], *, method: str = "GET", window: int = 0
    ):
        self.socket = socket.socket()
        if window:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", port))
        lines = [
            f"{method} {path} HTTP/1.1",
            "Host: localhost",
            *(f"{k}: {v}" for k, v in headers.items()),
            "",
            "",
        ]
        self.socket.sendall("\r\n".join(lines).encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.headers = {}
        while line := self.file.readline().strip():
            name, _, value = line.decode().partition(":")
            self.headers[name.lower()] = value.strip()

    def body(self) -> dict[str, Any]:
        """The JSON of an answer that is no stream."""
        return json.loads(b"".join(self._chunks()) if "chunked" in self.headers.get("transfer-encoding", "") else
                          self.file.read(int(self.headers["content-length"])))  # fmt: skip

    def _chunks(self) -> Iterator[bytes]:
        while True:
            size = int(self.file.readline() or b"0", 16)
            data = self.file.read(size)
            self.file.readline()
            if not size:
                return
            yield data

    def events(self) -> Iterator[Event]:
        """Events until the stream ends; comments are left out."""
        rest = b""
        for chunk in self._chunks():
            rest += chunk
            while b"\n\n" in rest:
                block, rest = rest.split(b"\n\n", 1)
                fields = dict(
                    line.split(": ", 1) for line in block.decode().splitlines() if not line.startswith(":")
                )
                if "event" in fields:
                    idx = int(fields["id"]) if "id" in fields else None
                    yield Event(fields["event"], idx, json.loads(fields["data"]))

    def until(self, name: str) -> list[Event]:
        """Events up to and with the first of a name. Fails when none comes in time."""
        if not hasattr(self, "_events"):
            self._events = self.events()
        found = []
        for event in self._events:
            found.append(event)
            if event.name == name:
                return found
        raise AssertionError(f"the stream ended without {name}: {found}")

    def close(self) -> None:
        """Go away."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.file.close()
        self.socket.close()


@dataclass(slots=True)
class Stack:
    """What runs. ``broker_process`` may be killed and started again by ``start_broker``."""

    port: int
    broker: Broker
    broker_process: subprocess.Popen
    server: subprocess.Popen
    readers: list[Reader]
    folder: Path

    def open(self, token: str = "", *, last: int | None = None, query: str = "", cookie: str = "", path: str = "/api/v1/live",
             method: str = "GET", window: int = 0) -> Reader:  # fmt: skip
        """Open a stream."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if last is not None:
            headers["Last-Event-ID"] = str(last)
        if cookie:
            headers["Cookie"] = f"{settings.SESSION_COOKIE_NAME}={cookie}"
        reader = Reader(self.port, path + query, headers, method=method, window=window)
        self.readers.append(reader)
        return reader

    def start_server(self) -> None:
        """Start the ASGI process again on the same port."""
        self.server = start_server(self.port, self.broker.url, self.folder)
        wait_until(lambda: _answers(self.port))

    def start_broker(self) -> None:
        """Start the broker again on the same port."""
        self.broker_process = self.broker.start()


@contextmanager
def running(folder: Path) -> Iterator[Stack]:
    """Broker, relay and ASGI process over the present database."""
    broker = Broker(
        program=Path(sys.executable).parent / "nats-server", data=folder / "nats", config=folder / "nats.json",
        log=folder / "nats.log", port=free_port(), mqtt_port=None, password="test",
    )  # fmt: skip
    process = broker.start()
    stopping = threading.Event()
    relay = threading.Thread(
        target=run_relay,
        kwargs={"reactions": {}, "folds": [], "nats_url": broker.url, "stop": stopping.is_set},
    )
    relay.start()
    port = free_port()
    server = start_server(port, broker.url, folder)
    stack = Stack(port=port, broker=broker, broker_process=process, server=server, readers=[], folder=folder)
    try:
        wait_until(lambda: _answers(port))
        yield stack
    finally:
        for reader in stack.readers:
            reader.close()
        child.stop(stack.server)
        stopping.set()
        relay.join(PATIENCE)
        child.stop(stack.broker_process)


def start_server(port: int, nats_url: str, folder: Path) -> subprocess.Popen:
    """granian with the ASGI application, on the database that this process uses."""
    head, _, query = os.environ["QUANLIN_DATABASE_URL"].partition("?")
    url = head.rsplit("/", 1)[0] + "/" + connection.settings_dict["NAME"] + (f"?{query}" if query else "")
    env = {
        **os.environ,
        "QUANLIN_DATABASE_URL": url,
        "QUANLIN_NATS_URL": nats_url,
        "QUANLIN_KEY_FILE": str(settings.KEY_FILE),
    }
    command = [
        sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--no-ws", "--http", "1", "--workers-kill-timeout", "3", "quanlin.config.asgi:application",
    ]  # fmt: skip
    return child.start(command, log=folder / "live.log", env=env, cwd=ROOT)


def _answers(port: int) -> bool:
    """Whether the stream is ready: without a token it says 401 once it can tell."""
    try:
        reader = Reader(port, "/api/v1/live", {"Authorization": "Bearer none"})
    except OSError:
        return False
    reader.close()
    return reader.status == 401


def wait_until(ready: Callable[[], bool]) -> None:
    end = time.monotonic() + 40
    while not ready():
        if time.monotonic() > end:
            raise AssertionError("the live stream did not start")
        threading.Event().wait(0.1)
