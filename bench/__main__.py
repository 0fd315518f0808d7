"""``python -m bench``: the five calls beside their ceiling, what journal and row security cost, memory, latency."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from datetime import date
from pathlib import Path

import psycopg

from bench import load
from bench.servers import FOLDER, ROOT, Served, broker, cpu_seconds, database, environment, prepare

CALLS = ("create", "list", "filtered", "one", "move")
TARGETS = {"create": 600, "list": 400, "filtered": 400, "one": 700, "move": 600}
WORDS = {
    "create": "create a case",
    "list": "list of 20",
    "filtered": "list, three filters",
    "one": "one case",
    "move": "state change",
}
PEER = {"create": 25, "list": 7.7, "filtered": 2.3, "one": 24, "move": 15}


def main() -> None:
    """Measure and write docs/performance.md."""
    args = _arguments()
    load.wrk()
    with database(fresh=not args.keep) as postgres:
        env = prepare(postgres, "bench")
        facts = FOLDER / "facts.json"
        if not facts.exists():
            print(f"filling {args.cases:,} cases …", flush=True)
            _inside(env, "fill", str(args.cases), str(args.movable))
            _copies(postgres)
        known = json.loads(facts.read_text())
        _rewind(postgres)
        print("counting statements …", flush=True)
        statements = json.loads(_inside(env, "statements").splitlines()[-1])
        servers = {
            "real": Served("real", "quanlin.config.wsgi:application", env),
            "ceiling": Served(
                "ceiling",
                "bench.ceiling:application",
                env | {"BENCH_CEILING_URL": env["QUANLIN_DATABASE_OWNER_URL"]},
            ),
            "no journal": Served("no-journal", "bench.without_journal:application", env),
            "no row security": Served(
                "no-rls", "quanlin.config.wsgi:application", environment(postgres, "bench_open")
            ),
        }
        try:
            for server in servers.values():
                server.wait("/healthz" if server.name != "ceiling" else "/list?place=1")
            results = _measure(servers, known, args, postgres)
            memory = servers["real"].workers_rss()
        finally:
            for server in servers.values():
                server.stop()
        latency = _latency(env, known)
        growth = _growth(postgres, args) if args.growth else {}
    report = _report(results, statements, memory, latency, growth, args)
    print(report)
    if not args.dry:
        (ROOT / "docs" / "performance.md").write_text(report, encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--cases", type=int, default=200_000)
    parser.add_argument("--movable", type=int, default=120_000)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--growth", action="store_true", help="lists at 10 thousand and 5 million cases too")
    parser.add_argument("--keep", action="store_true", help="use the database of the last run")
    parser.add_argument("--dry", action="store_true", help="do not write docs/performance.md")
    return parser.parse_args()


def _inside(env: dict[str, str], *words: str) -> str:
    """Run a step in a process of its own with Django set up on that database."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.inside", *words], env=env, cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-4000:])
    return done.stdout


def _copies(postgres) -> None:
    """The ceiling's table, and a copy of the database without row security."""
    from bench.ceiling_table import TABLE

    admin = postgres.url(user="postgres", database="postgres")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("CREATE DATABASE bench_open OWNER quanlin_owner TEMPLATE bench")
    with psycopg.connect(postgres.url(user="postgres", database="bench_open"), autocommit=True) as connection:
        for (name,) in connection.execute("SELECT relname FROM pg_class WHERE relrowsecurity").fetchall():
            connection.execute(
                f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY; ALTER TABLE {name} DISABLE ROW LEVEL SECURITY"
            )
    with psycopg.connect(postgres.url(user="postgres", database="bench"), autocommit=True) as connection:
        connection.execute(TABLE)
        connection.execute("VACUUM ANALYZE bare")


def _rewind(postgres) -> None:
    """Put back the cases that a former run accepted, in every database that is measured."""
    for name in ("bench", "bench_open"):
        with psycopg.connect(postgres.url(user="postgres", database=name), autocommit=True) as connection:
            connection.execute(
                "DELETE FROM cases_holding h USING cases_case c WHERE c.id = h.case_id AND c.intake_key LIKE 'movable:%' AND h.seq > 1"
            )
            connection.execute(
                "UPDATE cases_case SET state = 'reported', version = 1, step_seq = 1 WHERE intake_key LIKE 'movable:%' AND version > 1"
            )


