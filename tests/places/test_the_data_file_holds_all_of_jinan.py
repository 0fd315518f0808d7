"""The data file of the room: complete, and drawn without gap or overlap."""

import csv
import json
import random
from collections import Counter
from pathlib import Path

import pytest
import shapely

from quanlin.places.data import build
from quanlin.places.rules import parse_official

DATA = Path(build.__file__).parent
ZONE = "370176000000"


@pytest.fixture(scope="module")
def rows() -> dict[str, dict[str, str]]:
    """Lines of divisions.csv by key."""
    with (DATA / "divisions.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    found = {line["key"]: line for line in lines}
    assert len(found) == len(lines)
    return found


def shapes(name: str) -> dict[str, shapely.Geometry]:
    """Outlines of a file by key."""
    features = json.loads((DATA / f"{name}.geojson").read_text(encoding="utf-8"))["features"]
    return {f["properties"]["key"]: shapely.geometry.shape(f["geometry"]) for f in features}


def test_there_are_12_districts_a_zone_164_streets_and_5759_communities(rows):
    levels = Counter(row["level"] for row in rows.values())
    assert levels == {"city": 1, "district": 13, "street": 164, "community": 5759}
    assert [key for key, row in rows.items() if row["statistical"]] == [ZONE]


def test_every_code_is_well_formed_and_says_its_parent(rows):
    without = [key for key in rows if not key.isdigit()]
    assert without == ["370105014000-42"]
    for key, row in rows.items():
        if key.isdigit():
            code = parse_official(key)
            assert code.level == row["level"]
            assert row["parent"] == ("" if row["level"] == "city" else code.parent)
        assert row["parent"] in rows or row["level"] == "city"


def test_sequences_are_unique_among_siblings_and_fit_the_place_number(rows):
    seen = Counter((row["parent"], int(row["sequence"])) for row in rows.values())
    assert max(seen.values()) == 1
    most = {"district": 63, "street": 127, "community": 511}
    assert all(1 <= int(r["sequence"]) <= most[r["level"]] for r in rows.values() if r["level"] in most)


def test_names_are_short_and_the_official_name_is_kept(rows):
    assert rows["370103012001"]["name"] == "舜新社区"
    assert rows["370103012001"]["official_name"] == "舜新社区居民委员会"
    assert rows[ZONE]["name"] == "济南高新区"
    assert not [r["name"] for r in rows.values() if "委员会" in r["name"] or "委会" in r["name"]]
    assert all(row["name"].strip() for row in rows.values())


@pytest.mark.parametrize(
    ("official", "short"),
    [
        ("舜新社区居民委员会", "舜新社区"),
        ("状元沟村村民委员会", "状元沟村"),
        ("瓦峪沟村民委员会", "瓦峪沟村"),
        ("纸坊村村民委会", "纸坊村"),
        ("贤女庙村村民村委会", "贤女庙村"),
        ("王天恒村委会", "王天恒村"),
        ("和苑社区居民居民委员会", "和苑社区"),
        ("欣园社区居居民委员会", "欣园社区"),
        ("白马山一居居民委员会", "白马山一居"),
        ("文化东路居民委员会", "文化东路社区"),
        ("英西南路社区居委会", "英西南路社区"),
        ("府前社区居民居委会", "府前社区"),
        ("国际花都社区第一居民委员会", "国际花都社区第一"),
        ("英才学院类似社区", "英才学院社区"),
        ("山东技师学院类似居委会", "山东技师学院社区"),
    ],
)
def test_a_committee_s_name_is_shortened_to_the_community_s(official, short):
    assert build.short_name(official) == short


def test_every_place_has_an_outline_and_only_drawn_ones_are_schematic(rows):
    for name, level in (
        ("districts", ("city", "district")),
        ("streets", ("street",)),
        ("communities", ("community",)),
    ):
        features = json.loads((DATA / f"{name}.geojson").read_text(encoding="utf-8"))["features"]
        keys = {f["properties"]["key"] for f in features}
        assert keys == {key for key, row in rows.items() if row["level"] in level}
        drawn = {f["properties"]["key"] for f in features if f["properties"]["schematic"]}
        assert drawn == (keys if name != "districts" else {ZONE})


def test_communities_cover_the_city_without_gap_or_overlap():
    communities = list(shapes("communities").values())
    assert shapely.coverage_is_valid(communities)
    city = shapes("districts")["370100000000"]
    assert shapely.union_all(communities).symmetric_difference(city).area < 1e-9
    assert all(shape.geom_type == "MultiPolygon" and len(shape.geoms) == 1 for shape in communities)


def test_a_random_point_of_a_district_lies_in_exactly_one_community_and_street():
    chance = random.Random(7)
    communities, streets = shapes("communities"), shapes("streets")
    keys, tree = list(communities), shapely.STRtree(list(communities.values()))
    street_keys, street_tree = list(streets), shapely.STRtree(list(streets.values()))
    for district, shape in shapes("districts").items():
        west, south, east, north = shape.bounds
        found = 0
        while found < 40:
            spot = shapely.Point(chance.uniform(west, east), chance.uniform(south, north))
            if not shape.contains(spot):
                continue
            found += 1
            inside = tree.query(spot, predicate="within")
            assert len(inside) == 1
            (street,) = street_tree.query(spot, predicate="within")
            key = keys[inside[0]]
            assert key[:9] == street_keys[street][:9]
            if district not in ("370100000000", "370102000000", "370112000000"):
                assert key[:6] == district[:6]


def test_the_zone_lies_inside_the_two_districts_that_it_is_carved_from():
    districts = shapes("districts")
    around = districts["370102000000"].union(districts["370112000000"])
    assert districts[ZONE].difference(around).area < 1e-9


def test_the_files_stay_small_and_reviewable():
    assert sum(file.stat().st_size for file in DATA.iterdir() if file.is_file()) < 3_000_000
    assert max(len(line) for line in (DATA / "communities.geojson").read_text().splitlines()) < 2000
