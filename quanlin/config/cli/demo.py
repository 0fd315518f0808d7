"""quanlin demo …: the invented world to try everything in."""

import json
import time
from dataclasses import asdict
from typing import Annotated

import typer

from quanlin.config.cli.connect import use_django

GROUP = "demo"
app = typer.Typer(help="演示：虚构的单位、账号和案件。", no_args_is_help=True)


@app.command()
def load(
    cases: Annotated[int, typer.Option(min=0, max=5000, help="演出多少件案件")] = 300,
    seed: Annotated[int, typer.Option(help="同一个种子只演一次")] = 7,
) -> None:
    """载入演示：地点、单位、账号、居民和最近两周的案件。可重复执行，已有的不动。"""
    use_django()
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    from quanlin.demo import actions

    actions.refuse_in_production()
    began = time.monotonic()
    bar = Progress(TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with bar:
        job = bar.add_task("单位与账号", total=1)
        new = actions.load_world()
        bar.update(job, completed=1)
        play = bar.add_task("最近两周的案件", total=None)
        played = actions.simulate(
            count=cases, seed=seed, progress=lambda done, total: bar.update(play, completed=done, total=total)
        )
        bar.update(play, completed=1, total=1)
    typer.echo(
        f"新增单位和账号 {new} 个，案件 {played.opened} 件、操作 {played.moves} 步，已有 {played.known} 件。"
        f"用时 {time.monotonic() - began:.1f} 秒。人物、单位、电话都是虚构的。"
    )


@app.command()
def accounts(as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """列出演示账号：用户名、密码、岗位、范围、从哪个页面开始。"""
    use_django()
    from quanlin.demo import actions, queries
    from quanlin.kit.actor import SYSTEM
    from quanlin.staff.actions import act_as

    actions.refuse_in_production()
    with act_as(SYSTEM, read_only=True):
        found = queries.demo_accounts(viewer=SYSTEM)
    if as_json:
        typer.echo(json.dumps([asdict(a) for a in found], ensure_ascii=False, indent=1))
        return
    typer.echo("演示账号（人物都是虚构的；登录页上也可以点名字直接进入）")
    for a in found:
        way = f"密码 {a.password}" if a.password else f"手机 {a.phone}，验证码在 /outbox/"
        typer.echo(f"  {a.page:<9} {a.username:<17} {a.name:　<4}{a.role:　<6} {a.place}  {way}")
