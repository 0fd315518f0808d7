import dataclasses
import json
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quanlin.kit import clock
from quanlin.kit.actor import NOBODY, SYSTEM
from quanlin.kit.errors import NotFound, Refused
from quanlin.kit.placenumber import child_number
from quanlin.places import queries, rules
from quanlin.places.queries.tree import tree
from tests.places.conftest import CITY, DISTRICT, OTHER_STREET, SHUNXIN, STREET, number


def test_all_of_jinan_is_there(system):
    levels = [len(queries.divisions([level])) for level in ("city", "district", "street", "community")]
    assert levels == [1, 13, 164, 5759]
    assert [card.name for card in queries.divisions(["district"]) if card.statistical] == ["济南高新区"]


def test_a_card_says_where_the_place_is(system):
    card = queries.by_code(SHUNXIN, viewer=NOBODY)
    assert (card.level, card.name, card.code) == ("community", "舜新社区", SHUNXIN)
    assert card.path == "市中区舜玉路街道舜新社区"
    assert card.parent == number(STREET)
    assert queries.place(card.number, viewer=NOBODY) == card
    with pytest.raises(dataclasses.FrozenInstanceError):
        card.name = "别的"


def test_a_chain_goes_from_the_city_to_the_home(laid_out):
    building = queries.search_places("东园小区2号楼1单元302", within=laid_out.number, viewer=NOBODY)[0]
    names = [card.name for card in queries.chain(building.number)]
    assert names == [
        "济南市",
        "市中区",
        "舜玉路街道",
        "舜新社区",
        "第1网格",
        "东园小区",
        "2号楼",
        "1单元",
        "302",
    ]
    assert building.path == "市中区舜玉路街道舜新社区东园小区2号楼1单元302"
    assert queries.at_level(building.number, "grid").name == "第1网格"
    assert queries.at_level(laid_out.number, "grid") is None


@pytest.mark.parametrize("code", ["370103", "3701030 ", "370103012", "370103012001"])
def test_short_official_codes_are_filled_up(system, code):
    if code == "3701030 ":
        with pytest.raises(Refused):
            queries.by_code(code, viewer=NOBODY)
    else:
        assert queries.by_code(code, viewer=NOBODY).code == code.ljust(12, "0")


@pytest.mark.parametrize("code", ["370103999999", "119999", "370103012999"])
def test_an_official_code_of_nowhere_is_not_found(system, code):
    with pytest.raises(NotFound) as absent:
        queries.by_code(code, viewer=NOBODY)
    assert absent.value.code == "no_such_place"


@pytest.mark.parametrize(
    "code", ["", "abc", "' OR 1=1 --", "<script>", "😀", "\x00", None, 370103, "3" * 5000]
)
def test_what_is_no_code_is_refused_and_the_sentence_is_short(system, code):
    with pytest.raises(Refused) as refused:
        queries.by_code(code, viewer=NOBODY)
    assert refused.value.code == "bad_place_code"
    assert len(refused.value.message) < 80


def test_a_place_without_official_code_has_a_speakable_one(system):
    (card,) = [c for c in queries.children(number(OTHER_STREET), viewer=NOBODY) if c.name == "东泇河社区"]
    assert card.code == rules.speakable_code(card.number, "community")
    assert queries.by_code(card.code.lower(), viewer=NOBODY) == card
    beside = rules.speakable_code(child_number(number(OTHER_STREET), "community", 500), "community")
    with pytest.raises(NotFound):
        queries.by_code(beside, viewer=NOBODY)


def test_a_code_is_judged_by_the_day(system):
    assert queries.by_code(SHUNXIN, viewer=NOBODY, on=date(2024, 1, 1)).name == "舜新社区"
    with pytest.raises(NotFound) as absent:
        queries.by_code(SHUNXIN, viewer=NOBODY, on=date(1999, 1, 1))
    assert "1999-01-01" in absent.value.message


def test_a_point_at_a_building_finds_building_grid_and_community_in_every_system(laid_out):
    shape = queries.map_of_community(laid_out.number, viewer=NOBODY).buildings[1]
    lat, lng = shape.place.lat, shape.place.lng
    for crs in rules.CRS_NAMES:
        turned = rules.from_wgs84(lat, lng, crs)
        found = queries.lookup(*turned, crs, viewer=NOBODY)
        assert (found.community, found.building.name, found.grid.name) == (laid_out, "2号楼", "第1网格")
        assert found.place == found.building == found.chain[-1]
        assert found.metres == 0
        assert found.schematic
    beside = queries.lookup(lat + 0.00025, lng, viewer=NOBODY)
    assert beside.building == shape.place
    assert 5 < beside.metres < 30


