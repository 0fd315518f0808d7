"""What ``./test`` starts: a PostgreSQL and a NATS of its own under var/test, and what it tells pytest.

The one who starts them ends them. A second ``./test`` beside it joins the running ones and holds a shared
lock, for which the first waits before it ends them.
"""

import fcntl
import json
import os
import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from quanlin.config.stack import child, roles
from quanlin.config.stack.broker import Broker
from quanlin.config.stack.faults import check_space, check_writable, free_port
from quanlin.config.stack.postgres import TEST_SETTINGS, Postgres

DATABASE = "quanlin_test"


@contextmanager
def services(folder: Path) -> Iterator[dict[str, str]]:
    """The environment for tests: addresses of a database and a broker which run for as long as the block."""
    check_writable(folder)
    check_space(folder)
    with (folder / "lock").open("w") as lock, (folder / "users").open("w") as users:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(users, fcntl.LOCK_SH)
            # the first may still be starting: it holds the users' lock until its addresses are written
            yield json.loads((folder / "env.json").read_text())
            return
        fcntl.flock(users, fcntl.LOCK_EX)
        with _started(folder) as env:
            (folder / "env.json").write_text(json.dumps(env, indent=1))
            fcntl.flock(users, fcntl.LOCK_SH)
            yield env
            fcntl.flock(users, fcntl.LOCK_EX)


@contextmanager
def _started(folder: Path) -> Iterator[dict[str, str]]:
    database = Postgres(
        data=folder / "pg",
        sockets=child.short_folder(folder / "sockets"),
        log=folder / "postgres.log",
        settings=TEST_SETTINGS,
    )
    database.make()
    database_process = database.start()
    try:
        admin_url = database.url(user="postgres", database="postgres")
        roles.ensure(admin_url, DATABASE)
        broker = Broker(
            program=Path(sys.executable).parent / "nats-server",
            data=folder / "nats",
            config=folder / "nats.json",
            log=folder / "nats.log",
            port=free_port(),
            mqtt_port=free_port(),
            password="test",  # noqa: S106  loopback, and only for as long as the tests run
        )
        broker_process = broker.start()
        try:
            yield {
                "QUANLIN_DATABASE_URL": database.url(user=roles.LOGIN, database=DATABASE),
                "QUANLIN_DATABASE_OWNER_URL": database.url(user="postgres", database=DATABASE),
                "QUANLIN_NATS_URL": broker.url,
                "QUANLIN_MQTT_PORT": str(broker.mqtt_port),
                "QUANLIN_DATA_DIR": str(folder / "data"),
            }
        finally:
            child.stop(broker_process)
    finally:
        child.stop(database_process, by=signal.SIGINT)


def exports(env: dict[str, str]) -> str:
    """Lines for a shell."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in env.items())


def serve(folder: Path) -> None:
    """Keep the services up until Ctrl-C or SIGTERM, for people who run pytest by hand."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with services(folder) as env:
        print(exports(env), flush=True)
        print("# 测试用的数据库和消息服务已启动，按 Ctrl-C 停止", file=sys.stderr, flush=True)
        with suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    serve(Path(os.environ.get("QUANLIN_DATA_DIR", "var")).resolve() / "test")
