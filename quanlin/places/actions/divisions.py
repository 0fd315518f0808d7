"""The divisions of Jinan from the project's data file (places/data)."""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import transaction

from quanlin.journal.actions import record
from quanlin.kit.actor import Actor
from quanlin.kit.placenumber import child_number
from quanlin.places import facts, rules
from quanlin.places.actions.outlines import outline_of
from quanlin.places.actions.register import touch
from quanlin.places.models import Outline, Place, PlaceCode

DATA = Path(__file__).parent.parent / "data"
STATED_ON = date(2023, 6, 30)
_SOURCES = {
    "districts": "公开区县边界（DataV 样式，2023）",
    "streets": "泉邻示意图",
    "communities": "泉邻示意图",
}
_BATCH = 2000
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load changed: places that are new, places that got another name, outlines that are new."""

    added: int
    renamed: int
    outlines: int


def _rows() -> Iterator[tuple[str, Place]]:
    """(key, place) for each line of the file, parents first."""
    known: dict[str, Place] = {}
    with (DATA / "divisions.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    order = {"city": 0, "district": 1, "street": 2, "community": 3}
    for line in sorted(lines, key=lambda line: order[line["level"]]):
        parent = known.get(line["parent"])
        level, sequence = line["level"], int(line["sequence"])
        number = child_number(parent.number if parent else 0, level, sequence)
        official = line["key"] if rules.is_official(line["key"]) else ""
        place = known[line["key"]] = Place(
            number=number,
            level=level,
            name=line["name"],
            official_name=line["official_name"],
            parent_id=parent.number if parent else None,
            sequence=sequence,
            path=rules.path_of(parent.path, parent.level, parent.name, line["name"])
            if parent
            else line["name"],
            statistical=line["statistical"] == "yes",
            code=official or rules.speakable_code(number, level),
            valid_from=STATED_ON,
        )
        yield line["key"], place


def _outlines(file_name: str) -> Iterator[tuple[str, bool, list[list[list[float]]]]]:
    text = (DATA / f"{file_name}.geojson").read_text(encoding="utf-8")
    for feature in json.loads(text)["features"]:
        rings = [ring for part in feature["geometry"]["coordinates"] for ring in part]
        yield feature["properties"]["key"], feature["properties"]["schematic"], rings


@transaction.atomic
def load_divisions(*, actor: Actor, progress: Progress | None = None) -> Loaded:
    """Bring the register up to the data file: add what is missing, correct names, leave all else alone.

    May run again at any time: what stands already is not touched, ended places stay ended, outlines and
    codes that were set by hand stay. ``progress(done, total)`` is called now and then. Raises NotAllowed.
    """
    rules.check_may_change(actor, "load_divisions", child_number(0, "city", 1))
    rows = dict(_rows())
    shapes = {key: (rings, schematic, name) for name in _SOURCES for key, schematic, rings in _outlines(name)}
    total, done = len(rows) + len(shapes), 0

    def tell(count: int) -> None:
        nonlocal done
        done += count
        if progress:
            progress(done, total)

    for key, (rings, _, _) in shapes.items():
        rows[key].lat, rows[key].lng = rules.middle(rings)
    present = dict(
        Place.objects.filter(pk__in=[p.number for p in rows.values()]).values_list("number", "name")
    )
    new = [place for place in rows.values() if place.number not in present]
    renamed = [place for place in rows.values() if present.get(place.number, place.name) != place.name]
    for start in range(0, len(new), _BATCH):
        Place.objects.bulk_create(new[start : start + _BATCH])
        tell(len(new[start : start + _BATCH]))
    Place.objects.bulk_update(renamed, ["name", "official_name", "path"])
    tell(len(rows) - len(new))
    fresh = {place.number for place in new}
    PlaceCode.objects.bulk_create(
        (
            PlaceCode(place=place, code12=key, valid_from=STATED_ON)
            for key, place in rows.items()
            if place.number in fresh and rules.is_official(key)
        ),
        batch_size=_BATCH,
    )
    outlined = set(Outline.objects.values_list("place_id", flat=True)) if len(fresh) < len(rows) else set()
    outlines = [
        outline_of(rows[key], rings, source=_SOURCES[name], schematic=schematic, on_day=STATED_ON)
        for key, (rings, schematic, name) in shapes.items()
        if rows[key].number not in outlined
    ]
    for start in range(0, len(outlines), _BATCH):
        Outline.objects.bulk_create(outlines[start : start + _BATCH])
        tell(len(outlines[start : start + _BATCH]))
    tell(len(shapes) - len(outlines))
    loaded = Loaded(added=len(new), renamed=len(renamed), outlines=len(outlines))
    if new or renamed or outlines:
        touch()
        city = rows["370100000000"].number
        record(
            facts.DivisionsLoaded(
                subject_id=str(city), place=city, added=loaded.added, renamed=loaded.renamed
            ),
            actor=actor,
        )
    return loaded
