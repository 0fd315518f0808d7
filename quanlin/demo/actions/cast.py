"""Who plays: the accounts of the demonstration, and invented workers and residents of many more communities."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from quanlin.cases.actions import Reporter
from quanlin.demo.actions.world import BEFORE, CITY, find_place
from quanlin.demo.queries import world_plan
from quanlin.kit import clock
from quanlin.kit.actor import SYSTEM, Actor
from quanlin.kit.errors import NotFound
from quanlin.kit.placenumber import ancestor
from quanlin.people import actions as people
from quanlin.people import queries as people_queries
from quanlin.places import queries as places
from quanlin.staff import actions as staff
from quanlin.staff import queries as staff_queries

ROLE_OF = {"desk": "operator", "grid": "grid_worker", "property": "property"}
FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉梅鑫波斌宇浩凯秀文博晨瑶婷雪琳晶欣"
PHONE_BLOCK = 13800001000
STREETS_OF_A_DISTRICT = 3


@dataclass(frozen=True, slots=True)
class Stage:
    """A community in which something happens, and the places in it."""

    community: int
    spots: tuple[int, ...]
    weight: int


@dataclass(slots=True)
class Cast:
    """Actors by unit and community; whoever is needed and missing is invented when he is needed."""

    began: datetime
    stages: tuple[Stage, ...] = ()
    _members: dict[int, list[Actor]] = field(default_factory=dict)
    _residents: dict[int, list[tuple[Actor, Reporter]]] = field(default_factory=dict)

    def member(self, unit: int, *, other_than: int | None = None) -> Actor:
        """A worker of the unit; another than the account given."""
        found = self._members.get(unit)
        if found is None:
            found = self._members[unit] = list(_standing(unit))
        for actor in found:
            if actor.account != other_than:
                return actor
        found.append(self._invent_worker(unit, len(found)))
        return found[-1]

    def _invent_worker(self, unit: int, count: int) -> Actor:
        card = staff_queries.unit(unit)
        with clock.at(self.began), staff.act_as(SYSTEM):
            row = staff.open_account(
                username=f"demo.{unit}.{count}", sort="staff", password=None, actor=SYSTEM
            )
            name = invented_name(Random(f"{unit}.{count}"))  # noqa: S311  a play, no secret
            people.register(
                name=name,
                actor=SYSTEM,
                sort="staff",
                account=row.pk,
                person=row.uid,
                place=card.place,
                invented=True,
            )
            grant = staff.grant(
                account=row.pk,
                role=ROLE_OF.get(card.sort, "department"),
                place=card.place,
                unit=unit,
                actor=SYSTEM,
            )
        return _actor(row.pk, grant.pk)

    def resident(self, community: int, pick: int) -> tuple[Actor, Reporter]:
        """One of the residents of the community, and how he is shown."""
        found = self._residents.setdefault(community, [])
        while len(found) <= pick:
            found.append(self._invent_resident(community, len(found)))
        return found[pick]

    def _invent_resident(self, community: int, count: int) -> tuple[Actor, Reporter]:
        name = f"demo.r{community}.{count}"
        try:
            account = staff_queries.account_named(name)
        except NotFound:
            with clock.at(self.began), staff.act_as(SYSTEM):
                row = staff.open_account(username=name, sort="resident", password=None, actor=SYSTEM)
                people.register(
                    name=invented_name(Random(f"{community}.{count}")), actor=SYSTEM, sort="resident",  # noqa: S311
                    phone=str(PHONE_BLOCK + row.pk), account=row.pk, person=row.uid, place=community, invented=True,
                )  # fmt: skip
            account = row.pk
        return _shown(_actor(account, None))


def invented_name(dice: Random) -> str:
    """A name that nobody gave anybody."""
    return dice.choice(FAMILY) + "".join(dice.choice(GIVEN) for _ in range(dice.choice((1, 2, 2))))


def _actor(account: int, grant: int | None) -> Actor:
    return staff_queries.actor_for(account, grant=grant, session="", began_at=clock.now())


def _standing(unit: int) -> Iterator[Actor]:
    for account in staff_queries.members_of(unit):
        for hat in staff_queries.grants_of(account):
            if hat.unit == unit:
                yield _actor(account, hat.id)


def _shown(actor: Actor) -> tuple[Actor, Reporter]:
    if actor.person is None:
        raise NotFound("no_person", "演示的居民没有登记好。请换一个数据文件夹重新载入。")
    card = people_queries.card(actor.person)
    return actor, Reporter(
        sort="resident", person=actor.person, mask=card.name_mask, phone_mask=card.phone_mask
    )


def gather() -> Cast:
    """The cast: demonstration residents in their communities, and communities over all districts with their units.

    In the system's scope.
    """
    cast = Cast(began=clock.now() - BEFORE)
    with clock.at(cast.began):
        homes = tuple(_demo_stages())
        towns = tuple(_towns(skip={stage.community for stage in homes}))
    cast.stages = homes + towns
    for plan in world_plan().residents:
        community = ancestor(find_place(plan.home).number, "community")
        actor = _actor(staff_queries.account_named(plan.username), None)
        cast._residents.setdefault(community, []).append(_shown(actor))
    return cast


def _demo_stages() -> Iterator[Stage]:
    for unit in world_plan().units:
        if unit.sort == "desk":
            community = find_place(unit.at).number
            yield Stage(community, tuple(_buildings(community)), 24 if unit.key == "shunxin" else 5)


def _buildings(place: int) -> Iterator[int]:
    for child in places.children(place, viewer=SYSTEM):
        if child.level in ("grid", "estate"):
            yield from _buildings(child.number)
        elif child.level == "building":
            yield child.number


def _towns(*, skip: set[int]) -> Iterator[Stage]:
    """Three communities of each district, evenly over its streets, each with a desk, a grid and a property company."""
    city = places.by_code(CITY, viewer=SYSTEM)
    for district in places.children(city.number, viewer=SYSTEM):
        streets = [s for s in places.children(district.number, viewer=SYSTEM) if s.level == "street"]
        for i in range(STREETS_OF_A_DISTRICT):
            street = streets[i * len(streets) // STREETS_OF_A_DISTRICT]
            communities = [c for c in places.children(street.number, viewer=SYSTEM) if c.number not in skip]
            if communities:
                community = communities[len(communities) // 2]
                _open_units(community)
                yield Stage(community.number, (community.number,), 1)


def _open_units(community: places.PlaceCard) -> None:
    have = {(u.sort, u.place) for u in staff_queries.units().values()}
    for sort, name, level in (
        ("desk", community.name, ""),
        ("grid", f"{community.name}第1网格", "grid"),
        ("property", f"泉安物业{community.name}服务处", ""),
    ):
        if (sort, community.number) not in have:
            staff.open_unit(name=name, sort=sort, place=community.number, level=level, actor=SYSTEM)
