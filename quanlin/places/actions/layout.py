"""A whole community at once: grids, estates, buildings, units, homes and roads from a plan."""

from datetime import date
from pathlib import Path

import yaml
from django.db import models, transaction

from quanlin.journal.actions import record
from quanlin.kit import clock
from quanlin.kit.actor import Actor
from quanlin.kit.errors import Conflict, NotFound, Refused
from quanlin.kit.placenumber import child_number
from quanlin.places import facts, queries, rules
from quanlin.places.actions.divisions import DATA, Progress
from quanlin.places.actions.outlines import outline_of
from quanlin.places.actions.register import check_living, locked, touch
from quanlin.places.models import Building, Estate, Home, Outline, Place, Road
from quanlin.places.rules.layout import CommunityPlan, EstateLayout, EstatePlan, lay_out

DEMO = DATA / "demo.yaml"
_SOURCE = "演示数据，虚构"
_BATCH = 2000


class _Rows:
    """Rows to be written together, in the order in which they refer to each other."""

    def __init__(self, since: date, source: str):
        self.since, self.source = since, source
        self.places: list[Place] = []
        self.others: dict[type[models.Model], list[models.Model]] = {}

    def place(
        self, above: Place, level: str, sequence: int, name: str, spot: tuple[float, float] | None
    ) -> Place:
        number = child_number(above.number, level, sequence)
        place = Place(
            number=number,
            level=level,
            name=name,
            parent_id=above.number,
            sequence=sequence,
            path=rules.path_of(above.path, above.level, above.name, name),
            code=rules.speakable_code(number, level),
            valid_from=self.since,
            lat=spot[0] if spot else above.lat,
            lng=spot[1] if spot else above.lng,
        )
        self.places.append(place)
        return place

    def add(self, row: models.Model) -> None:
        self.others.setdefault(type(row), []).append(row)

    def outline(self, place: Place, ring: list[list[float]]) -> None:
        row = outline_of(place, [ring], source=self.source, schematic=True, on_day=self.since)
        self.add(row)

    def register(self) -> dict[str, object]:
        return {"source": self.source, "stated_on": self.since, "entered_at": clock.now()}

    def write(self) -> None:
        Place.objects.bulk_create(self.places, batch_size=_BATCH)
        for table, rows in self.others.items():
            table.objects.bulk_create(rows, batch_size=_BATCH)


@transaction.atomic
def lay_out_community(*, community: int, plan: CommunityPlan, source: str, actor: Actor) -> int:
    """Enter everything of the plan in an empty community; answers how many places that makes.

    Raises NotAllowed, NotFound, Conflict (something stands there already), Refused (no outline, no room in
    it).
    """
    rules.check_may_change(actor, "lay_out", community)
    row = locked(community)
    since = queries.today()
    check_living(row, since)
    if row.level != "community":
        raise Refused("wrong_level", f"没有录入：{row.name}不是社区。", field="community")
    if Place.objects.filter(parent=row).exists():
        raise Conflict("place_not_empty", f"没有录入：{row.name}下面已有网格或小区。请逐个增加。")
    outline = Outline.objects.filter(place=row, valid_to=None).first()
    if outline is None:
        raise Refused("no_outline", f"没有录入：{row.name}还没有边界。请先勾画边界。", field="community")
    try:
        layout = lay_out(outline.rings, plan)
    except ValueError as error:
        raise Refused(
            "no_room", f"没有录入：{row.name}的边界里放不下这些楼。请减少楼数或修正边界。"
        ) from error
    rows = _Rows(since, source)
    grids: list[Place] = []
    for sequence, (name, ring) in enumerate(zip(plan.grids, layout.grids, strict=True), start=1):
        grid = rows.place(row, "grid", sequence, name, rules.middle([ring]) if ring else None)
        if ring:
            rows.outline(grid, ring)
        grids.append(grid)
    counts = dict.fromkeys(range(1, len(grids) + 1), 0)
    for estate in layout.estates:
        counts[estate.plan.grid] += 1
        _estate(rows, grids[estate.plan.grid - 1], counts[estate.plan.grid], estate)
    for name, line in layout.roads:
        rows.add(Road(place=row, name=name, line=line, **rows.register()))
    rows.write()
    touch()
    record(
        facts.CommunityLaidOut(subject_id=str(community), place=community, added=len(rows.places)),
        actor=actor,
    )
    return len(rows.places)


def _estate(rows: _Rows, grid: Place, sequence: int, layout: EstateLayout) -> None:
    plan = layout.plan
    estate = rows.place(grid, "estate", sequence, plan.name, rules.middle([layout.ring]))
    rows.outline(estate, layout.ring)
    rows.add(
        Estate(
            place_id=estate.number,
            closed=plan.closed,
            has_ebikes=plan.has_ebikes,
            property_mode=plan.property_mode,
            **rows.register(),
        )
    )
    for number, ring in enumerate(layout.buildings, start=1):
        building = rows.place(estate, "building", number, f"{number}号楼", rules.middle([ring]))
        rows.outline(building, ring)
        rows.add(
            Building(
                place_id=building.number,
                residential=True,
                floors_above_ground=plan.floors,
                floors_with_common_area=plan.floors,
                **rows.register(),
            )
        )
        for entry in range(1, plan.units + 1):
            unit = rows.place(building, "unit", entry, f"{entry}单元", None)
            for index in range(plan.floors * plan.homes_per_floor):
                floor, door = divmod(index, plan.homes_per_floor)
                home = rows.place(unit, "home", index + 1, f"{floor + 1}{door + 1:02d}", None)
                rows.add(Home(place_id=home.number, floor=floor + 1, residential=True, **rows.register()))


def read_plans(path: Path) -> dict[str, CommunityPlan]:
    """Plans by code (or parent-sequence) from a YAML file like data/demo.yaml. Raises ValueError."""
    found = yaml.safe_load(path.read_text(encoding="utf-8"))["communities"]
    try:
        return {
            key: CommunityPlan(
                grids=tuple(plan["grids"]),
                roads=tuple(plan.get("roads", ())),
                estates=tuple(EstatePlan(**estate) for estate in plan["estates"]),
            )
            for key, plan in found.items()
        }
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path.name}: {error}") from error


def load_demo(*, actor: Actor, progress: Progress | None = None) -> int:
    """Lay out the communities of data/demo.yaml that are still empty; answers how many places that makes.

    Raises NotAllowed, NotFound (load the divisions first).
    """
    plans = read_plans(DEMO)
    added = 0
    for done, (key, plan) in enumerate(plans.items(), start=1):
        official, _, sequence = key.partition("-")
        card = queries.by_code(official, viewer=actor)
        if sequence:
            number = child_number(card.number, "community", int(sequence))
            card = queries.place(number, viewer=actor)
        if card.level != "community":
            raise NotFound("no_such_place", f"没有社区 {key}。请先执行 quanlin places load。")
        if not queries.children(card.number, viewer=actor):
            added += lay_out_community(community=card.number, plan=plan, source=_SOURCE, actor=actor)
        if progress:
            progress(done, len(plans))
    return added
