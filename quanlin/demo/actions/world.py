"""Loading the invented world: units, accounts with their grants, residents with their homes."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password

from quanlin.demo.queries import world_plan
from quanlin.demo.rules.plans import AccountPlan, ResidentPlan, UnitPlan, WorldPlan
from quanlin.kit import clock
from quanlin.kit.actor import SYSTEM
from quanlin.kit.errors import NotAllowed, NotFound
from quanlin.kit.placenumber import ancestor, child_number
from quanlin.people import actions as people
from quanlin.places import actions as place_actions
from quanlin.places import queries as places
from quanlin.staff import actions as staff
from quanlin.staff import queries as staff_queries

CITY = "370100000000"
BEFORE = timedelta(days=30)
"""How long before today the invented world began, so that its history has room."""


def refuse_in_production() -> None:
    """Invented data never meets real data. Raises NotAllowed."""
    if settings.PRODUCTION:
        raise NotAllowed(
            "production",
            "没有载入：这是正式环境，演示数据只能用在演示环境。请换一个数据文件夹，用 ./run 启动。",
        )


def find_place(at: str) -> places.PlaceCard:
    """The place of ``code/name/name…``; ``code-n`` is the n-th community of a street. Raises NotFound."""
    code, *names = at.split("/")
    official, _, sequence = code.partition("-")
    card = places.by_code(official, viewer=SYSTEM)
    if sequence:
        card = places.place(child_number(card.number, "community", int(sequence)), viewer=SYSTEM)
    for name in names:
        found = next(_named(card, name), None)
        if found is None:
            raise NotFound("no_place", f"演示的地点 {at} 还没有。请先执行 quanlin places demo。")
        card = found
    return card


def _named(card: places.PlaceCard, name: str) -> Iterator[places.PlaceCard]:
    below = places.children(card.number, viewer=SYSTEM)
    yield from (child for child in below if child.name == name)
    for child in below:
        if child.level == "grid" != card.level:  # an estate stands in a grid, whose name nobody says
            yield from _named(child, name)


def load_world() -> int:
    """Load what is not there yet; answers how many units and accounts are new. Twice does nothing the second time."""
    refuse_in_production()
    plan = world_plan()
    began = clock.now() - BEFORE
    with staff.act_as(SYSTEM):
        place_actions.load_demo(actor=SYSTEM)
        units, new = _units(plan)
        known = {
            a.username for sort in ("staff", "resident") for a in staff_queries.demonstration_accounts(sort)
        }
        todo = [a for a in plan.accounts if a.username not in known]
        hashed = make_password(plan.password) if todo else ""
        for account in todo:
            _account(account, units, hashed=hashed, began=began)
        residents = [r for r in plan.residents if r.username not in known]
        for resident in residents:
            _resident(resident)
    return new + len(todo) + len(residents)


def _units(plan: WorldPlan) -> tuple[dict[str, int], int]:
    have = {(u.sort, u.place, u.name): u.id for u in staff_queries.units().values()}
    ids, new = {}, 0
    for unit in (*plan.units, *_everywhere(plan)):
        place = find_place(unit.at).number
        known = have.get((unit.sort, place, unit.name))
        if known is None:
            new += 1
            known = staff.open_unit(
                name=unit.name,
                sort=unit.sort,
                place=place,
                speciality=unit.speciality,
                phone=unit.phone,
                actor=SYSTEM,
            ).pk
        ids[unit.key] = known
    return ids, new


def _everywhere(plan: WorldPlan) -> Iterator[UnitPlan]:
    city = places.by_code(CITY, viewer=SYSTEM)
    own = {(u.at, u.speciality) for u in plan.units if u.sort == "department"}
    for district in places.children(city.number, viewer=SYSTEM):
        for speciality, name in plan.district_departments.items():
            if (district.code, speciality) not in own:
                yield UnitPlan(
                    key=f"{district.code}/{speciality}", name=f"{district.name}{name}", sort="department", at=district.code,
                    speciality=speciality,
                )  # fmt: skip
    for speciality, name in plan.city_departments.items():
        yield UnitPlan(
            key=f"city/{speciality}", name=f"济南市{name}", sort="department", at=CITY, speciality=speciality
        )


def _account(plan: AccountPlan, units: dict[str, int], *, hashed: str, began: datetime) -> None:
    row = staff.open_account(
        username=plan.username, sort="staff", password=None, hashed=hashed, actor=SYSTEM, demonstration=True
    )
    homes = [_unit_id(key, units) for key in (plan.unit, *plan.more) if key]
    place = staff_queries.unit(homes[0]).place if homes else find_place(plan.at).number
    people.register(
        name=plan.name, actor=SYSTEM, sort="staff", account=row.pk, person=row.uid, place=place, invented=True
    )
    start = began if plan.days > BEFORE.days * 2 else None
    for unit in homes or [None]:
        at = staff_queries.unit(unit).place if unit else place
        days = plan.days - (0 if start else 1)
        staff.grant(
            account=row.pk, role=plan.role, place=at, unit=unit, days=days, valid_from=start, actor=SYSTEM
        )


def _unit_id(key: str, units: dict[str, int]) -> int:
    if not key.startswith("@"):
        return units[key]
    place = find_place(key[1:]).number
    return next(u.id for u in staff_queries.units().values() if u.sort == "desk" and u.place == place)


def _resident(plan: ResidentPlan) -> None:
    home = find_place(plan.home).number
    row = staff.open_account(
        username=plan.username, sort="resident", password=None, actor=SYSTEM, demonstration=True
    )
    people.register(
        name=plan.name, actor=SYSTEM, sort="resident", phone=plan.phone, account=row.pk, person=row.uid,
        place=ancestor(home, "community"), invented=True,
    )  # fmt: skip
    people.link_home(person=row.uid, home=home, actor=SYSTEM)
