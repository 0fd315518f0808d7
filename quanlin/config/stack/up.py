"""``quanlin up``: start everything in order, bring the database to its shape, keep it up, end it in order."""

import http.client
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
from psycopg import conninfo

from quanlin.config.stack import child, roles, stamps
from quanlin.config.stack.broker import Broker
from quanlin.config.stack.door import Door
from quanlin.config.stack.faults import CannotStart, check_port, check_space, free_port, port_is_free
from quanlin.config.stack.instance import ROOT, Instance, data_folder
from quanlin.config.stack.postgres import Postgres
from quanlin.config.stack.supervisor import Part, Supervisor

DATABASE = "quanlin"
GROUND, BROKER, PROGRAMS, DOOR = range(4)
LEAST_FREE_MB = 300
_ASK_TO_END = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
THREADS = 4  # of each web process; each holds one database connection


class Up:
    """One start of the whole. ``go`` returns when somebody asked it to end."""

    def __init__(self, instance: Instance, *, empty: bool):
        self.instance = instance
        self.production = os.environ.get("QUANLIN_PRODUCTION") == "1"
        self.empty = empty or self.production
        self.port = _port("QUANLIN_PORT", 8000)
        self.mqtt_port = _port("QUANLIN_MQTT_PORT", 1883)
        self.site = os.environ.get("QUANLIN_SITE", "")
        self.supervisor = Supervisor(instance.log / "supervisor.log", say)
        self.database: Postgres | None = None
        self.admin_url = ""
        self.env: dict[str, str] = {}
        self.began = time.monotonic()

    def go(self) -> None:
        """Raises CannotStart; whatever was started by then has ended."""
        for number in _ASK_TO_END:
            signal.signal(number, _as_interrupt)
        self.instance.take()
        if not self.site:
            check_port(self.port, setting="QUANLIN_PORT")
        check_space(self.instance.folder, least_mb=LEAST_FREE_MB)
        try:
            self._ground()
            self._shape()
            if self.production:
                self._command("检查能否正式运行", ["check"], self.env)
            self._serve()
            self._welcome()
            while True:
                self.supervisor.look()
                time.sleep(0.2)
        except KeyboardInterrupt:
            say("正在停止…（请稍候，再按一次 Ctrl-C 会立即结束）")
        finally:
            for number in _ASK_TO_END:
                signal.signal(number, lambda *_: self.supervisor.kill())
            self.instance.env_file.unlink(missing_ok=True)
            self.supervisor.stop()
        say("已全部停止")

    def _ground(self) -> None:
        """Database and broker: embedded, or servers by URL."""
        url = os.environ.get("QUANLIN_DATABASE_URL", "")
        if url:
            self.admin_url = os.environ.get("QUANLIN_DATABASE_OWNER_URL", url)
        else:
            url = self._embedded_database()
        _check_server(self.admin_url, production=self.production)
        nats_url = os.environ.get("QUANLIN_NATS_URL") or self._embedded_broker()
        secrets = self.instance.secrets()
        self.env = {
            "QUANLIN_DATA_DIR": str(self.instance.folder),
            "QUANLIN_DATABASE_URL": url,
            "QUANLIN_NATS_URL": nats_url,
            "QUANLIN_SECRET_KEY": os.environ.get("QUANLIN_SECRET_KEY") or secrets["django"],
            "QUANLIN_PORT": str(self.port),
            "QUANLIN_LIVE_SOCKET": str(self.instance.sockets / "live.sock"),
        }

    def _embedded_database(self) -> str:
        self.database = Postgres(
            data=self.instance.folder / "pg",
            sockets=self.instance.sockets / "pg",
            log=self.instance.log / "postgres.log",
        )
        if not self.database.exists():
            with step("建立数据库"):
                self.database.make()
        part = Part("数据库", self.database.start, GROUND, stop_by=signal.SIGINT, patience=30)
        self.supervisor.start(part)
        self.admin_url = self.database.url(user="postgres", database=DATABASE)
        return self.database.url(user=roles.LOGIN, database=DATABASE)

    def _embedded_broker(self) -> str:
        mqtt_port: int | None = self.mqtt_port
        if not port_is_free(self.mqtt_port):
            say(
                f"端口 {self.mqtt_port} 已被占用，设备接入（MQTT）暂不开放，其余不受影响。"
                f"需要时换一个端口：QUANLIN_MQTT_PORT={self.mqtt_port + 1} ./run"
            )
            mqtt_port = None
        broker = Broker(
            program=_program("nats-server"),
            data=self.instance.folder / "nats",
            config=self.instance.run / "nats.json",
            log=self.instance.log / "nats.log",
            port=free_port(),
            mqtt_port=mqtt_port,
            password=self.instance.secrets()["broker"],
        )
        self.supervisor.start(Part("消息服务", broker.start, BROKER))
        return broker.url

    def _shape(self) -> None:
        """Roles, tables, base data, demonstration, static files: each only when it is not there yet."""
        roles.ensure(self.admin_url, conninfo.conninfo_to_dict(self.env["QUANLIN_DATABASE_URL"])["dbname"])
        with psycopg.connect(self.admin_url, autocommit=True, options=f"-c role={roles.OWNER}") as admin:
            have = stamps.read(admin)
            self._choose_mode(have)
            self._keys()
            owner = self.env | {"QUANLIN_DATABASE_OWNER_URL": self.admin_url, "QUANLIN_AS_OWNER": "1"}
            todo = [
                ("tables", "建立或更新数据表", _migrations(), ["manage", "migrate", "--noinput"], owner),
                ("base", "载入济南区划、事项类别与受理台", _base_data(), ["load"], self.env),
            ]
            if not self.empty:
                todo.append(("demo", "载入演示数据", [], ["demo", "load"], self.env))
            for name, what, sources, verb, env in todo:
                wanted = stamps.digest(sources)
                if have.get(name) != wanted:
                    self._command(what, verb, env)
                    stamps.write(admin, name, wanted)
            if have.get("mode") is None:
                stamps.write(admin, "mode", "empty" if self.empty else "demo")
        self._collect()

    def _choose_mode(self, have: dict[str, str]) -> None:
        """A folder stays what it was made as: real data and invented data never meet."""
        if have.get("mode") == "demo" and self.empty:
            raise CannotStart(
                f"数据文件夹 {self.instance.folder} 里是演示数据，不能转为正式使用。"
                "请指定一个新的文件夹，例如 QUANLIN_DATA_DIR=var-real ./run --empty"
            )
        if have.get("mode") == "empty" and not self.empty:
            say("这个数据文件夹不是演示用的，不载入演示数据")
            self.empty = True
        self.env["QUANLIN_DEMO"] = "0" if self.empty else "1"

    def _keys(self) -> None:
        """The key file of personal data, at the first start. An administrator's own is never made here."""
        path = self.instance.folder / "keys.json"
        if "QUANLIN_KEY_FILE" not in os.environ and not path.exists():
            from quanlin.kit import sealing

            sealing.create_key_file(path, demonstration=not self.empty)

    def _collect(self) -> None:
        sources = [
            *ROOT.glob("quanlin/*/static"),
            ROOT / "quanlin/config/assets.py",
            ROOT / "package-lock.json",
        ]
        wanted = stamps.digest(sources)
        done = self.instance.folder / "static" / ".digest"
        if not done.exists() or done.read_text() != wanted:
            self._command("整理页面文件", ["manage", "collectstatic", "--noinput", "--clear"], self.env)
            done.write_text(wanted)

    def _command(self, what: str, verb: list[str], env: dict[str, str]) -> None:
        """Run a verb of ``quanlin`` as a step; its own bars show on a terminal, its words go to the log."""
        log = self.instance.log / "setup.log"
        with step(what), child.open_log(log) as out:
            where = out.tell()
            talks = sys.stdout.isatty() and verb[0] != "manage"
            done = subprocess.run(
                [sys.executable, "-m", "quanlin.config.cli", *verb],
                env=os.environ | env,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=None if talks else out,
                stderr=None if talks else out,
            )
            if done.returncode:
                words = log.read_bytes()[where:].decode(errors="replace").strip().splitlines()
                telling = [line.removeprefix("✗ ") for line in words if line.startswith("✗ ")] or words[-1:]
                raise CannotStart(
                    f"{what}没有成功：{'；'.join(line.rstrip('。') for line in telling)}。"
                    f"完整的记录在 {log}，请按其中的原因处理后重试；已完成的部分不会重做。"
                )

    def _serve(self) -> None:
        web, live = self.instance.sockets / "web.sock", self.instance.sockets / "live.sock"
        processes = min(os.cpu_count() or 2, 8)
        self._keep(
            "网页服务", _granian("wsgi", web, processes, "--blocking-threads", str(THREADS)), "web.log", web
        )
        door = Door(
            program=_program("caddy"),
            folder=self.instance.folder / "caddy",
            log=self.instance.log / "caddy.log",
            port=self.port,
            site=self.site,
            web=web,
            live=live,
            static=self.instance.folder / "static",
        )
        self.address = door.addresses
        self.supervisor.start(Part("前门", door.start, DOOR))
        self._wait_until_healthy()
        # Started when pages are there: what they do waits in the database, and pages come twice as soon.
        self._keep("实时推送", _granian("asgi", live, 1), "live.log", live)
        self._keep("后台任务", [sys.executable, "-m", "quanlin.config.cli", "worker"], "worker.log")
        self._keep("事实分发", [sys.executable, "-m", "quanlin.config.cli", "relay"], "relay.log")
        settings = {name: value for name, value in os.environ.items() if name.startswith("QUANLIN_")}
        self.instance.tell(settings | self.env | {"QUANLIN_DATABASE_OWNER_URL": self.admin_url})

    def _keep(self, name: str, command: list, log: str, listens: Path | None = None) -> None:
        """Start one of our programs. It gets no address of the owner: it acts as the application role only.

        ``listens``: its socket, which a killed one leaves behind and the next one could not take.
        """
        env = {k: v for k, v in os.environ.items() if k != "QUANLIN_DATABASE_OWNER_URL"} | self.env

        def start() -> subprocess.Popen:
            if listens is not None:
                listens.unlink(missing_ok=True)
            return child.start(command, log=self.instance.log / log, env=env, cwd=ROOT)

        self.supervisor.start(Part(name, start, PROGRAMS))

    def _wait_until_healthy(self, *, patience: float = 60) -> None:
        end = time.monotonic() + patience
        while time.monotonic() < end:
            self.supervisor.look()
            if self.site or _is_healthy(self.port):
                return
            time.sleep(0.05)
        raise CannotStart(
            f"网页服务在 {patience:.0f} 秒内没有就绪。"
            f"日志在 {self.instance.log / 'web.log'}，请按其中的原因处理后重试。"
        )

    def _welcome(self) -> None:
        say(f"泉邻已就绪（用时 {time.monotonic() - self.began:.1f} 秒）")
        print(
            f"\n  居民端    {self.address}/"
            f"\n  工作台    {self.address}/desk/"
            f"\n  大屏      {self.address}/screen/"
            f"\n  接口      {self.address}/api/v1/openapi.json"
            f"\n  状态      {self.address}/healthz"
        )
        if not self.empty:
            self._print_accounts()
        print(
            f"\n  数据在 {self.instance.folder}，日志在 {self.instance.log}。按 Ctrl-C 停止。\n", flush=True
        )

    def _print_accounts(self) -> None:
        """The demonstration accounts do not change: asked once, then read from the file."""
        kept = self.instance.folder / "demo-accounts.txt"
        if not kept.exists():
            asked = subprocess.run(
                [sys.executable, "-m", "quanlin.config.cli", "demo", "accounts"],
                env=os.environ | self.env,
                cwd=ROOT,
                capture_output=True,
                text=True,
            )
            if asked.returncode == 0:
                kept.write_text(asked.stdout)
        if kept.exists():
            print("\n" + kept.read_text().rstrip())


