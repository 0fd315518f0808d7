"""A process of our own: started so that it ends with us, and never as root where the program refuses root."""

import contextlib
import ctypes
import hashlib
import os
import pwd
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LOG_KEEP_BYTES = 10 * 2**20

# linux/prctl.h, linux/securebits.h and linux/capability.h
_PR_SET_PDEATHSIG, _PR_SET_SECUREBITS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 1, 28, 47, 2
_SECBIT_NO_SETUID_FIXUP = (
    1 << 2
)  # the change of person leaves capabilities alone, and access(2) respects them
_CAP_DAC_OVERRIDE = 1
_CAP_VERSION_3 = 0x20080522


@dataclass(frozen=True, slots=True)
class Person:
    """An account of the operating system that a program runs as."""

    name: str
    uid: int
    gid: int


def unprivileged(owner_of: Path) -> Person | None:
    """Who runs PostgreSQL when we are root (it refuses root); None when we are not.

    The owner of existing data goes first, so that data keeps its owner; then the first account that exists.
    """
    if os.geteuid() != 0:
        return None
    if owner_of.exists() and owner_of.stat().st_uid != 0:
        found = pwd.getpwuid(owner_of.stat().st_uid)
        return Person(found.pw_name, found.pw_uid, found.pw_gid)
    for name in ("quanlin", "postgres", "nobody"):
        with contextlib.suppress(KeyError):
            found = pwd.getpwnam(name)
            return Person(name, found.pw_uid, found.pw_gid)
    return None


def _become(person: Person, libc: ctypes.CDLL | None, *, blocked: bool) -> None:
    """Change to ``person`` for good.

    ``blocked``: a folder above the data is closed to others (a clone in /root). Then one capability is kept,
    to pass that folder; the wheel's own helper would open the folder to everybody.
    """
    keep = blocked and libc is not None
    if keep:
        libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setgid(person.gid)
    os.setuid(person.uid)
    if keep:
        bit = 1 << _CAP_DAC_OVERRIDE
        header = (ctypes.c_uint32 * 2)(_CAP_VERSION_3, 0)
        data = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
        libc.capset(header, data)
        libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0)


def open_to_others(*paths: Path) -> bool:
    """Whether an unprivileged person can reach every path."""
    return all(folder.stat().st_mode & 0o001 for path in paths for folder in path.resolve().parents)


def before_exec(person: Person | None = None, *, blocked: bool = False, when_we_die: int = signal.SIGTERM):
    """What the new process does between fork and exec: change person, and ask to be told of our death."""
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    parent = os.getpid()

    def prepare() -> None:
        if person is not None:
            _become(person, libc, blocked=blocked)
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, int(when_we_die), 0, 0, 0)
            if os.getppid() != parent:  # we died before the request was made
                os._exit(1)

    return prepare


def short_folder(wanted: Path) -> Path:
    """``wanted``, or a folder in the system's temporary one when sockets in ``wanted`` had too long a name.

    The name of a Unix socket may have 107 bytes; PostgreSQL's and ours have up to 20.
    """
    if len(os.fsencode(wanted)) <= 85:
        return wanted
    digest = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"quanlin-{os.getuid()}-{digest}"


def open_log(path: Path):
    """Append to a log; one that has grown past LOG_KEEP_BYTES is put aside as ``.1`` first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_KEEP_BYTES:
        path.replace(path.with_suffix(path.suffix + ".1"))
    return path.open("ab")


def start(
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    person: Person | None = None,
    blocked: bool = False,
    when_we_die: int = signal.SIGTERM,
) -> subprocess.Popen:
    """Start a child in a session of its own: Ctrl-C reaches only us, and we end the others in order."""
    with open_log(log) as out:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=before_exec(person, blocked=blocked, when_we_die=when_we_die),
        )


def stop(process: subprocess.Popen, *, by: int = signal.SIGTERM, patience: float = 10) -> None:
    """End a child and everything it started. After ``patience`` seconds it is killed."""
    if process.poll() is None:
        process.send_signal(by)  # harmless when it was told before
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
