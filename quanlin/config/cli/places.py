"""quanlin places …: the register of places."""

from typing import Annotated

import typer

from quanlin.config.cli.connect import use_django

GROUP = "places"
app = typer.Typer(help="地点登记：区划、网格、小区、楼栋", no_args_is_help=True)


def _bar(what: str):
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    bar = Progress(TextColumn(what), BarColumn(), MofNCompleteColumn(), transient=False)
    job = bar.add_task(what)
    return bar, lambda done, total: bar.update(job, completed=done, total=total)


@app.command()
def load() -> None:
    """载入济南市的区县、街道、社区和边界；已有的不动，可重复执行。"""
    use_django()
    from quanlin.kit.actor import SYSTEM
    from quanlin.places import actions
    from quanlin.staff.actions import act_as

    bar, tell = _bar("区划")
    with bar, act_as(SYSTEM):
        done = actions.load_divisions(actor=SYSTEM, progress=tell)
    typer.echo(f"新增地点 {done.added} 个，更名 {done.renamed} 个，新增边界 {done.outlines} 个。")


@app.command()
def demo() -> None:
    """为演示社区布置虚构的网格、小区、楼、单元和户；已布置的不动。"""
    use_django()
    from quanlin.kit.actor import SYSTEM
    from quanlin.places import actions
    from quanlin.staff.actions import act_as

    bar, tell = _bar("演示社区")
    with bar, act_as(SYSTEM):
        added = actions.load_demo(actor=SYSTEM, progress=tell)
    typer.echo(f"新增地点 {added} 个。")


@app.command()
def find(text: Annotated[str, typer.Argument(help="名称、地址或编码")]) -> None:
    """按名称、地址或编码查找地点。"""
    use_django()
    from quanlin.kit.actor import SYSTEM
    from quanlin.places import queries
    from quanlin.staff.actions import act_as

    with act_as(SYSTEM, read_only=True):
        for card in queries.search_places(text, viewer=SYSTEM):
            typer.echo(f"{card.code:<15} {card.path}")
