"""The boundary of a place."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from quanlin.journal.actions import record
from quanlin.kit.actor import Actor
from quanlin.kit.errors import Refused
from quanlin.places import facts, queries, rules
from quanlin.places.actions.register import check_living, locked, touch
from quanlin.places.models import AreaCell, Outline, Place


@transaction.atomic
def set_outline(
    *,
    place: int,
    rings: Sequence[Sequence[Sequence[float]]],
    source: str,
    actor: Actor,
    crs: str = "wgs84",
    schematic: bool = False,
    on_day: date | None = None,
) -> None:
    """The place has this boundary from ``on_day`` (today) on; the one before it stays readable.

    rings: [lng, lat] in degrees of ``crs``, even-odd, several parts and holes allowed. A surveyed outline
    of a community is cut into 20 m cells for shares of area. Raises NotAllowed, NotFound, Refused,
    Conflict.
    """
    rules.check_may_change(actor, "set_outline", place)
    row = locked(place)
    day = on_day or queries.today()
    check_living(row, day)
    checked = rules.checked_rings(rings)
    if crs != "wgs84":
        checked = rules.checked_rings(
            [[list(rules.to_wgs84(lat, lng, crs)[::-1]) for lng, lat in ring] for ring in checked]
        )
    write_outline(row, checked, source=rules.checked_name(source), schematic=schematic, on_day=day)
    touch()
    record(
        facts.OutlineSet(
            subject_id=str(place),
            place=place,
            points=sum(len(ring) for ring in checked),
            schematic=schematic,
            on_day=day.isoformat(),
        ),
        actor=actor,
    )


def write_outline(
    row: Place, rings: list[list[list[float]]], *, source: str, schematic: bool, on_day: date
) -> None:
    """The outline's row, the place's point and, for a surveyed community, its cells."""
    present = Outline.objects.filter(place=row, valid_to=None).first()
    if present is not None and present.valid_from > on_day:
        raise Refused(
            "bad_day",
            f"边界没有保存：现有边界自 {present.valid_from:%Y-%m-%d} 起生效，新边界不能早于这一天。",
            field="on_day",
        )
    outline = outline_of(row, rings, source=source, schematic=schematic, on_day=on_day)
    if present is not None and present.valid_from == on_day:
        outline.pk = present.pk
    elif present is not None:
        present.valid_to = on_day
        present.save(update_fields=["valid_to"])
    outline.save()
    row.lat, row.lng = rules.middle(rings)
    row.save(update_fields=["lat", "lng"])
    if row.level == "community":
        AreaCell.objects.filter(community=row).delete()
        if not schematic:
            cells = [AreaCell(community=row, cell=cell) for cell in rules.cells_of(rings)]
            AreaCell.objects.bulk_create(cells, batch_size=5000)


def outline_of(
    row: Place, rings: list[list[list[float]]], *, source: str, schematic: bool, on_day: date
) -> Outline:
    """The outline, not yet saved, with the bounds by which it is found."""
    west, south, east, north = rules.bounds(rings)
    return Outline(
        place=row,
        rings=rings,
        west=west,
        south=south,
        east=east,
        north=north,
        schematic=schematic,
        source=source,
        valid_from=on_day,
    )
