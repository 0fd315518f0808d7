"""Verbs on the counters of boards."""

import typer

from quanlin.config.cli.connect import use_django

GROUP = "boards"
app = typer.Typer(no_args_is_help=True, help="大屏：计数。")


@app.callback()
def _boards() -> None:
    """大屏的计数。"""


@app.command()
def recount() -> None:
    """从日志重新计算大屏的全部数字，改正不对的；运行中也可以做，大屏照常显示。"""
    use_django()
    from rich.progress import Progress

    from quanlin.boards.actions import recount as count_anew
    from quanlin.kit.actor import SYSTEM

    with Progress(transient=True) as progress:
        bar = progress.add_task("重算", total=None)
        done = count_anew(
            actor=SYSTEM, progress=lambda read, of: progress.update(bar, completed=read, total=of)
        )
    print(
        f"读了 {done.entries:,} 条日志：{f'改正了 {done.mended:,} 个数' if done.mended else '数字都对，没有改动'}。"
    )
    if done.faults:
        print(f"封存时没能计数的 {done.faults:,} 条，已经补上。")
    if done.refused:
        print(f"✗ 有 {done.refused:,} 条日志仍然算不进去，原因在运行日志里，请报给维护人员。")
        raise typer.Exit(1)
