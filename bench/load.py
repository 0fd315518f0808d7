"""wrk as the load generator: a Lua script per call, figures read back."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_DONE = """
done = function(summary, latency, requests)
  io.write(string.format("RESULT %d %d %d %.3f %.3f %.3f\\n", summary.requests, summary.duration,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency:percentile(99) / 1000))
end
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement. rate: answers per second; p50, p95, p99 in milliseconds; errors: answers of 400 and above."""

    rate: float
    p50: float
    p95: float
    p99: float
    errors: int
    requests: int


def wrk() -> str:
    """Path of wrk, or a sentence that says where to get it."""
    found = shutil.which("wrk")
    if not found:
        raise SystemExit("没有找到 wrk，测不了。Debian 上先执行：apt-get install wrk")
    return found


def lines(name: str, rows: list, folder: Path) -> Path:
    """A file of tab-separated lines for a script to read."""
    path = folder / f"{name}.tsv"
    path.write_text("\n".join("\t".join(map(str, r)) for r in rows) + "\n")
    return path


def script(name: str, body: str, folder: Path, rows: Path | None = None, *, threads: int = 2) -> Path:
    """A Lua script. ``body`` defines request(); ``rows[i]`` are the fields of line i; each thread has its own share."""
    head = "local rows = {}\nlocal counter = 0\nlocal id = 0\n"
    if rows is not None:
        head += (
            f'for line in io.lines("{rows}") do local f = {{}} for part in string.gmatch(line, "[^\\t]+") do f[#f + 1] = part end'
            " rows[#rows + 1] = f end\n"
        )
    head += (
        "local threads = 0\nsetup = function(thread) threads = threads + 1 thread:set('id', threads) end\n"
        f"init = function(args) math.randomseed(id * 7919 + 13) counter = id - {threads} end\n"
        f"local function following() counter = counter + {threads} return rows[(counter - 1) % #rows + 1] end\n"
        "local function any() return rows[math.random(#rows)] end\n"
    )
    head = head.replace("local id = 0\n", "")
    path = folder / f"{name}.lua"
    path.write_text(head + body + _DONE)
    return path


def measure(url: str, script_: Path, *, seconds: float, connections: int = 8) -> Measured:
    """Run wrk on loopback for so many seconds."""
    command = [
        wrk(),
        "-t2",
        f"-c{connections}",
        f"-d{max(int(seconds), 1)}s",
        "--timeout",
        "10s",
        "-s",
        str(script_),
        url,
    ]
    out = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True).stdout
    match = re.search(r"RESULT (\d+) (\d+) (\d+) ([\d.]+) ([\d.]+) ([\d.]+)", out)
    if not match:
        raise RuntimeError(out)
    requests, microseconds, errors = int(match[1]), int(match[2]), int(match[3])
    return Measured(
        requests / (microseconds / 1e6), float(match[4]), float(match[5]), float(match[6]), errors, requests
    )


def quoted(text: str) -> str:
    """A Lua string."""
    return json.dumps(text, ensure_ascii=False)
