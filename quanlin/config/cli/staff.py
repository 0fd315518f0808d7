"""quanlin staff …: the first accounts of a deployment, and whoever comes after."""

import secrets
from typing import Annotated

import typer

from quanlin.config.cli.connect import use_django

GROUP = "staff"
app = typer.Typer(help="工作账号：开通、列出、停用。", no_args_is_help=True)
NEEDS_DESK = {"operator"}


@app.command()
def add(
    username: Annotated[str, typer.Argument(help="登录名，字母、数字和点")],
    name: Annotated[str, typer.Option(help="姓名，加密保存")],
    role: Annotated[str, typer.Option(help="角色，例如 operator、grid_worker、leader、security_admin")],
    place: Annotated[str, typer.Option(help="管哪里：12 位区划代码或点位码")],
    unit: Annotated[str, typer.Option(help="所属单位名称；没有就新开一个")] = "",
    sort: Annotated[
        str, typer.Option(help="新开单位的类别：desk、grid、property、department、police、service")
    ] = "",
    days: Annotated[int, typer.Option(help="授权多少天")] = 365,
) -> None:
    """开通一个工作账号并授权，打印只显示一次的初始密码；第一次登录要设第二重验证。"""
    use_django()
    from quanlin.kit.actor import SYSTEM
    from quanlin.kit.errors import Refused
    from quanlin.people import actions as people
    from quanlin.places import queries as places
    from quanlin.staff import actions as staff
    from quanlin.staff import queries as staff_queries
    from quanlin.staff.actions import act_as
    from quanlin.staff.rules import ROLES

    if role not in ROLES:
        raise Refused(
            "role",
            f"没有「{role}」这个角色。可以用：{'、'.join(f'{c}（{r.name}）' for c, r in ROLES.items())}。",
        )
    password = secrets.token_urlsafe(12)
    with act_as(SYSTEM):
        card = places.by_code(place, viewer=SYSTEM)
        unit_id = None
        if ROLES[role].needs_unit:
            wanted = sort or ("desk" if role in NEEDS_DESK else role.removesuffix("_worker"))
            called = unit or f"{card.name}"
            found = [u for u in staff_queries.units().values() if u.place == card.number and u.sort == wanted]
            same = [u for u in found if not unit or u.name == unit]
            unit_id = (
                same[0].id
                if same
                else staff.open_unit(name=called, sort=wanted, place=card.number, actor=SYSTEM).pk
            )
        account = staff.open_account(username=username, sort="staff", password=password, actor=SYSTEM)
        people.register(
            name=name, actor=SYSTEM, sort="staff", account=account.pk, person=account.uid, place=card.number
        )
        staff.grant(account=account.pk, role=role, place=card.number, unit=unit_id, days=days, actor=SYSTEM)
    print(f"已开通 {username}：{ROLES[role].name}，{card.path}，{days} 天。")
    print(f"初始密码（只显示这一次）：{password}")


@app.command(name="list")
def list_() -> None:
    """列出各单位和成员数。"""
    use_django()
    from quanlin.kit.actor import SYSTEM
    from quanlin.staff import queries as staff_queries
    from quanlin.staff.actions import act_as

    with act_as(SYSTEM):
        for unit in staff_queries.units().values():
            members = staff_queries.members_of(unit.id)
            if members:
                print(f"{unit.name}\t{unit.sort}\t{len(members)} 人")


@app.command()
def stop(username: Annotated[str, typer.Argument(help="登录名")]) -> None:
    """停用一个账号：十秒内所有登录、令牌和实时页面都断开，历史记录保留。"""
    use_django()
    from quanlin.kit.actor import SYSTEM
    from quanlin.staff import actions as staff
    from quanlin.staff import queries as staff_queries
    from quanlin.staff.actions import act_as

    with act_as(SYSTEM):
        staff.stop_account(account=staff_queries.account_named(username), actor=SYSTEM)
    print(f"已停用 {username}。")
