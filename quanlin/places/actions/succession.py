"""Communities that merge or are split. Old numbers stay, so old cases and figures stay as they were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from quanlin.journal.actions import record
from quanlin.kit.actor import Actor
from quanlin.kit.errors import NotFound, Refused
from quanlin.places import facts, queries, rules
from quanlin.places.actions.outlines import write_outline
from quanlin.places.actions.register import check_living, give_code, insert, locked, retire, touch
from quanlin.places.models import Outline, Place, Succession


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of the communities into which another is split.

    places: numbers of the grids (or estates, buildings) directly below the old one that go to this part
    rings:  its boundary, [lng, lat] in WGS-84
    """

    name: str
    places: tuple[int, ...]
    rings: Sequence[Sequence[Sequence[float]]]
    code12: str = ""
    official_name: str = ""


def _communities(numbers: Sequence[int], on_day: date) -> list[Place]:
    rows = list(Place.objects.select_for_update(no_key=True).filter(pk__in=numbers).order_by("number"))
    if len(rows) != len(set(numbers)):
        raise NotFound("no_such_place", "有的社区不存在，没有改动。请返回上一页重新选择。")
    for row in rows:
        check_living(row, on_day)
        if row.level != "community":
            raise Refused("wrong_level", f"没有改动：{row.name}不是社区。请只选择社区。", field="olds")
    return rows


@transaction.atomic
def merge_communities(
    *,
    olds: Sequence[int],
    new_name: str,
    new_code: str,
    on_day: date,
    actor: Actor,
    official_name: str = "",
) -> queries.PlaceCard:
    """Two or more communities of one street go on as a new one from ``on_day`` (also a later day) on.

    new_code: official code of the new one, may be one of the old ones'; empty when there is none yet.
    Grids, estates and buildings keep their numbers and show the new community above them from that day.
    Raises NotAllowed, NotFound, Refused, Conflict.
    """
    rules.check_may_change(actor, "merge_communities", *olds)
    numbers = tuple(sorted(set(olds)))
    if len(numbers) < 2:
        raise Refused("too_few", "没有合并：至少选择两个社区。", field="olds")
    rows = _communities(numbers, on_day)
    if len({row.parent_id for row in rows}) != 1:
        raise Refused(
            "different_streets", "没有合并：这些社区不在同一个街道。请只选择同一街道的社区。", field="olds"
        )
    rules.check_may_change(actor, "merge_communities", rows[0].parent_id)
    street = locked(rows[0].parent_id)
    shapes = list(Outline.objects.filter(place__in=rows, valid_to=None))
    for row in rows:
        retire(row, on_day)
    new = insert(
        street,
        "community",
        rules.checked_name(new_name),
        official_name=official_name,
        since=on_day,
        lat=None,
        lng=None,
    )
    if new_code:
        give_code(new, new_code, on_day)
    Succession.objects.bulk_create(Succession(old=row, new=new, on_day=on_day, sort="merge") for row in rows)
    if shapes:
        rings = rules.joined(shape.rings for shape in shapes)
        schematic = any(shape.schematic for shape in shapes)
        write_outline(new, rings, source="由合并前各社区边界拼合", schematic=schematic, on_day=on_day)
    touch()
    record(
        facts.CommunitiesMerged(
            subject_id=str(new.number), place=new.number, olds=numbers, on_day=on_day.isoformat()
        ),
        actor=actor,
    )
    return queries.place(new.number, viewer=actor)


@transaction.atomic
def split_community(
    *, old: int, parts: Sequence[Part], on_day: date, actor: Actor
) -> tuple[queries.PlaceCard, ...]:
    """A community goes on as several from ``on_day`` on; everything directly below it goes to exactly one
    of them.

    Raises NotAllowed, NotFound, Refused (a part without name, boundary or code; places not shared out),
    Conflict.
    """
    rules.check_may_change(actor, "split_community", old)
    (row,) = _communities([old], on_day)
    rules.check_may_change(actor, "split_community", row.parent_id)
    if len(parts) < 2:
        raise Refused("too_few", "没有拆分：至少分成两个社区。", field="parts")
    given = sorted(number for part in parts for number in part.places)
    below = sorted(card.number for card in queries.children(old, viewer=actor))
    if given != below:
        raise Refused(
            "not_shared_out",
            f"没有拆分：{row.name}下面的 {len(below)} 个地点要各分到一个新社区，不能遗漏或重复。请核对。",
            field="parts",
        )
    street = locked(row.parent_id)
    retire(row, on_day)
    news: list[Place] = []
    for part in parts:
        rings = rules.checked_rings(part.rings)
        name = rules.checked_name(part.name)
        new = insert(
            street, "community", name, official_name=part.official_name, since=on_day, lat=None, lng=None
        )
        if part.code12:
            give_code(new, part.code12, on_day)
        write_outline(new, rings, source="拆分时勾画", schematic=False, on_day=on_day)
        Succession.objects.bulk_create(
            Succession(old_id=number, new=new, on_day=on_day, sort="split") for number in (old, *part.places)
        )
        news.append(new)
    touch()
    record(
        facts.CommunitySplit(
            subject_id=str(old),
            place=old,
            news=tuple(new.number for new in news),
            on_day=on_day.isoformat(),
        ),
        actor=actor,
    )
    return tuple(queries.place(new.number, viewer=actor) for new in news)
