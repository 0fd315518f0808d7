"""The whole program in processes of its own: front door, pages, live stream, workers, broker, database.

Making a data folder from nothing takes a minute, so one is kept under var/test per state of the sources and copied.
"""

import fcntl
import hashlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from quanlin.config.stack import stamps
from quanlin.config.stack.faults import free_port

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "var" / "test"
CASES = "40"
SOURCES = (
    "*/migrations/*.py", "*/models.py", "*/data/**/*", "*/catalogue/*.yaml", "*/sql/*.sql", "demo/**/*.py",
    "cases/rules/*.py", "cases/facts.py", "journal/**/*.py",
)  # fmt: skip


class Stack:
    """A data folder and ``quanlin up`` on it. ``address``: of the front door."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen | None = None
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("QUANLIN_", "DJANGO_"))}
        self.environment = kept | {
            "QUANLIN_DATA_DIR": str(folder),
            "QUANLIN_PORT": str(self.port),
            "QUANLIN_MQTT_PORT": str(free_port()),
            "NO_COLOR": "1",
        }

    def up(self, *more: str, patience: float = 240) -> None:
        """Start, and wait until all parts serve."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "quanlin.config.cli", "up", *more],
            env=self.environment, cwd=ROOT, start_new_session=True, stdin=subprocess.DEVNULL,
            stdout=(self.folder / "up.log").open("ab"), stderr=subprocess.STDOUT,
        )  # fmt: skip
        until(
            lambda: (self.folder / "run" / "env.json").exists() and self.healthy(),
            seconds=patience,
            also=self._lives,
        )

    def _lives(self) -> None:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"quanlin up ended:\n{(self.folder / 'up.log').read_text()[-3000:]}")

    def down(self) -> None:
        """End it as Ctrl-C does."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def healthy(self) -> bool:
        """Whether /healthz finds every part well."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            client.request("GET", "/healthz")
            answer = client.getresponse()
            return answer.status == 200 and {
                p["state"] for p in json.loads(answer.read())["parts"].values()
            } == {"ok"}
        except (OSError, ValueError, http.client.HTTPException):
            return False
        finally:
            client.close()

    def told(self) -> dict[str, str]:
        """Addresses of the running one."""
        return json.loads((self.folder / "run" / "env.json").read_text())

    def quanlin(self, *verb: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run a verb of ``quanlin`` on it; code: the status that must come back, None for any."""
        done = subprocess.run(
            [sys.executable, "-m", "quanlin.config.cli", *verb],
            env=self.environment, cwd=ROOT, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert code is None or done.returncode == code, (
            f"{verb}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
        return done

    def token(self, username: str, scope: str = "write") -> str:
        """An API token of an account."""
        return self.quanlin("token", "create", "--user", username, "--scope", scope).stdout.split()[-1]

    def database(self) -> psycopg.Connection:
        """A connection of the superuser, who may do everything."""
        return psycopg.connect(self.told()["QUANLIN_DATABASE_OWNER_URL"], autocommit=True)

    def part(self, name: str) -> int:
        """Process number of a part: 网页服务, 实时推送, 后台任务, 事实分发, 数据库, 消息服务, 前门."""
        lines = (self.folder / "log" / "supervisor.log").read_text().splitlines()
        line = next(line for line in reversed(lines) if f" {name}已" in line and "进程号" in line)
        return int(line.split("进程号 ")[1].rstrip("）"))

    def starts(self, name: str) -> int:
        """How often a part was started so far."""
        lines = (self.folder / "log" / "supervisor.log").read_text().splitlines()
        return sum(f" {name}已" in line and "进程号" in line for line in lines)


def until(true: Callable[[], object], *, seconds: float = 60, also: Callable[[], None] | None = None) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not true():
        if also:
            also()
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


def _state_of_sources() -> str:
    total = hashlib.sha256(CASES.encode())
    for pattern in SOURCES:
        for file in sorted((ROOT / "quanlin").glob(pattern)):
            if file.is_file() and "__pycache__" not in file.parts:
                total.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return total.hexdigest()[:12]


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """A data folder with the invented world and some cases, made once per state of the sources. To be copied."""
    KEPT.mkdir(parents=True, exist_ok=True)
    folder = KEPT / f"stack-{_state_of_sources()}"
    with (KEPT / "stack.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            for old in KEPT.glob("stack-*"):
                shutil.rmtree(old, ignore_errors=True)
            folder.mkdir()
            made = Stack(folder)
            try:
                # As an empty one, for the demonstration would play its three hundred cases; then it becomes one.
                made.up("--empty")
                made.quanlin("demo", "load", "--cases", CASES)
                with made.database() as connection:
                    stamps.write(connection, "demo", stamps.digest([]))
                    stamps.write(connection, "mode", "demo")
            finally:
                made.down()
            (folder / "made").touch()
    return folder


def _copy(data_folder: Path) -> Path:
    # A short path: the sockets' names must fit.
    target = Path(tempfile.mkdtemp(prefix="qst-"))
    subprocess.run(["cp", "-a", "--reflink=auto", f"{data_folder}/.", str(target)], check=True)
    for name in ("run", "log"):
        shutil.rmtree(target / name, ignore_errors=True)
    (target / "up.log").unlink(missing_ok=True)
    return target


def _running(data_folder: Path) -> Iterator[Stack]:
    found = Stack(_copy(data_folder))
    try:
        found.up()
        yield found
    finally:
        found.down()
        shutil.rmtree(found.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def stack(data_folder: Path) -> Iterator[Stack]:
    """One running program for all tests that only use it as people do."""
    yield from _running(data_folder)


@pytest.fixture
def own_stack(data_folder: Path) -> Iterator[Stack]:
    """A running program of the test's own, to break."""
    yield from _running(data_folder)
