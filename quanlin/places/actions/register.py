"""Changing the register one place at a time: add, end, code, own days."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.db import models, transaction
from django.db.models import Max

from quanlin.journal.actions import record
from quanlin.kit import clock
from quanlin.kit.actor import Actor
from quanlin.kit.errors import Conflict, NotFound, Refused
from quanlin.kit.placenumber import LEVEL_NAMES, child_number
from quanlin.places import facts, queries, rules
from quanlin.places.models import Building, Estate, Home, Outline, OwnDay, Place, PlaceCode, Revision
from quanlin.places.queries.tree import changed_here


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateFacts:
    """What is known of an estate; None is unknown and shown as such."""

    closed: bool | None = None
    has_ebikes: bool | None = None
    has_vehicle_entrance: bool | None = None
    fire_objects: list[str] | None = None
    perimeter_metres: int | None = None
    property_mode: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildingFacts:
    """What is known of a building."""

    residential: bool | None = None
    floors_above_ground: int | None = None
    floors_with_common_area: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeFacts:
    """What is known of the rooms of a home, not of the people."""

    floor: int | None = None
    residential: bool | None = None
    occupied: bool | None = None
    occupied_source: str = ""
    occupied_on: date | None = None


Details = EstateFacts | BuildingFacts | HomeFacts
_TABLES: dict[str, tuple[type[Details], type[models.Model]]] = {
    "estate": (EstateFacts, Estate),
    "building": (BuildingFacts, Building),
    "home": (HomeFacts, Home),
}

_ALLOWED: dict[str, Callable[[Any], bool]] = {
    "property_mode": lambda mode: mode in dict(Estate.MODES),
    "fire_objects": lambda sorts: set(sorts) <= set(Estate.FIRE_OBJECTS),
    "perimeter_metres": lambda metres: 0 < metres < 100_000,
    "floors_above_ground": lambda floors: 0 < floors < 200,
    "floors_with_common_area": lambda floors: 0 <= floors < 200,
    "floor": lambda floor: -10 < floor < 200,
}


def touch() -> None:
    """Tell every process that the register has changed, once this transaction is committed."""
    Revision.objects.update(mark=uuid4())
    changed_here()


def locked(number: int) -> Place:
    """The row, locked until the transaction ends. Raises NotFound, also outside the actor's range."""
    try:
        return Place.objects.select_for_update(no_key=True).get(pk=number)
    except Place.DoesNotExist:
        raise NotFound("no_such_place", "没有这个地点，没有改动。请返回上一页重新选择。") from None


def check_living(place: Place, on_day: date) -> None:
    """Raises Conflict when the place has ended before the day."""
    if place.ended_on is not None and place.ended_on <= on_day:
        raise Conflict(
            "place_ended",
            f"没有改动：{place.name}已于 {place.ended_on:%Y-%m-%d} 停用。请选择接替它的地点。",
            extra={"ended_on": place.ended_on.isoformat()},
        )


@transaction.atomic
def add_place(
    *,
    parent: int,
    level: str,
    name: str,
    actor: Actor,
    official_name: str = "",
    code12: str = "",
    lat: float | None = None,
    lng: float | None = None,
    details: Details | None = None,
    source: str = "",
    valid_from: date | None = None,
) -> queries.PlaceCard:
    """A new place below ``parent``; its number follows the last one of its level there.

    lat, lng: WGS-84 degrees; valid_from: today when not given. ``details`` fit the level. Raises
    NotAllowed, NotFound, Refused (level, name, code, point, no number left), Conflict (name or code taken).
    """
    rules.check_may_change(actor, "add_place", parent)
    above = locked(parent)
    rules.check_parent(level, above.level)
    since = valid_from or queries.today()
    check_living(above, since)
    title = rules.checked_name(name)
    if lat is not None or lng is not None:
        lat, lng = rules.to_wgs84(lat, lng, "wgs84")  # type: ignore[arg-type]
    if Place.objects.filter(parent=above, level=level, name=title, ended_on=None).exists():
        raise Conflict(
            "name_taken", f"没有保存：{above.name}下面已有{LEVEL_NAMES[level]}「{title}」。", extra={}
        )
    place = insert(above, level, title, official_name=official_name, lat=lat, lng=lng, since=since)
    if code12:
        give_code(place, code12, since)
    if level in _TABLES:
        _write_details(place, details, source, since)
    touch()
    record(
        facts.PlaceOpened(subject_id=str(place.number), place=place.number, level=level),
        actor=actor,
    )
    return queries.place(place.number, viewer=actor)


def insert(
    above: Place,
    level: str,
    name: str,
    *,
    official_name: str,
    since: date,
    lat: float | None,
    lng: float | None,
) -> Place:
    """The row itself. ``above`` is locked, so that the next sequence is free."""
    last = Place.objects.filter(parent=above, level=level).aggregate(last=Max("sequence"))["last"] or 0
    try:
        number = child_number(above.number, level, last + 1)
    except ValueError:
        raise Refused(
            "no_number_left", f"没有保存：{above.name}下面的{LEVEL_NAMES[level]}已满 {last} 个，编号用完了。"
        ) from None
    return Place.objects.create(
        number=number,
        level=level,
        name=name,
        official_name=official_name,
        parent=above,
        sequence=last + 1,
        path=rules.path_of(above.path, above.level, above.name, name),
        code=rules.speakable_code(number, level),
        valid_from=since,
        lat=lat,
        lng=lng,
    )


