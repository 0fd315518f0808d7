"""The supervisor with small processes of its own, and the whole program killed part by part."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from quanlin.config.stack import child, supervisor
from quanlin.config.stack.faults import CannotStart, free_port
from quanlin.config.stack.supervisor import Part, Supervisor

ROOT = Path(__file__).resolve().parents[2]


def until(true: Callable[[], bool], *, seconds: float = 60) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


@pytest.fixture
def heard() -> list[str]:
    return []


@pytest.fixture
def keeper(tmp_path: Path, heard: list[str]):
    keeper = Supervisor(tmp_path / "supervisor.log", heard.append)
    yield keeper
    keeper.stop()


def runs(tmp_path: Path, *command: str) -> Callable[[], subprocess.Popen]:
    return lambda: child.start(command, log=tmp_path / "log")


def test_a_killed_process_is_started_again_and_said(keeper: Supervisor, heard: list[str], tmp_path: Path):
    part = Part("网页服务", runs(tmp_path, "sleep", "100"), 1)
    keeper.start(part)
    first = part.process.pid
    os.kill(first, signal.SIGKILL)
    until(lambda: (keeper.look(), part.process is not None and part.process.pid != first)[1])
    assert heard[0] == "网页服务被信号 9 终止，0.5 秒后自动重新启动"
    assert heard[1] == f"网页服务已恢复（进程号 {part.process.pid}）"


def test_the_pause_doubles_while_it_keeps_dying(
    keeper: Supervisor, heard: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(supervisor, "FIRST_DELAY", 0.01)
    monkeypatch.setattr(supervisor, "LONGEST_DELAY", 0.04)
    keeper.start(Part("后台任务", runs(tmp_path, "sh", "-c", "exit 3"), 1))
    until(lambda: (keeper.look(), len(heard) >= 8)[1])
    pauses = [sentence.split("，")[1].split(" ")[0] for sentence in heard if "退出（状态 3）" in sentence]
    assert pauses[:4] == ["0.01", "0.02", "0.04", "0.04"]


def test_a_restart_that_cannot_be_made_is_tried_again(keeper: Supervisor, heard: list[str], tmp_path: Path):
    starts = iter([runs(tmp_path, "true"), None, runs(tmp_path, "sleep", "100")])

    def start() -> subprocess.Popen:
        begin = next(starts)
        if begin is None:
            raise CannotStart("数据库没有启动成功")
        return begin()

    part = Part("数据库", start, 0)
    keeper.start(part)
    until(lambda: (keeper.look(), any("已恢复" in sentence for sentence in heard))[1])
    assert "数据库没有启动成功" in heard
    assert part.process.poll() is None


def test_what_a_killed_process_had_started_is_ended_too(keeper: Supervisor, tmp_path: Path):
    pid_file = tmp_path / "inner"
    part = Part("网页服务", runs(tmp_path, "sh", "-c", f"sleep 100 & echo $! > {pid_file}; wait"), 1)
    keeper.start(part)
    until(lambda: pid_file.exists() and pid_file.read_text().strip() != "")
    inner = int(pid_file.read_text())
    part.process.kill()
    until(lambda: (keeper.look(), not is_alive(inner))[1])


def is_alive(pid: int) -> bool:
    """Whether it runs; a dead one that nobody has collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_upper_layers_end_before_lower_ones(keeper: Supervisor, tmp_path: Path):
    ends = tmp_path / "ends"
    trap = f"trap 'echo $0 >> {ends}; exit 0' TERM; echo x >> {tmp_path}/up; while :; do sleep 0.05; done"
    for name, layer in (("database", 0), ("web", 2), ("door", 3), ("broker", 1)):
        keeper.start(Part(name, runs(tmp_path, "sh", "-c", trap, name), layer))
    until(lambda: (tmp_path / "up").exists() and (tmp_path / "up").read_text().count("x") == 4)
    keeper.stop()
    assert ends.read_text().split() == ["door", "web", "broker", "database"]


def test_a_process_that_will_not_end_is_killed(tmp_path: Path):
    ready = tmp_path / "ready"
    process = child.start(
        ["sh", "-c", f"trap '' TERM; touch {ready}; while :; do sleep 0.05; done"], log=tmp_path / "log"
    )
    until(ready.exists)
    child.stop(process, patience=0.2)
    assert process.returncode == -signal.SIGKILL


@pytest.mark.stack
def test_the_whole_is_up_survives_kills_and_ends_clean(tmp_path: Path):
    port = free_port()
    env = {name: value for name, value in os.environ.items() if not name.startswith("QUANLIN_")} | {
        "QUANLIN_DATA_DIR": str(tmp_path / "var"),
        "QUANLIN_PORT": str(port),
        "QUANLIN_MQTT_PORT": str(free_port()),
    }

    def up() -> subprocess.Popen:
        command = [sys.executable, "-m", "quanlin.config.cli", "up", "--empty"]
        with (tmp_path / "out").open("wb") as out:
            return subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out)

    def healthy() -> bool:
        return states(port) == {"ok"}

    def begun() -> bool:
        assert program.poll() is None, (tmp_path / "out").read_text()
        return healthy()

    program = up()
    try:
        until(begun, seconds=180)
        for name in ("granian --interface wsgi", "cli worker", "bin/postgres", "nats-server", "caddy"):
            killed = child_of(program.pid, name)
            os.kill(killed, signal.SIGKILL)
            until(lambda name=name, killed=killed: child_of(program.pid, name) not in (None, killed))
            until(healthy)
        second = subprocess.run(
            [sys.executable, "-m", "quanlin.config.cli", "up"],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
        )
        assert second.returncode == 1
        assert f"已有一个泉邻在运行（进程号 {program.pid}）" in second.stderr
        # killed itself: its children end, and the next start finds a lock, sockets and pid files of the dead
        program.kill()
        program.wait()
        program = up()
        until(begun, seconds=120)
        again = (tmp_path / "out").read_text()
        assert "建立" not in again  # nothing was made a second time
        children = [int(pid) for pid in children_of(program.pid)]
        program.terminate()
        assert program.wait(60) == 0
        assert [pid for pid in children if is_alive(pid)] == []
    finally:
        if program.poll() is None:
            program.terminate()
            program.wait(60)


def states(port: int) -> set[str]:
    """The states of all parts, or an empty set while nothing answers."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        client.request("GET", "/healthz")
        body = json.loads(client.getresponse().read())
        return {part["state"] for part in body["parts"].values()}
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return set()
    finally:
        client.close()


def children_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def child_of(pid: int, name: str) -> int | None:
    for child_pid in children_of(pid):
        words = Path(f"/proc/{child_pid}/cmdline")
        if words.exists() and name in words.read_bytes().replace(b"\0", b" ").decode():
            return int(child_pid)
    return None
