"""What somebody who tries the demonstration needs to know."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from quanlin.demo.rules.plans import WorldPlan, parse_world
from quanlin.kit.actor import Actor
from quanlin.staff import queries as staff_queries

DATA = Path(__file__).resolve().parent / "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """One account to try. password is '' for residents, who sign in by phone and code; page: where to begin."""

    username: str
    name: str
    sort: str
    role: str
    place: str
    password: str
    phone: str
    page: str


@cache
def world_plan() -> WorldPlan:
    """The plan of the invented world."""
    return parse_world(yaml.safe_load((DATA / "world.yaml").read_text(encoding="utf-8")))


def demo_accounts(*, viewer: Actor) -> tuple[DemoAccount, ...]:
    """The accounts of the demonstration that are loaded, residents first. In the system's scope."""
    plan = world_plan()
    staff = {a.username: a for a in plan.accounts}
    residents = {r.username: r for r in plan.residents}
    found = [
        DemoAccount(
            username=a.username, name=residents[a.username].name, sort="resident", role="居民",
            place=residents[a.username].home.split("/", 1)[1].replace("/", ""), password="", page="/",
            phone=residents[a.username].phone,
        )
        for a in staff_queries.demonstration_accounts("resident")
        if a.username in residents
    ]  # fmt: skip
    found += [
        DemoAccount(
            username=a.username, name=staff[a.username].name, sort="staff", role=a.role, place=a.label,
            password=plan.password, phone="", page="/screen/" if staff[a.username].role == "leader" else "/desk/",
        )
        for a in staff_queries.demonstration_accounts("staff")
        if a.username in staff
    ]  # fmt: skip
    return tuple(found)