def _scripts(known: dict, folder: Path, *, ceiling: bool) -> dict[str, Path]:
    """Lua scripts for the five calls, for the real API or the bare one."""
    api = "" if ceiling else "/api/v1"
    auth = '["Authorization"] = "Bearer " .. r[2], ' if not ceiling else ""
    say = 'text = "楼下路灯三天不亮了，晚上看不见路"'
    body = (
        load.quoted('{"kind":"street_light","text":"楼下路灯三天不亮了，晚上看不见路","place":"')
        if say
        else ""
    )
    name = "c" if ceiling else "r"
    places = load.lines("places", known["places"], folder)
    lists = load.lines("lists", known["lists"], folder)
    some = load.lines("some", known["some"], folder)
    movable = load.lines("movable", known["movable"], folder)
    key = '["Idempotency-Key"] = string.format("b-%d-%d-%d", os.time(), id, counter), '
    lua = {
        "create": f'request = function() local r = following() return wrk.format("POST", "{api}/{"create" if ceiling else "cases"}",'
        f' {{{auth}{key}["Content-Type"] = "application/json"}}, {body} .. r[1] .. "\\"}}") end\n',
        "list": f'request = function() local r = any() return wrk.format("GET", "{api}/{"list?place=" if ceiling else "cases?limit=20&place="}" .. r[1],'
        f" {{{auth}}}) end\n",
        "filtered": f'request = function() local r = any() return wrk.format("GET", "{api}/{"filtered?place=" if ceiling else "cases?limit=20&place="}"'
        f' .. r[1] .. "&state=closed&kind=street_light{"" if ceiling else "&group=facilities"}", {{{auth}}}) end\n',
        "one": f'request = function() local r = any() return wrk.format("GET", "{api}/{"one" if ceiling else "cases"}/" .. r[1], {{{auth}}}) end\n',
        "move": f'request = function() local r = following() return wrk.format("POST", "{api}/{"move/" if ceiling else "cases/"}" .. r[1]'
        f' .. "{"" if ceiling else "/moves"}", {{{auth}["Content-Type"] = "application/json"}}, {load.quoted(json.dumps({"move": "accept", "version": 1}))}) end\n',
    }
    if ceiling:
        lists = load.lines("numbers", known["numbers"], folder)
    rows = {"create": places, "list": lists, "filtered": lists, "one": some, "move": movable}
    return {call: load.script(f"{name}-{call}", lua[call], folder, rows[call]) for call in CALLS}


def _measure(servers: dict, known: dict, args: argparse.Namespace, postgres) -> dict:
    """{server: {call: [Measured, …]}}, in turn, so that a drifting machine is fair to each."""
    folder = FOLDER / "lua"
    folder.mkdir(exist_ok=True)
    results: dict = {name: {call: [] for call in CALLS} for name in servers}
    shared = {"ceiling": _scripts(known, folder, ceiling=True)}
    for name, server in servers.items():  # each worker reads the register of places once before it counts
        load.measure(server.url, _scripts(known, folder, ceiling=name == "ceiling")["list"], seconds=3)
    for turn in range(args.rounds):
        for call in CALLS:
            for name, server in servers.items():
                if name in ("no journal", "no row security") and call not in (
                    "create",
                    "move",
                    "list",
                    "filtered",
                ):
                    continue
                if name == "no journal" and call in ("list", "filtered"):
                    continue
                mine = dict(known)
                if call == "move":
                    mine["movable"] = _share(
                        known["movable"], list(servers).index(name), turn, args.rounds, len(servers)
                    )
                scripts = (
                    shared["ceiling"]
                    if name == "ceiling" and call != "move"
                    else _scripts(mine, folder, ceiling=name == "ceiling")
                )
                before = cpu_seconds(server.tree())
                found = load.measure(server.url, scripts[call], seconds=args.seconds)
                spent = cpu_seconds(server.tree()) - before
                results[name][call].append((found, spent / max(found.requests, 1) * 1000))
                print(
                    f"{turn + 1}/{args.rounds} {name:16} {call:9} {found.rate:8.0f}/s  p99 {found.p99:6.1f} ms  errors {found.errors}",
                    flush=True,
                )
    return results


def _share(rows: list, server: int, turn: int, rounds: int, servers: int) -> list:
    """Each server and round accepts cases of its own: a case can be accepted once."""
    size = len(rows) // (rounds * servers)
    start = (turn * servers + server) * size
    return rows[start : start + size]


def _latency(env: dict[str, str], known: dict) -> dict:
    """Fact → event on another person's stream, with relay, broker and live process running."""
    with broker() as url:
        env = env | {"QUANLIN_NATS_URL": url}
        web = Served("latency-web", "quanlin.config.wsgi:application", env)
        live = Served("latency-live", "quanlin.config.asgi:application", env, interface="asgi", workers=1)
        relay = subprocess.Popen([sys.executable, "-m", "quanlin.config.cli", "relay"], env=env, cwd=ROOT)
        try:
            web.wait("/healthz")
            live.wait("/api/v1/live")
            token, code = known["places"][0][1], known["places"][0][0]
            return json.loads(_inside(env, "latency", web.url, live.url, token, code).splitlines()[-1])
        finally:
            relay.terminate()
            relay.wait(20)
            web.stop()
            live.stop()