def test_a_point_between_the_houses_finds_the_community_only(laid_out):
    drawn = queries.map_of_community(laid_out.number, viewer=NOBODY)
    west, south = min(drawn.outline.points), max(y for _, y in drawn.outline.points)
    assert west[0] < drawn.box[0]
    assert south > drawn.box[1]
    lat, lng = (
        queries.place(number("370103012002"), viewer=NOBODY).lat,
        queries.place(number("370103012002"), viewer=NOBODY).lng,
    )
    found = queries.lookup(lat, lng, viewer=NOBODY)
    assert found.place == found.community
    assert (found.building, found.estate, found.grid, found.metres) == (None, None, None, None)


def test_every_community_contains_its_own_point(system):
    for card in queries.divisions(["community"])[::97]:
        assert queries.lookup(card.lat, card.lng, viewer=NOBODY).community == card


@pytest.mark.parametrize(("lat", "lng"), [(39.9, 116.4), (0, 0), (90, 180), (-90, -180)])
def test_a_point_outside_jinan_is_refused_with_a_sentence(system, lat, lng):
    with pytest.raises(Refused) as refused:
        queries.lookup(lat, lng, viewer=NOBODY)
    assert refused.value.code == "outside_area"
    assert "没有定位" in refused.value.message


def test_texts_with_addresses_lead_to_places(laid_out):
    def best(text: str, within: int | None = None) -> str | None:
        card = queries.certain(queries.match_address(text, within=within, viewer=NOBODY))
        return card and card.path

    base = "市中区舜玉路街道舜新社区"
    assert best("市中区舜玉路街道舜新社区门口积水") == base
    assert best("东园小区 三号楼 楼道灯不亮") == base + "东园小区3号楼"
    assert best("我住西园小区2栋1单元201室，暖气不热") == base + "西园小区2号楼1单元201"
    assert best("东园小区99号楼") == base + "东园小区"
    assert best("舜玉路街道东园2-301漏水") is None
    assert best("高新区舜华路街道") == "济南高新区舜华路街道"
    assert (
        best("2号楼", within=queries.children(laid_out.number, viewer=NOBODY)[0].number)
        == base + "东园小区2号楼"
    )
    assert best("2号楼", within=laid_out.number) is None


def test_an_ambiguous_text_gives_several_places_and_none_is_picked(laid_out):
    found = queries.match_address("1号楼没水", within=laid_out.number, viewer=NOBODY)
    assert [match.place.path[-8:] for match in found] == ["区东园小区1号楼", "区西园小区1号楼"]
    assert queries.certain(found) is None
    many = queries.match_address("王家庄村有人烧秸秆", viewer=NOBODY)
    assert len(many) == 6
    assert queries.certain(many) is None
    assert {match.words for match in many} == {"王家庄村"}


@pytest.mark.parametrize(
    "text", ["", "   ", "你好", "\x00\x01", "😀" * 50, None, 5, "西地区L市A7县", "区" * 10_000]
)
def test_a_text_that_names_no_place_gives_none(system, text):
    assert queries.match_address(text, viewer=NOBODY) == ()


def test_a_search_answers_codes_addresses_and_parts_of_names(laid_out):
    def paths(text: str, **more) -> list[str]:
        return [card.path for card in queries.search_places(text, viewer=NOBODY, **more)]

    assert paths("370103012001") == ["市中区舜玉路街道舜新社区"]
    assert paths("舜新") == ["市中区舜玉路街道舜新社区"]
    assert paths("泇") == ["天桥区北园街道东泇河社区"]
    assert len(paths("社区")) == 20
    assert len(paths("社区", limit=3)) == 3
    assert paths("大明湖", within=number(DISTRICT)) == []
    assert paths("园小区") == ["市中区舜玉路街道舜新社区东园小区", "市中区舜玉路街道舜新社区西园小区"]
    assert paths("%_") == paths("") == paths("'; --") == []
    with pytest.raises(Refused):
        paths("舜", limit=1000)


