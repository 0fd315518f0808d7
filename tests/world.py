"""A small invented world for tests: one community with a desk, a grid, a property company, a street, a department, people."""

import io
from dataclasses import dataclass
from datetime import timedelta

from PIL import Image

from quanlin.cases.actions import Given, Moved, Opened, Reporter, move_case, open_case
from quanlin.cases.actions.photos import prepare
from quanlin.cases.models import Case
from quanlin.kit import clock
from quanlin.kit.actor import SYSTEM, Actor
from quanlin.people import actions as people
from quanlin.people import queries as people_queries
from quanlin.places import queries as places
from quanlin.staff import actions as staff
from quanlin.staff import queries as staff_queries
from quanlin.staff.models import Account, Unit

SHUNXIN = "370103012001"  # 舜新社区
STREET = "370103012000"  # 舜玉路街道
DISTRICT = "370103000000"  # 市中区
CITY = "370100000000"
OTHER = "370105014000"  # 北园街道


def number(code: str) -> int:
    """The place number of an official code."""
    return places.by_code(code, viewer=SYSTEM).number


def unit(name: str, sort: str, place: int, **more: str) -> Unit:
    """Open a unit."""
    return staff.open_unit(name=name, sort=sort, place=place, actor=SYSTEM, **more)


def staff_actor(
    username: str, role: str, place: int, unit_id: int | None = None, *, name: str = "测试员"
) -> Actor:
    """Open a staff account with one grant and answer its actor."""
    account = staff.open_account(username=username, sort="staff", password="a long enough pass", actor=SYSTEM)
    people.register(
        name=name,
        actor=SYSTEM,
        sort="staff",
        account=account.pk,
        person=account.uid,
        place=place,
        invented=True,
    )
    grant = staff.grant(account=account.pk, role=role, place=place, unit=unit_id, actor=SYSTEM)
    return actor_of(account, grant.pk)


def actor_of(account: Account, grant: int | None = None) -> Actor:
    """The actor of an account."""
    staff_queries.forget()
    return staff_queries.actor_for(
        account.pk, grant=grant, session=f"s-{account.pk}", began_at=clock.now() + timedelta(seconds=1)
    )


def resident(phone: str, name: str) -> Actor:
    """Open a resident's account."""
    account = staff.open_account(username=f"r-{phone[-8:]}", sort="resident", password=None, actor=SYSTEM)
    people.register(
        name=name,
        actor=SYSTEM,
        sort="resident",
        phone=phone,
        account=account.pk,
        person=account.uid,
        invented=True,
    )
    return actor_of(account)


@dataclass(slots=True, kw_only=True)
class World:
    """Everybody of story 1, acting in 舜新社区."""

    community: int
    street: int
    desk: Unit
    grid: Unit
    property: Unit
    bureau: Unit
    worker: Actor
    colleague: Actor
    grid_worker: Actor
    electrician: Actor
    street_worker: Actor
    bureau_worker: Actor
    leader: Actor
    stranger: Actor  # a community worker of another street
    wang: Actor  # the resident of story 1
    zhou: Actor  # another resident


def build() -> World:
    """Make the world in the present (system's) scope."""
    community, street, district = number(SHUNXIN), number(STREET), number(DISTRICT)
    desk = unit("舜新社区", "desk", community)
    grid = unit("舜新社区第1网格", "grid", community)
    company = unit("明泉物业", "property", community)
    bureau = unit("市中区市政设施管理所", "department", district, speciality="市政")
    other_desk = unit("北园社区", "desk", number("370105014031"))
    street_desk = staff_queries.unit_for("desk", street)
    assert street_desk is not None
    return World(
        community=community,
        street=street,
        desk=desk,
        grid=grid,
        property=company,
        bureau=bureau,
        worker=staff_actor("li.jing", "operator", community, desk.pk, name="李静"),
        colleague=staff_actor("han.xuening", "operator", community, desk.pk, name="韩雪凝"),
        grid_worker=staff_actor("sun.lei", "grid_worker", community, grid.pk, name="孙磊"),
        electrician=staff_actor("zhao.qiang", "property", community, company.pk, name="赵强"),
        street_worker=staff_actor("song.licheng", "operator", street, street_desk.id, name="宋立诚"),
        bureau_worker=staff_actor("xu.bo", "department", district, bureau.pk, name="徐波"),
        leader=staff_actor("liang.leader", "leader", street, name="梁主任"),
        stranger=staff_actor("stranger", "operator", number("370105014031"), other_desk.pk, name="路人甲"),
        wang=resident("13800000001", "王秀英"),
        zhou=resident("13800000002", "周婷"),
    )


def picture(colour: str = "teal"):
    """A small picture as the photo door prepares it."""
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "JPEG")
    return prepare(out.getvalue())


def reporter_of(actor: Actor) -> Reporter:
    """The reporter that a page would make of a signed-in resident."""
    card = people_queries.card(actor.person)
    return Reporter(sort="resident", person=actor.person, mask=card.name_mask, phone_mask=card.phone_mask)


def report(
    world: World,
    *,
    by: Actor | None = None,
    kind: str = "street_light",
    text: str = "楼下路灯三天不亮了",
    key: str = "k1",
    **more,
) -> Opened:
    """A resident reports; in his own scope."""
    who = by or world.wang
    with staff.act_as(who):
        return open_case(
            kind=kind,
            text=text,
            place=more.pop("place", world.community),
            actor=who,
            key=key,
            reporter=reporter_of(who),
            channel="page",
            **more,
        )


def move(number_: str, move_: str, by: Actor, **given) -> Moved:
    """Do one move in the mover's scope with the version that stands."""
    with staff.act_as(by):
        version = given.pop("version", None) or Case.objects.values_list("version", flat=True).get(
            number=number_
        )
        return move_case(number=number_, move=move_, version=version, actor=by, given=Given(**given))


def walk_to(world: World, state: str, *, kind: str = "street_light", key: str = "w1") -> str:
    """A case walked to a state by everybody who has a part in it; answers its number."""
    number_ = report(world, kind=kind, key=key).number
    path = [
        ("accepted", "accept", world.worker, {}),
        ("assigned", "assign", world.worker, {"unit": world.property.pk}),
        ("working", "take", world.electrician, {}),
        ("resolved", "resolve", world.electrician, {"words": "换了灯泡", "photos": (picture(),)}),
        ("closed", "verify", world.grid_worker, {"closing_reason": "solved"}),
    ]
    if state == "reported":
        return number_
    for reached, step, who, given in path:
        move(number_, step, who, **given)
        if reached == state:
            return number_
    raise AssertionError(state)
