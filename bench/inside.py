"""Steps that need Django on the bench's database: ``python -m bench.inside fill|statements|latency …``."""

import http.client
import json
import os
import sys
import threading
import time
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from bench import world  # noqa: E402
from bench.servers import FOLDER  # noqa: E402

FACTS = Path(os.environ.get("BENCH_FACTS", FOLDER / "facts.json"))


def fill(cases: str, movable: str) -> None:
    """Fill the database and say who may ask."""
    world.fill(os.environ["QUANLIN_DATABASE_OWNER_URL"], cases=int(cases), movable=int(movable), out=FACTS)


def statements() -> None:
    """SQL statements of each call once the process is warm, BEGIN and COMMIT left out."""
    known = json.loads(FACTS.read_text())
    code, token = known["places"][0]
    number, mover = known["movable"][-1]
    second, second_mover = known["movable"][-2]

    def ask(who: str) -> Client:
        return Client(headers={"Authorization": f"Bearer {who}"})

    def create(key: str):
        return ask(token).post(
            "/api/v1/cases", {"kind": "street_light", "text": "楼下路灯三天不亮了", "place": code}, content_type="application/json",
            headers={"Idempotency-Key": key},
        )  # fmt: skip

    calls = {
        "create": lambda i: create(f"statements-{time.time_ns()}-{i}"),
        "list": lambda i: ask(token).get(f"/api/v1/cases?limit=20&place={code}"),
        "filtered": lambda i: ask(token).get(
            f"/api/v1/cases?limit=20&place={code}&state=closed&kind=street_light&group=facilities"
        ),
        "one": lambda i: ask(mover).get(f"/api/v1/cases/{number}"),
        "move": lambda i: ask((second_mover, mover)[i]).post(
            f"/api/v1/cases/{(second, number)[i]}/moves",
            {"move": "accept", "version": 1},
            content_type="application/json",
        ),
    }
    found = {}
    for name, call in calls.items():
        call(0)
        with CaptureQueriesContext(connection) as captured:
            answer = call(1)
        if answer.status_code >= 400:
            raise SystemExit(f"{name}: {answer.status_code} {answer.content[:500]!r}")
        found[name] = sum(q["sql"] not in ("BEGIN", "COMMIT") for q in captured.captured_queries)
    print(json.dumps(found))


def latency(web: str, live: str, token: str, code: str) -> None:
    """Create cases at 20 a second and wait for each on an open stream of somebody else's screen."""
    arrived: dict[str, float] = {}
    ready = threading.Event()

    def listen() -> None:
        stream = http.client.HTTPConnection(urlsplit(live).netloc, timeout=60)
        stream.request(
            "GET", "/api/v1/live", headers={"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
        )
        answer = stream.getresponse()
        while line := answer.readline():
            ready.set()
            if line.startswith(b"data:"):
                for word in line.decode().replace('"', " ").split():
                    if len(word) == 12 and word.isdigit():
                        arrived.setdefault(word, time.perf_counter())

    threading.Thread(target=listen, daemon=True).start()
    ready.wait(20)
    time.sleep(1)
    sender = http.client.HTTPConnection(urlsplit(web).netloc, timeout=30)
    sent: dict[str, float] = {}
    for i in range(300):
        body = json.dumps({"kind": "street_light", "text": "楼下路灯三天不亮了", "place": code})
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"l-{time.time_ns()}-{i}",
        }
        sender.request("POST", "/api/v1/cases", body.encode(), headers)
        number = json.loads(sender.getresponse().read())["number"].replace("-", "")
        sent[number] = time.perf_counter()
        time.sleep(0.05)
    time.sleep(2)
    times = sorted((arrived[n] - at) * 1000 for n, at in sent.items() if n in arrived)
    cut = quantiles(times, n=100)
    print(json.dumps({"events": len(times), "sent": len(sent), "p50": cut[49], "p99": cut[98]}))


if __name__ == "__main__":
    {"fill": fill, "statements": statements, "latency": latency}[sys.argv[1]](*sys.argv[2:])