def test_maps_give_geojson_in_the_wanted_system(system):
    plain = json.loads(queries.outline_geojson(number(CITY), "district", viewer=NOBODY))
    assert len(plain["features"]) == 13
    assert {
        f["properties"]["schematic"] for f in plain["features"] if f["properties"]["code"] != "370176000000"
    } == {False}
    shifted = json.loads(queries.outline_geojson(number(CITY), "district", viewer=NOBODY, crs="gcj02"))
    lng, lat = plain["features"][0]["geometry"]["coordinates"][0][0][0]
    there = shifted["features"][0]["geometry"]["coordinates"][0][0][0]
    assert there == [round(value, 6) for value in reversed(rules.wgs84_to_gcj02(lat, lng))]
    streets = json.loads(queries.outline_geojson(number(DISTRICT), "street", viewer=NOBODY))
    assert len(streets["features"]) == 17
    communities = json.loads(queries.outline_geojson(number(STREET), "community", viewer=NOBODY))
    assert "舜新社区" in {f["properties"]["name"] for f in communities["features"]}


@pytest.mark.parametrize("level", ["community", "home", "city", "x", ""])
def test_a_map_with_the_wrong_level_is_refused(system, level):
    with pytest.raises(Refused):
        queries.outline_geojson(number(CITY), level, viewer=NOBODY)


def test_the_small_map_shows_buildings_and_roads_in_metres(laid_out):
    drawn = queries.map_of_community(laid_out.number, viewer=NOBODY)
    assert len(drawn.buildings) == 5
    assert len(drawn.estates) == len(drawn.grids) == 2
    assert [road.name for road in drawn.roads] == ["中街", "南街"]
    x, y, width, height = drawn.box
    for shape in drawn.buildings:
        assert all(x < px < x + width and y < py < y + height for px, py in shape.points)
    first = drawn.buildings[0]
    centre = drawn.at(first.place.lat, first.place.lng)
    xs, ys = [p[0] for p in first.points], [p[1] for p in first.points]
    assert min(xs) < centre[0] < max(xs)
    assert min(ys) < centre[1] < max(ys)
    assert (max(xs) - min(xs), max(ys) - min(ys)) == pytest.approx((34, 12), abs=0.3)


def test_a_qr_code_leads_to_the_report_form(system):
    svg = queries.qr_svg(SHUNXIN, "https://quanlin.example/")
    assert svg.startswith("<svg ")
    assert 'class="code"' in svg
    assert "style=" not in svg
    assert svg != queries.qr_svg(STREET, "https://quanlin.example/")


def test_what_is_asked_often_costs_no_statement_once_it_is_known(laid_out):
    home = queries.search_places("东园小区1号楼1单元101", viewer=NOBODY)[0].number

    def ask() -> None:
        queries.place(home, viewer=NOBODY)
        queries.chain(home)
        queries.calendar_for(home)
        queries.ranges_of(number(STREET))
        queries.by_code(SHUNXIN, viewer=NOBODY)
        queries.children(laid_out.number, viewer=NOBODY)
        queries.match_address("东园小区1号楼", viewer=NOBODY)

    ask()
    with CaptureQueriesContext(
        connection,
    ) as captured:
        ask()
    assert [query["sql"] for query in captured] == []
    with CaptureQueriesContext(connection) as captured:
        queries.lookup(laid_out.lat, laid_out.lng, viewer=NOBODY)
    assert len(captured) <= 2


def test_a_home_that_is_not_known_yet_is_fetched_with_its_ancestors_at_once(laid_out):
    home = queries.search_places("东园小区1号楼1单元101", viewer=NOBODY)[0].number
    tree().lower.clear()
    tree().memo.clear()
    with CaptureQueriesContext(connection) as captured:
        queries.chain(home)
    assert len(captured) == 1


def test_the_calendar_is_shared_until_a_place_has_days_of_its_own(system):
    assert queries.calendar_for(number(SHUNXIN)) is rules.OFFICE_HOURS
    assert queries.calendar_for(0) is rules.OFFICE_HOURS


def test_a_number_of_no_place_is_not_found(system):
    for unknown in (0, 1, 2**62, -5):
        with pytest.raises(NotFound):
            queries.place(unknown, viewer=SYSTEM)


def test_the_day_is_that_of_the_place_not_of_utc(system):
    from datetime import UTC, datetime

    with clock.at(datetime(2026, 3, 1, 17, 0, tzinfo=UTC)):
        assert queries.today() == date(2026, 3, 2)
