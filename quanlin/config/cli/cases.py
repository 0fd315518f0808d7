"""quanlin cases …: cases from files of other systems."""

import time
from pathlib import Path
from typing import Annotated

import typer

from quanlin.config.cli.connect import use_django

GROUP = "cases"
app = typer.Typer(help="案件：从别的系统的文件导入（docs/import.md）。", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps ``import`` a word of its own while it is the only one."""


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV 文件，编码和分隔符自动认出", exists=True, dir_okay=False)],
    map_name: Annotated[
        str, typer.Option("--map", help="列对照：自带的名称或 YAML 文件；不给时按表头选")
    ] = "",
    place: Annotated[
        str, typer.Option(help="在这个地方里找地址；没写地址的行依次放到下面各社区（区划代码）")
    ] = "370100000000",
    limit: Annotated[int | None, typer.Option(min=1, help="只读前多少行")] = None,
    errors: Annotated[Path | None, typer.Option(help="错误行写到哪里；不给时是 文件名.errors.csv")] = None,
) -> None:
    """把一个文件的每一行开成一件案件。中断后再运行一次就接着导入，不会重复。"""
    use_django()
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    from quanlin.cases import ingest
    from quanlin.kit.actor import SYSTEM
    from quanlin.places import queries as places
    from quanlin.staff.actions import act_as

    mapping = ingest.named_map(map_name) if map_name else None
    with act_as(SYSTEM, read_only=True):
        where = places.by_code(place, viewer=SYSTEM)
    began = time.monotonic()
    bar = Progress(
        TextColumn("导入"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[said]}"),
        TimeRemainingColumn(),
    )
    with bar:
        job = bar.add_task("导入", total=max(file.stat().st_size, 1), said="")

        def tell(report: ingest.Report) -> None:
            bar.update(
                job, completed=report.done, said=f"{report.opened} 件，已有 {report.known}，错误 {report.bad}"
            )

        try:
            report = ingest.import_cases(
                file, mapping=mapping, place=where.number, limit=limit, errors=errors, progress=tell
            )
        except KeyboardInterrupt:
            bar.stop()
            typer.echo("已停下。导入了的都在；再运行同一条命令就从这里接着导入。")
            raise typer.Exit(130) from None
    seconds = max(time.monotonic() - began, 0.001)
    typer.echo(
        f"读了 {report.read} 行（{report.encoding}，列对照 {report.map_name}）：新开 {report.opened} 件，其中按答复办结 "
        f"{report.closed} 件、地址对上 {report.matched} 件；以前导入过 {report.known} 行，错误 {report.bad} 行。"
        f"用时 {seconds:.1f} 秒，每秒 {report.read / seconds:.0f} 行。"
    )
    if report.errors:
        typer.echo(f"错误的行和原因在 {report.errors}。改好后再导入一次，只补没有的。")