class step:  # noqa: N801  reads as a verb: with step("…")
    """A line for a step that takes a while, with its time at the end."""

    def __init__(self, what: str):
        self.what = what

    def __enter__(self) -> None:
        self.began = time.monotonic()
        print(f"… {self.what}", flush=True)

    def __exit__(self, kind, *_) -> None:
        if kind is None:
            print(f"✓ {self.what}（{time.monotonic() - self.began:.1f} 秒）", flush=True)


def say(sentence: str) -> None:
    """One line for the person at the keyboard."""
    print(f"• {sentence}", flush=True)


def _as_interrupt(*_) -> None:
    raise KeyboardInterrupt


def _is_healthy(port: int) -> bool:
    """Ask through the front door, under a name that the program answers to."""
    host = os.environ.get("QUANLIN_HOSTS", "").split(",")[0].lstrip(".*") or "127.0.0.1"
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        client.request("GET", "/healthz", headers={"Host": host})
        return client.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        client.close()


def _port(setting: str, otherwise: int) -> int:
    text = os.environ.get(setting) or str(otherwise)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise CannotStart(f"{setting}={text} 不是端口号。请把它设为 1 到 65535 之间的数，然后重试。")
    return int(text)


def _program(name: str) -> Path:
    return Path(sys.executable).parent / name


