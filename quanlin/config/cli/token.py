"""Verbs of API tokens: quanlin token create."""

from typing import Annotated

import typer

from quanlin.config.cli.connect import use_django

GROUP = "token"
app = typer.Typer(help="接口令牌")


@app.callback()
def tokens() -> None:
    """接口令牌：程序用它代替登录。"""


@app.command()
def create(
    user: Annotated[str, typer.Option("--user", help="账号名")],
    scope: Annotated[str, typer.Option("--scope", help="read 只读，write 可写")],
    days: Annotated[int, typer.Option("--days", help="有效天数，1 到 365")] = 90,
    grant: Annotated[int | None, typer.Option("--grant", help="授权编号；不写就用第一个有效的")] = None,
    name: Annotated[str, typer.Option("--name", help="给谁用，写在账号页上")] = "命令行",
) -> None:
    """生成一个接口令牌。标准输出里只有令牌；它只显示这一次，数据库里没有。"""
    use_django()
    from quanlin.kit.actor import SYSTEM
    from quanlin.staff import actions, queries

    with actions.as_system():
        account = queries.account_named(user)
        print(
            actions.make_token(
                account=account, scope=scope, name=name, actor=SYSTEM, grant_id=grant, days=days
            )
        )
