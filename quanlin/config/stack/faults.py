"""Why something could not be started: one sentence each, which says what to do. Standard library only."""

import os
import shutil
import socket
import time
from pathlib import Path

LEAST_FREE_MB = 1500


class CannotStart(Exception):
    """Its text is a Chinese sentence for the person at the keyboard."""


def check_writable(folder: Path) -> None:
    """Make ``folder`` when it is missing and see that a file can be written in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        raise CannotStart(
            f"不能写入文件夹 {folder}（{error.strerror}）。请换一个可写的位置，"
            "或用环境变量 QUANLIN_DATA_DIR 指定数据文件夹，然后重试。"
        ) from error


def check_space(folder: Path, *, least_mb: int = LEAST_FREE_MB) -> None:
    """Refuse to begin what cannot end: a database on a full disk stops in the middle of a write."""
    free = shutil.disk_usage(folder).free // 2**20
    if free < least_mb:
        raise CannotStart(
            f"{folder} 所在的磁盘只剩 {free} MB，至少需要 {least_mb} MB。"
            "请清理磁盘，或用 QUANLIN_DATA_DIR 把数据放到别的磁盘，然后重试。"
        )


def port_is_free(port: int, *, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on the port now. Closing connections of an earlier one do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def check_port(port: int, *, setting: str) -> None:
    """``setting`` is the environment variable that moves the port."""
    if not 1 <= port <= 65535:
        raise CannotStart(f"{setting}={port} 不是端口号。请把它设为 1 到 65535 之间的数，然后重试。")
    end = time.monotonic() + 2  # an instance that was killed a moment ago is still closing
    while not port_is_free(port) and time.monotonic() < end:
        time.sleep(0.1)
    if not port_is_free(port):
        raise CannotStart(
            f"端口 {port} 已被别的程序占用。请先停掉那个程序，或换一个端口再启动，"
            f"例如 {setting}={port + 1} ./run"
        )


def free_port() -> int:
    """A loopback port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
