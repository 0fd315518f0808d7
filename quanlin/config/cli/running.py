"""Verbs that run the program: up, worker, manage, check."""

import os
import sys
from typing import Annotated

import typer

from quanlin.config.cli.connect import use_django

app = typer.Typer()


@app.command()
def up(empty: Annotated[bool, typer.Option("--empty", help="不装演示数据，用于真正的使用")] = False) -> None:
    """启动全部服务并保持运行，直到 Ctrl-C（./run 会先装好环境再调用它）。"""
    from quanlin.config.stack.instance import data_folder
    from quanlin.config.stack.up import up as start

    start(data_folder(), empty=empty)


@app.command()
def load() -> None:
    """载入每个部署都要有的：济南区划、事项类别、各级受理台（可重复执行）。"""
    use_django()
    from quanlin.config.setup import base

    for what, count in base().items():
        print(f"{what}: {count}")


@app.command()
def check() -> None:
    """检查这个部署能否正式运行；有问题时逐条说明，状态为 1。"""
    use_django()
    from quanlin.config.checks import faults

    found = faults()
    for fault in found:
        print(f"✗ {fault}")
    if found:
        raise typer.Exit(1)
    print("✓ 可以正式运行")


@app.command()
def worker() -> None:
    """运行后台任务，直到 Ctrl-C（由 up 自动启动）。"""
    use_django()
    from quanlin.config.worker import run

    run()


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
)
def manage(context: typer.Context) -> None:
    """Django 的管理命令，例如 quanlin manage migrate。"""
    offline = {"makemigrations", "collectstatic", "help", "--help", "version"}
    verb = context.args[0] if context.args else "help"
    if verb in offline:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quanlin.config.settings")
    else:
        use_django(as_owner=verb in {"migrate", "sqlmigrate", "dbshell"})
    from django.core.management import execute_from_command_line

    sys.argv[0] = "quanlin manage"
    execute_from_command_line(["quanlin manage", *(context.args or ["help"])])
