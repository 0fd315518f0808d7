"""Keeps processes up: one that dies is started again, a little later each time. Ends all of them in order."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from quanlin.config.stack import child
from quanlin.config.stack.faults import CannotStart

FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
HEALTHY_AFTER = 60.0


@dataclass
class Part:
    """One process to keep. ``start`` starts it and may wait until it serves; it raises CannotStart."""

    name: str
    start: Callable[[], subprocess.Popen]
    layer: int  # a higher one needs the lower ones and ends before them
    stop_by: int = signal.SIGTERM
    patience: float = 10
    process: subprocess.Popen | None = None
    began: float = 0.0
    failures: int = 0
    due: float = 0.0  # when it may be started again, on the monotonic clock


class Supervisor:
    """Parts in the order in which they start; they end in the reverse one."""

    def __init__(self, log: Path, say: Callable[[str], None]):
        self.parts: list[Part] = []
        self._log, self._say = log, say

    def start(self, part: Part) -> None:
        """Start a part for the first time: a failure is the caller's."""
        part.process, part.began = part.start(), time.monotonic()
        self.parts.append(part)
        self._note(f"{part.name}已启动（进程号 {part.process.pid}）", aloud=False)

    def look(self) -> None:
        """Notice who died, and start whoever is due."""
        now = time.monotonic()
        for part in self.parts:
            if part.process is not None and part.process.poll() is not None:
                code = part.process.returncode
                child.stop(part.process)  # what it started must not hold its place
                part.process = None
                part.failures = 1 if now - part.began > HEALTHY_AFTER else part.failures + 1
                delay = min(FIRST_DELAY * 2 ** (part.failures - 1), LONGEST_DELAY)
                part.due = now + delay
                why = f"被信号 {-code} 终止" if code < 0 else f"退出（状态 {code}）"
                self._note(f"{part.name}{why}，{delay:g} 秒后自动重新启动")
            elif part.process is None and now >= part.due:
                try:
                    part.process, part.began = part.start(), time.monotonic()
                    self._note(f"{part.name}已恢复（进程号 {part.process.pid}）")
                except CannotStart as fault:
                    part.failures += 1
                    part.due = now + min(FIRST_DELAY * 2 ** (part.failures - 1), LONGEST_DELAY)
                    self._note(str(fault))

    def stop(self) -> None:
        """End all, the highest layer first; those of one layer end together."""
        for layer in sorted({part.layer for part in self.parts}, reverse=True):
            here = [part for part in self.parts if part.layer == layer and part.process is not None]
            for part in here:
                if part.process.poll() is None:
                    part.process.send_signal(part.stop_by)
            for part in here:
                child.stop(part.process, by=part.stop_by, patience=part.patience)
                self._note(f"{part.name}已停止", aloud=False)
        self.parts.clear()

    def kill(self) -> None:
        """End all at once, for somebody who does not want to wait. What was answered stays: the database syncs."""
        for part in self.parts:
            if part.process is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(part.process.pid, signal.SIGKILL)

    def _note(self, sentence: str, *, aloud: bool = True) -> None:
        with child.open_log(self._log) as log:
            log.write(f"{time.strftime('%F %T')} {sentence}\n".encode())
        if aloud:
            self._say(sentence)
