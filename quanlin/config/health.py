"""GET /healthz: each part, its version, its state, for load balancers, monitors, and people at night.

200 while the program can serve, 503 when the database cannot be used. Holds no personal data and costs a few
short statements a second at most, however often it is asked.
"""

import json
import os
import platform
import shutil
import socket
import threading
import time
import tomllib
from functools import cache
from importlib.metadata import version
from typing import Any
from urllib.parse import urlparse

import django
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, JsonResponse

from quanlin.journal import queries as journal
from quanlin.kit import clock, sealing

Part = dict[str, Any]
KEEP_SECONDS = 1.0
SILENT_SECONDS = 30  # a worker shows itself every 10, the relay every 1
LEAST_FREE_MB = 1000

_lock = threading.Lock()
_kept: tuple[float, int, Part] | None = None


def healthz(request: HttpRequest) -> JsonResponse:
    """``{"state": "ok" | "degraded" | "down", "parts": {name: {"state", "version", …}}}``."""
    global _kept
    with _lock:
        if _kept is None or time.monotonic() - _kept[0] > KEEP_SECONDS:
            _kept = (time.monotonic(), *look())
        _, status, body = _kept
    return JsonResponse(body, status=status, headers={"Cache-Control": "no-store"})


def look() -> tuple[int, Part]:
    """The status and the body, looked up now."""
    parts: dict[str, Part] = {
        "program": {"state": "ok", "version": _program_version(), "python": platform.python_version()},
        "web": {"state": "ok", "version": f"Django {django.get_version()}, granian {version('granian')}"},
        **_database_parts(),
        "broker": _broker(),
        "live": _live(),
        "keys": _keys(),
        "disk": _disk(),
    }
    if parts["database"]["state"] == "down" or parts["schema"]["state"] == "down":
        return 503, {"state": "down", "parts": parts}
    well = all(part["state"] == "ok" for part in parts.values())
    return 200, {"state": "ok" if well else "degraded", "parts": parts}


@cache
def _program_version() -> str:
    return tomllib.loads((settings.BASE / "pyproject.toml").read_text())["project"]["version"]


def _database_parts() -> dict[str, Part]:
    """database, schema, relay, worker. Asked anew once when the connection had died."""
    for again in (True, False):
        try:
            return _ask_database()
        except (OperationalError, InterfaceError):
            connection.close()
            if not again:
                break
        except DatabaseError:  # tables are missing
            connection.close()
            return {"database": {"state": "ok"}, "schema": {"state": "down", "missing": "all"}}
    unknown = {"state": "unknown"}
    return {"database": {"state": "down"}, "schema": unknown, "relay": unknown, "worker": unknown}


def _ask_database() -> dict[str, Part]:
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('server_version')")
        database = {"state": "ok", "version": f"PostgreSQL {cursor.fetchone()[0].split()[0]}"}
        missing = _missing_migrations(cursor)
        cursor.execute("select extract(epoch from now() - max(last_heartbeat)) from procrastinate_workers")
        silent = cursor.fetchone()[0]
    worker: Part = {"state": _beat(silent), "version": f"procrastinate {version('procrastinate')}"}
    worker["silent_seconds"] = None if silent is None else round(float(silent))
    lag = journal.lag()
    silent = None if lag.seen_at is None else (clock.now() - lag.seen_at).total_seconds()
    relay: Part = {
        "state": _beat(silent),
        "version": _program_version(),
        "lag_seconds": round(lag.seconds, 1),
    }
    if relay["state"] == "ok" and (lag.seconds > 5 or lag.faults):
        relay["state"] = "late" if lag.seconds > 5 else "faults"
    schema: Part = {"state": "down" if missing else "ok", "missing": missing}
    return {"database": database, "schema": schema, "relay": relay, "worker": worker}


def _beat(silent: float | None) -> str:
    return "down" if silent is None or silent > SILENT_SECONDS else "ok"


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def _missing_migrations(cursor) -> int:
    """How many migrations of this code the database does not have."""
    cursor.execute("select app, name from django_migrations")
    return len(_known_migrations() - set(cursor.fetchall()))


def _broker() -> Part:
    """NATS greets every client with one line that holds its version."""
    where = urlparse(settings.NATS_URL.split(",")[0])
    try:
        with socket.create_connection((where.hostname or "", where.port or 4222), timeout=1) as client:
            client.settimeout(1)
            greeting = client.recv(4096)
        told = json.loads(greeting.split(b"\r\n", 1)[0].removeprefix(b"INFO "))
        return {"state": "ok", "version": f"NATS {told['version']}"}
    except (OSError, ValueError, KeyError):
        return {"state": "down"}


def _live() -> Part:
    """Whether the process of the live stream takes connections. ``quanlin up`` tells where it listens."""
    path = os.environ.get("QUANLIN_LIVE_SOCKET")
    if not path:
        return {"state": "ok", "note": "not run here"}
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        state = "ok" if client.connect_ex(path) == 0 else "down"
    return {"state": state, "version": f"granian {version('granian')}"}


def _keys() -> Part:
    """Seal and open once with the deployment's own keys; loading them tested the algorithms."""
    field = sealing.Field(table="healthz", column="probe", row=0)
    try:
        ring = sealing.keyring()
        works = ring.open_(ring.seal("泉", field=field), field=field) == "泉"
    except (sealing.KeyFileWrong, sealing.SealBroken):
        return {"state": "down"}
    return {"state": "ok" if works else "down", "version": ring.profile}


def _disk() -> Part:
    free = shutil.disk_usage(settings.DATA_DIR).free // 2**20
    return {"state": "ok" if free >= LEAST_FREE_MB else "low", "free_mb": free}
