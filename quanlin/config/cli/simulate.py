"""quanlin simulate: residents, workers, property companies and streets at work, all of them invented."""

import time
from typing import Annotated

import typer

from quanlin.config.cli.connect import use_django

app = typer.Typer()


@app.command()
def simulate(
    cases: Annotated[int, typer.Option(min=0, max=20_000, help="多少件")] = 300,
    days: Annotated[int, typer.Option(min=1, max=28, help="分布在最近多少天")] = 14,
    seed: Annotated[int, typer.Option(help="同一个种子只演一次；想再来一批就换一个")] = 7,
    live: Annotated[bool, typer.Option("--live", help="接着按真实时间演下去，给大屏看")] = False,
    minutes: Annotated[float, typer.Option(min=0.05, max=24 * 60, help="--live 演多少分钟")] = 10,
    pace: Annotated[float, typer.Option(min=0.2, max=600, help="--live 每几秒一步")] = 4,
) -> None:
    """用虚拟时钟演一批案件：上报、受理、派单、处置、核实、评价，也有超时、退回、吹哨、不认可。先要 quanlin demo load。"""
    use_django()
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    from quanlin.demo import actions

    actions.refuse_in_production()
    began = time.monotonic()
    with Progress(TextColumn("演示"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()) as bar:
        job = bar.add_task("演示", total=None)
        played = actions.simulate(
            count=cases,
            days=days,
            seed=seed,
            progress=lambda done, total: bar.update(job, completed=done, total=total),
        )
    typer.echo(
        f"新开 {played.opened} 件，操作 {played.moves} 步，早先演过 {played.known} 件。用时 {time.monotonic() - began:.1f} 秒。"
    )
    if played.known and not played.opened:
        typer.echo(f"种子 {seed} 已经演过。想再来一批：quanlin simulate --seed {seed + 1}")
    if live:
        typer.echo(f"接着按真实时间演 {minutes:g} 分钟，Ctrl-C 停止。")
        try:
            actions.play_live(minutes=minutes, pace=pace, seed=seed, tell=typer.echo)
        except KeyboardInterrupt:
            typer.echo("已停下。")
