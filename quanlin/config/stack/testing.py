"""What ``./test`` starts: a PostgreSQL and a NATS of its own under var/test, and what it tells pytest.

The one who starts them ends them. A second ``./test`` beside it joins the running ones and holds a shared
lock, for which the first waits before it ends them.
"""

import fcntl
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql

from quanlin.config.stack import child, roles
from quanlin.config.stack.broker import Broker
from quanlin.config.stack.faults import CannotStart, check_space, check_writable, free_port
from quanlin.config.stack.postgres import TEST_SETTINGS, Postgres

ROOT = Path(__file__).resolve().parents[3]
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
        _sweep(admin_url)
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


def _sweep(admin_url: str) -> None:
    """Drop what killed tests left, and all templates but the newest: the cluster is kept from run to run."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        rows = admin.execute(
            "select datname from pg_database where datname like 'q%' order by oid"
        ).fetchall()
        names = [name for (name,) in rows if name != DATABASE]
        newest = [name for name in names if name.startswith("qtpl_") and not name.endswith("_half")][-1:]
        for name in names:
            if name not in newest:
                admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def exports(env: dict[str, str]) -> str:
    """Lines for a shell."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in env.items())


def main(arguments: list[str]) -> None:
    """``./test`` after the bootstrap: ``--serve``, ``--env``, or checks and pytest with its arguments."""
    folder = Path(os.environ.get("QUANLIN_DATA_DIR", ROOT / "var")).resolve() / "test"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if arguments == ["--env"]:
            print(exports(running(folder)))
        elif arguments == ["--serve"]:
            serve(folder)
        else:
            sys.exit(check_and_test(folder, arguments))
    except CannotStart as fault:
        sys.exit(f"✗ {fault}")


def running(folder: Path) -> dict[str, str]:
    """The addresses of services that run now."""
    with suppress(OSError), (folder / "lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return json.loads((folder / "env.json").read_text())
    raise CannotStart("测试服务没有在运行。请先在另一个窗口执行 ./test --serve")


def serve(folder: Path) -> None:
    """Keep the services up until Ctrl-C or SIGTERM, for people who run pytest by hand."""
    with services(folder) as env:
        print(exports(env), flush=True)
        print("# 测试用的数据库和消息服务已启动，按 Ctrl-C 停止", file=sys.stderr, flush=True)
        with suppress(KeyboardInterrupt):
            signal.pause()


def check_and_test(folder: Path, arguments: list[str]) -> int:
    """Linters unless pytest got arguments of its own, then pytest. Answers the first bad status."""
    programs = Path(sys.executable).parent
    browser = chromium()
    with services(folder) as env:
        env = os.environ | env | {"QUANLIN_CHROMIUM": browser, "PYTHONPATH": str(ROOT)}
        if not arguments:
            for name, command in checks(programs):
                if code := subprocess.run(command, cwd=ROOT, env=env).returncode:
                    print(f"✗ {name}没有通过，请按上面的提示修改后重试。", file=sys.stderr)
                    return code
        return subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, env=env).returncode


def checks(programs: Path) -> list[tuple[str, list[str | Path]]]:
    """What must hold before a test is worth running, quickest first."""
    python = programs / "python"
    return [
        ("代码格式检查（ruff format）", [programs / "ruff", "format", "--check", "."]),
        ("代码检查（ruff check）", [programs / "ruff", "check", "--quiet", "."]),
        ("分层检查（lint-imports）", [programs / "lint-imports", "--no-logo"]),
        (
            "数据库变更检查（makemigrations --check）",
            [python, "-m", "quanlin.config.cli", "manage", "makemigrations", "--check", "--dry-run"],
        ),
    ]


def chromium() -> str:
    """A Chromium for the browser tests: the system's, Playwright's, or one installed now by apt as root."""
    if found := _chromium():
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("… 安装 Chromium（浏览器测试要用）", flush=True)
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]):
            env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if found := _chromium():
            return found
    raise CannotStart(
        "没有找到 Chromium，浏览器测试无法运行。请安装其中一种后重试："
        "apt-get install chromium（Debian，需要 root）；或 .venv/bin/playwright install chromium；"
        "或安装 Google Chrome。"
    )


def _chromium() -> str | None:
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if (found := shutil.which(name)) and _runs(found):
            return found
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache" / "ms-playwright"))
    for found in sorted(cache.glob("chromium-*/chrome-linux*/chrome"), reverse=True):
        if _runs(str(found)):
            return str(found)
    return None


def _runs(program: str) -> bool:
    """Ubuntu's ``chromium`` may be a mere pointer to a snap that is not there."""
    with suppress(OSError, subprocess.TimeoutExpired):
        asked = subprocess.run([program, "--version"], capture_output=True, timeout=30)
        return asked.returncode == 0
    return False


if __name__ == "__main__":
    main(sys.argv[1:])
