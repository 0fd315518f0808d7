"""One running Quanlin: its folder, its lock, its secrets, and what it tells commands in another window."""

import fcntl
import json
import os
import secrets
from pathlib import Path

from quanlin.config.stack import child
from quanlin.config.stack.faults import CannotStart, check_writable

ROOT = Path(__file__).resolve().parents[3]


def data_folder() -> Path:
    """QUANLIN_DATA_DIR, or ``var`` beside the program."""
    return Path(os.environ.get("QUANLIN_DATA_DIR", ROOT / "var")).resolve()


def write_private(path: Path, text: str) -> None:
    """Put a file that only we may read in place, whole or not at all."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    half.replace(path)


class Instance:
    """Paths under the data folder. Making one changes nothing; ``take`` claims the folder."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.run = folder / "run"
        self.log = folder / "log"
        self.sockets = child.short_folder(self.run)
        self.env_file = self.run / "env.json"
        self._lock_file = self.run / "lock"
        self._lock = None

    def take(self) -> None:
        """Claim the folder until this process ends. Raises CannotStart when another one has it."""
        check_writable(self.folder)
        for folder in (self.run, self.log, self.sockets):
            folder.mkdir(parents=True, exist_ok=True)
        self.sockets.chmod(0o711)
        self._lock = self._lock_file.open("a+")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.seek(0)
            raise CannotStart(
                f"数据文件夹 {self.folder} 已有一个泉邻在运行（进程号 {self._lock.read().strip()}）。"
                "请先在它的窗口按 Ctrl-C 停止，或用 QUANLIN_DATA_DIR 指定另一个文件夹。"
            ) from None
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()
        self.env_file.unlink(missing_ok=True)

    def is_taken(self) -> bool:
        """Whether somebody runs on this folder now."""
        try:
            with self._lock_file.open() as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def secrets(self) -> dict[str, str]:
        """Random secrets of this folder, made at the first start: ``django`` and ``broker``."""
        path = self.folder / "secrets.json"
        if not path.exists():
            made = {"django": secrets.token_urlsafe(48), "broker": secrets.token_urlsafe(24)}
            write_private(path, json.dumps(made))
        return json.loads(path.read_text())

    def tell(self, env: dict[str, str]) -> None:
        """Leave the addresses for ``quanlin`` commands in another window."""
        write_private(self.env_file, json.dumps(env, indent=1))

    def told(self) -> dict[str, str] | None:
        """The addresses of the instance that runs now, or None."""
        if self.is_taken() and self.env_file.exists():
            return json.loads(self.env_file.read_text())
        return None
