"""quanlin kinds …: the catalogue of kinds."""

from pathlib import Path
from typing import Annotated

import typer

from quanlin.config.cli.connect import use_django

GROUP = "kinds"
app = typer.Typer(help="类别目录：检查、发布、列出（docs/catalogue.md）。", no_args_is_help=True)
Files = Annotated[
    list[Path], typer.Argument(help="类别文件（YAML）", exists=True, dir_okay=False, readable=True)
]


def _read(file: Path) -> str:
    from quanlin.kit.errors import Refused

    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Refused("catalogue", f"{file.name}：不是 UTF-8 文本。请另存为 UTF-8。") from None


def _parse(file: Path):
    import yaml

    from quanlin.cases.rules.catalogue import parse_kind
    from quanlin.kit.errors import Refused

    try:
        return parse_kind(yaml.safe_load(_read(file)), where=file.name)
    except yaml.YAMLError as fault:
        raise Refused("catalogue", f"{file.name} 不是能读的 YAML：{' '.join(str(fault).split())}") from None


@app.command()
def check(files: Files) -> None:
    """检查类别文件，不发布；有一个不对就以 1 结束。"""
    from quanlin.kit.errors import QuanlinError

    bad = 0
    for file in files:
        try:
            kind = _parse(file)
        except QuanlinError as fault:
            bad += 1
            typer.echo(f"✗ {fault.message}")
        else:
            typer.echo(f"✓ {file.name}：{kind.name}（{kind.code} 第 {kind.version} 版）")
    if bad:
        raise typer.Exit(1)


@app.command()
def publish(files: Files) -> None:
    """发布类别文件：全部通过检查才发布；在办的案件仍用开办时的版本。"""
    use_django()
    from quanlin.cases import actions
    from quanlin.kit.actor import SYSTEM
    from quanlin.staff.actions import act_as

    for file in files:
        _parse(file)
    with act_as(SYSTEM):
        for file in files:
            kind = actions.publish_kind(_read(file), where=file.name, actor=SYSTEM)
            typer.echo(f"已发布：{kind.name}（{kind.code} 第 {kind.version} 版）")


@app.command("list")
def show() -> None:
    """列出现行的类别。"""
    use_django()
    from quanlin.cases import queries
    from quanlin.cases.rules.catalogue import GROUPS
    from quanlin.kit.actor import SYSTEM
    from quanlin.staff.actions import act_as

    with act_as(SYSTEM, read_only=True):
        for kind in queries.current_kinds().values():
            hours = "全天候" if kind.round_the_clock else "工作时间"
            typer.echo(f"{kind.code:<20} v{kind.version:<3} {GROUPS[kind.group]}\t{kind.name}\t{hours}")