def _growth(postgres, args: argparse.Namespace) -> dict:
    """The list at other sizes: {cases: rate}."""
    found = {}
    for cases in (10_000, 5_000_000):
        name = f"bench_{cases}"
        env = prepare(postgres, name)
        here = FOLDER / f"facts-{name}.json"
        if not here.exists():
            print(f"filling {cases:,} cases …", flush=True)
            _inside(env | {"BENCH_FACTS": str(here)}, "fill", str(cases), "1000")
        known = json.loads(here.read_text())
        server = Served(name, "quanlin.config.wsgi:application", env)
        try:
            server.wait("/healthz")
            folder = FOLDER / "lua"
            scripts = _scripts(known, folder, ceiling=False)
            for call in ("list", "filtered"):
                load.measure(server.url, scripts[call], seconds=1)
                rates = [
                    load.measure(server.url, scripts[call], seconds=args.seconds) for _ in range(args.rounds)
                ]
                found[f"{call} {cases}"] = statistics.median(m.rate for m in rates)
        finally:
            server.stop()
    return found


def _median(results: dict, server: str, call: str, what: str) -> float:
    rows = results[server][call]
    return (
        statistics.median(cpu if what == "cpu" else getattr(m, what) for m, cpu in rows)
        if rows
        else float("nan")
    )


def _report(
    results: dict, statements: dict, memory: list[int], latency: dict, growth: dict, args: argparse.Namespace
) -> str:
    lines = [
        "# Performance: what was measured",
        "",
        f"Made by `just bench` on {date.today().isoformat()}: {os.cpu_count()} cores shared by load generator (wrk, 8 connections), web server"
        f" (granian, 2 workers × 4 threads) and PostgreSQL (fsync on), {platform.machine()}, Python {platform.python_version()};"
        f" {args.cases:,} cases; medians of {args.rounds} rounds of {args.seconds:g} s, all servers in turn. Trust ratios, not single figures.",
        "",
        "Real: the API through granian with permission, row security, journal, holdings and clocks. Ceiling: the same call by hand on one"
        " table (bench/ceiling.py). Peer: Amsterdam's Signalen 2.50 on the same kind of machine.",
        "",
        "| call | real /s | target | p50 ms | p95 ms | p99 ms | CPU ms (web) | SQL statements | ceiling /s | real ÷ ceiling | peer /s |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for call in CALLS:
        rate, top = _median(results, "real", call, "rate"), _median(results, "ceiling", call, "rate")
        lines.append(
            f"| {WORDS[call]} | **{rate:,.0f}** | ≥ {TARGETS[call]} | {_median(results, 'real', call, 'p50'):.1f} |"
            f" {_median(results, 'real', call, 'p95'):.1f} | {_median(results, 'real', call, 'p99'):.1f} |"
            f" {_median(results, 'real', call, 'cpu'):.2f} | {statements[call]} | {top:,.0f} | {rate / top:.2f} | {PEER[call]} |"
        )
    errors = sum(m.errors for server in results.values() for rows in server.values() for m, _ in rows)
    create, bare = (
        _median(results, "real", "create", "rate"),
        _median(results, "no journal", "create", "rate"),
    )
    move, bare_move = _median(results, "real", "move", "rate"), _median(results, "no journal", "move", "rate")
    lines += [
        "",
        "| property | measured | target |",
        "|---|---|---|",
        f"| journal: throughput lost, create / state change | {1 - create / bare:.0%} / {1 - move / bare_move:.0%} | ≤ 45 % |",
    ]
    for call in ("list", "filtered", "create", "move"):
        with_, without = (
            _median(results, "real", call, "rate"),
            _median(results, "no row security", call, "rate"),
        )
        lines.append(f"| row security, {WORDS[call]}: time with ÷ without | {without / with_:.2f} | ≤ 1.2 |")
    lines += [
        f"| resident memory of each web worker after the run | {', '.join(f'{m} MB' for m in memory)} | ≤ 120 MB |",
        f"| fact → another person's open stream, {latency['events']} events | p50 {latency['p50']:.0f} ms, p99 {latency['p99']:.0f} ms | p99 ≤ 300 ms |",
        f"| answers with an error in all measurements | {errors} | 0 |",
    ]
    if growth:
        for call in ("list", "filtered"):
            small, large = growth[f"{call} 10000"], growth[f"{call} 5000000"]
            lines.append(
                f"| {WORDS[call]} at 10,000 → 5,000,000 cases | {small:,.0f}/s → {large:,.0f}/s ({small / large:.2f} times slower) | ≤ 1.3 |"
            )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
