"""What the bench starts and ends: its own database, broker and the servers that it measures, all on loopback."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from quanlin.config.stack import child, roles
from quanlin.config.stack.broker import Broker
from quanlin.config.stack.faults import free_port
from quanlin.config.stack.postgres import Postgres
from quanlin.kit import sealing

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "bench"
WORKERS, THREADS = 2, 4


def program(name: str) -> Path:
    """A program that a wheel put beside our Python."""
    return Path(sys.executable).parent / name


@contextmanager
def database(*, fresh: bool) -> Iterator[Postgres]:
    """The bench's own PostgreSQL with production settings (fsync on)."""
    if fresh:
        shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    postgres = Postgres(
        data=FOLDER / "pg", sockets=child.short_folder(FOLDER / "sockets"), log=FOLDER / "postgres.log"
    )
    postgres.make()
    process = postgres.start()
    try:
        yield postgres
    finally:
        child.stop(process, patience=30)


@contextmanager
def broker() -> Iterator[str]:
    """A NATS of our own; its address."""
    server = Broker(
        program=program("nats-server"), data=FOLDER / "nats", config=FOLDER / "nats.json", log=FOLDER / "nats.log", port=free_port(),
        mqtt_port=None, password="bench",
    )  # fmt: skip
    process = server.start()
    try:
        yield server.url
    finally:
        child.stop(process)


def prepare(postgres: Postgres, name: str) -> dict[str, str]:
    """A database with migrations and base data; the environment of a program that uses it."""
    admin = postgres.url(user="postgres", database="postgres")
    if not (FOLDER / "keys.json").exists():
        sealing.create_key_file(FOLDER / "keys.json", demonstration=True)
    new = roles.ensure(admin, name)
    env = environment(postgres, name)
    if new:
        for step, owner in (("migrate", "1"), ("base", "0")):
            subprocess.run(
                [sys.executable, "-m", "quanlin.config.setup", step],
                env=env | {"QUANLIN_AS_OWNER": owner},
                cwd=ROOT,
                check=True,
            )
    return env


def environment(postgres: Postgres, name: str) -> dict[str, str]:
    """The environment of a program that uses the database ``name``."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "quanlin.config.settings",
        "QUANLIN_DATA_DIR": str(FOLDER),
        "QUANLIN_DATABASE_URL": postgres.url(user="quanlin", database=name),
        "QUANLIN_DATABASE_OWNER_URL": postgres.url(user="postgres", database=name),
        "PYTHONPATH": str(ROOT),
    }


class Served:
    """One granian on a loopback port."""

    def __init__(
        self,
        name: str,
        application: str,
        env: dict[str, str],
        *,
        interface: str = "wsgi",
        workers: int = WORKERS,
    ):
        self.name, self.port = name, free_port()
        more = ["--blocking-threads", str(THREADS)] if interface == "wsgi" else []
        self.process = child.start(
            [sys.executable, "-m", "granian", "--interface", interface, "--host", "127.0.0.1", "--port", str(self.port), "--workers",
             str(workers), "--no-ws", "--http", "1", "--log-level", "warning", *more, application],
            log=FOLDER / f"{name}.log", env=env, cwd=ROOT,
        )  # fmt: skip
        self.url = f"http://127.0.0.1:{self.port}"

    def wait(self, path: str) -> None:
        """Until it answers."""
        end = time.monotonic() + 60
        while True:
            try:
                urlopen(self.url + path, timeout=5).close()  # noqa: S310
                return
            except OSError as fault:
                if getattr(fault, "code", 0) in (401, 403, 404):
                    return
                if time.monotonic() > end or self.process.poll() is not None:
                    raise RuntimeError((FOLDER / f"{self.name}.log").read_text()[-3000:]) from fault
                time.sleep(0.2)

    def tree(self) -> list[int]:
        """Process ids of the server and its workers."""
        return [self.process.pid, *_children(self.process.pid)]

    def workers_rss(self) -> list[int]:
        """Resident megabytes of each worker."""
        return [
            _status(pid, "VmRSS") // 1024
            for pid in _children(self.process.pid)
            if _status(pid, "VmRSS") > 20_000
        ]

    def stop(self) -> None:
        """End it."""
        child.stop(self.process)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for word in task.read_text().split():
            found += [int(word), *_children(int(word))]
    return found


def _status(pid: int, key: str) -> int:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def cpu_seconds(pids: list[int]) -> float:
    """User and system seconds that processes have used so far."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        except OSError:
            continue
    return ticks / os.sysconf("SC_CLK_TCK")