def _write_details(place: Place, details: Details | None, source: str, stated_on: date) -> None:
    sort, table = _TABLES[place.level]
    known = details or sort()
    if not isinstance(known, sort):
        raise Refused(
            "wrong_details", f"没有保存：填写的内容不属于{LEVEL_NAMES[place.level]}。", field="details"
        )
    values = {field.name: getattr(known, field.name) for field in fields(known)}
    for name, value in values.items():
        if value is not None and name in _ALLOWED and not _ALLOWED[name](value):
            raise Refused("bad_details", "没有保存：有一项填写的内容超出了可选的范围。", field=name)
    table.objects.create(place=place, source=source, stated_on=stated_on, entered_at=clock.now(), **values)


@transaction.atomic
def end_place(*, place: int, on_day: date, reason: str, actor: Actor) -> None:
    """From ``on_day`` on the place exists no longer; what was recorded there stays.

    Raises NotAllowed, NotFound, Conflict (ended already, or something living stands below it), Refused
    (reason).
    """
    rules.check_may_change(actor, "end_place", place)
    row = locked(place)
    check_living(row, on_day)
    why = rules.checked_name(reason)
    below = queries.children(place, viewer=actor)
    if below:
        raise Conflict(
            "place_not_empty",
            f"没有停用：{row.name}下面还有 {len(below)} 个在用的地点。请先停用或合并它们。",
            extra={"below": len(below)},
        )
    retire(row, on_day)
    touch()
    record(
        facts.PlaceEnded(subject_id=str(place), place=place, on_day=on_day.isoformat(), reason=why),
        actor=actor,
    )


def retire(row: Place, on_day: date) -> None:
    """End the row, its code and its outline on the day."""
    if on_day <= row.valid_from:
        raise Refused(
            "bad_day",
            f"没有改动：日期要在启用日 {row.valid_from:%Y-%m-%d} 之后。请重新选择日期。",
            field="on_day",
        )
    row.ended_on = on_day
    PlaceCode.objects.filter(place=row, valid_to=None).update(valid_to=on_day)
    Outline.objects.filter(place=row, valid_to=None).update(valid_to=on_day)
    if on_day <= queries.today():
        row.code = rules.speakable_code(row.number, row.level)
    row.save(update_fields=["ended_on", "code"])


def give_code(place: Place, code12: str, since: date) -> None:
    """Make an official code the place's from a day on. Raises Refused (bad code), Conflict (taken code)."""
    code = rules.parse_official(code12)
    if code.level != place.level:
        raise Refused(
            "wrong_code_level",
            f"没有保存：{code.code12} 不是{LEVEL_NAMES[place.level]}的代码。请核对 12 位区划代码。",
            field="code12",
        )
    taken = PlaceCode.objects.filter(code12=code.code12).exclude(valid_to__lte=since)
    if taken.exclude(place=place).exists():
        raise Conflict("code_taken", f"没有保存：代码 {code.code12} 已属于另一个在用的地点。请核对代码。")
    if taken.exists():
        return
    present = PlaceCode.objects.filter(place=place, valid_to=None).first()
    if present is not None and present.valid_from >= since:
        raise Refused(
            "bad_day",
            f"没有保存：现用代码自 {present.valid_from:%Y-%m-%d} 起生效，新代码要晚于这一天。",
            field="on_day",
        )
    PlaceCode.objects.filter(place=place, valid_to=None).update(valid_to=since)
    PlaceCode.objects.create(place=place, code12=code.code12, valid_from=since)
    if since <= queries.today():
        place.code = code.code12
        place.save(update_fields=["code"])


@transaction.atomic
def set_code(*, place: int, code12: str, on_day: date, actor: Actor) -> None:
    """The place has another official code from ``on_day`` on; the old one leads to it as before.

    Raises NotAllowed, NotFound, Refused, Conflict.
    """
    rules.check_may_change(actor, "set_code", place)
    row = locked(place)
    check_living(row, on_day)
    give_code(row, code12, on_day)
    touch()
    record(
        facts.CodeSet(
            subject_id=str(place),
            place=place,
            code12=rules.parse_official(code12).code12,
            on_day=on_day.isoformat(),
        ),
        actor=actor,
    )


@transaction.atomic
def set_own_day(*, place: int, day: date, sort: str, note: str, actor: Actor) -> None:
    """The place and all below it work (``work``) or rest (``off``) on the day, or go by the ``country``
    again.

    Clocks that run are measured by the new calendar from then on. Raises NotAllowed, NotFound, Refused.
    """
    rules.check_may_change(actor, "set_own_day", place)
    if sort not in ("off", "work", "country") or isinstance(day, datetime) or not isinstance(day, date):
        raise Refused("bad_own_day", "没有保存：请选择日期，并选择上班、休息或按国家安排。", field="sort")
    row = locked(place)
    if sort == "country":
        OwnDay.objects.filter(place=row, day=day).delete()
    else:
        why = rules.checked_name(note)
        OwnDay.objects.update_or_create(place=row, day=day, defaults={"sort": sort, "note": why})
    touch()
    record(facts.OwnDaySet(subject_id=str(place), place=place, day=day.isoformat(), sort=sort), actor=actor)