def _migrations() -> list[Path]:
    return [*ROOT.glob("quanlin/*/migrations"), ROOT / "requirements.txt"]


def _base_data() -> list[Path]:
    return [ROOT / "quanlin/places/data", ROOT / "quanlin/cases/catalogue", ROOT / "quanlin/config/setup.py"]


def _granian(interface: str, socket: Path, processes: int, *more: str) -> list[str | Path]:
    # fmt: off
    return [
        sys.executable, "-m", "granian", "--interface", interface, "--uds", socket,
        "--workers", str(processes), "--respawn-failed-workers", "--respawn-interval", "0.2",
        "--workers-kill-timeout", "3", "--no-ws", "--http", "1", *more,
        f"quanlin.config.{interface}:application",
    ]
    # fmt: on


def _check_server(url: str, *, production: bool) -> None:
    """See that the database answers, and that production does not run on one with known holes."""
    try:
        with psycopg.connect(url, dbname="postgres", connect_timeout=10) as connection:
            if production:
                roles.check_version(connection)
    except psycopg.OperationalError as error:
        raise CannotStart(
            f"连不上数据库：{str(error).strip().splitlines()[0]}。"
            "请检查 QUANLIN_DATABASE_URL 和 QUANLIN_DATABASE_OWNER_URL，然后重试。"
        ) from error


def up(folder: Path, *, empty: bool) -> None:
    """Start and keep everything under ``folder`` until Ctrl-C or SIGTERM. Raises CannotStart."""
    Up(Instance(folder), empty=empty).go()


def main(arguments: list[str]) -> None:
    """What ``./run`` becomes: ``quanlin up`` without loading the other commands first."""
    if unknown := set(arguments) - {"--empty"}:
        sys.exit(f"✗ 不认识的参数：{' '.join(sorted(unknown))}。./run --help 列出全部参数。")
    try:
        up(data_folder(), empty="--empty" in arguments)
    except CannotStart as fault:
        sys.exit(f"✗ {fault}")


if __name__ == "__main__":
    main(sys.argv[1:])
