from datetime import date

import pytest
from django.db import ProgrammingError, connection, transaction

from quanlin.kit.actor import NOBODY, SYSTEM
from quanlin.kit.errors import Conflict, NotAllowed, NotFound, Refused
from quanlin.places import actions, queries, rules
from quanlin.places.models import AreaCell, Building, Estate, Home, Outline, OwnDay, Place, PlaceCode
from quanlin.staff.actions import act_as
from tests.places.conftest import (
    CITY,
    DISTRICT,
    OTHER_STREET,
    PLAN,
    SHUNDONG,
    SHUNXIN,
    STREET,
    clerk,
    facts_named,
    number,
)

TODAY = date(2026, 3, 2)


def test_loading_again_changes_nothing_and_records_nothing(system):
    before = facts_named("places.loaded")
    assert actions.load_divisions(actor=SYSTEM) == actions.Loaded(added=0, renamed=0, outlines=0)
    assert facts_named("places.loaded") == before


def test_loading_puts_back_a_name_that_was_changed(system):
    Place.objects.filter(pk=number(SHUNXIN)).update(name="错名社区")
    assert actions.load_divisions(actor=SYSTEM).renamed == 1
    assert Place.objects.get(pk=number(SHUNXIN)).name == "舜新社区"


def test_loading_tells_how_far_it_is(system):
    told = []
    actions.load_divisions(actor=SYSTEM, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (11874, 11874)


def test_only_the_system_loads(system):
    with pytest.raises(NotAllowed):
        actions.load_divisions(actor=clerk(CITY))


def test_a_place_is_added_with_the_next_number_of_its_level(laid_out):
    grid = actions.add_place(parent=laid_out.number, level="grid", name="  第３网格 ", actor=clerk(SHUNXIN))
    assert (grid.name, grid.path) == ("第3网格", "市中区舜玉路街道舜新社区第3网格")
    estate = actions.add_place(
        parent=grid.number,
        level="estate",
        name="新园",
        details=actions.EstateFacts(closed=True, fire_objects=["hydrant"], property_mode="red"),
        source="街道台账",
        actor=SYSTEM,
    )
    assert estate.path == "市中区舜玉路街道舜新社区新园"
    row = Estate.objects.get(place_id=estate.number)
    assert (row.closed, row.has_ebikes, row.source, row.stated_on) == (True, None, "街道台账", TODAY)
    building = actions.add_place(
        parent=estate.number,
        level="building",
        name="甲1号楼",
        lat=36.63,
        lng=116.95,
        details=actions.BuildingFacts(residential=True, floors_above_ground=19),
        actor=SYSTEM,
    )
    assert Building.objects.get(place_id=building.number).floors_above_ground == 19
    home = actions.add_place(parent=building.number, level="home", name="101", actor=SYSTEM)
    assert Home.objects.get(place_id=home.number).occupied is None
    assert queries.by_code(home.code, viewer=NOBODY) == home
    assert facts_named("places.opened")[0] == ("places.opened", str(grid.number), grid.number)
    assert len(facts_named("places.opened")) == 4


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"name": ""}, "bad_name"),
        ({"name": "长" * 61}, "bad_name"),
        ({"name": "换\n行"}, "bad_name"),
        ({"name": None}, "bad_name"),
        ({"level": "home"}, "wrong_level"),
        ({"level": "city"}, "wrong_level"),
        ({"level": "nonsense"}, "wrong_level"),
        ({"lat": float("nan"), "lng": 117.0}, "bad_point"),
        ({"lat": 36.6}, "bad_point"),
        ({"code12": "12"}, "wrong_code_level"),
        ({"code12": "abc"}, "bad_place_code"),
        ({"level": "estate", "details": actions.HomeFacts()}, "wrong_details"),
        ({"level": "estate", "details": actions.EstateFacts(property_mode="gang")}, "bad_details"),
        ({"level": "estate", "details": actions.EstateFacts(fire_objects=["dragon"])}, "bad_details"),
        ({"level": "estate", "details": actions.EstateFacts(perimeter_metres=-1)}, "bad_details"),
        ({"level": "building", "details": actions.BuildingFacts(floors_above_ground=2**40)}, "bad_details"),
    ],
)
def test_a_place_that_makes_no_sense_is_refused_and_nothing_is_written(laid_out, change, error):
    before = Place.objects.count()
    given = {"parent": laid_out.number, "level": "grid", "name": "第9网格", "actor": SYSTEM} | change
    with pytest.raises(Refused) as refused:
        actions.add_place(**given)
    assert refused.value.code == error
    assert Place.objects.count() == before
    assert facts_named("places.opened") == []


def test_a_name_or_code_that_is_taken_is_a_conflict(system):
    with pytest.raises(Conflict) as conflict:
        actions.add_place(parent=number(STREET), level="community", name="舜新社区", actor=SYSTEM)
    assert conflict.value.code == "name_taken"
    with pytest.raises(Conflict) as conflict:
        actions.add_place(
            parent=number(STREET), level="community", name="新设社区", code12=SHUNXIN, actor=SYSTEM
        )
    assert conflict.value.code == "code_taken"
    assert not Place.objects.filter(name="新设社区").exists()


def test_a_level_that_is_full_is_refused(laid_out):
    grid = queries.children(laid_out.number, viewer=NOBODY)[0]
    parent = Place.objects.get(pk=laid_out.number)
    Place.objects.create(
        number=laid_out.number + (31 << 27),
        level="grid",
        name="第31网格",
        parent=parent,
        sequence=31,
        path=grid.path,
        code="test31",
        valid_from=TODAY,
    )
    with pytest.raises(Refused) as refused:
        actions.add_place(parent=laid_out.number, level="grid", name="第32网格", actor=SYSTEM)
    assert refused.value.code == "no_number_left"


def test_a_place_ends_only_when_nothing_living_stands_below_it(laid_out):
    grid, other = queries.children(laid_out.number, viewer=NOBODY)
    with pytest.raises(Conflict) as conflict:
        actions.end_place(place=grid.number, on_day=date(2026, 4, 1), reason="撤销", actor=SYSTEM)
    assert conflict.value.code == "place_not_empty"
    assert Place.objects.get(pk=grid.number).ended_on is None
    empty = actions.add_place(parent=laid_out.number, level="grid", name="第3网格", actor=SYSTEM)
    with pytest.raises(Refused):
        actions.end_place(place=empty.number, on_day=TODAY, reason="撤销", actor=SYSTEM)
    actions.end_place(place=empty.number, on_day=date(2026, 4, 1), reason="撤销", actor=SYSTEM)
    assert Place.objects.get(pk=empty.number).ended_on == date(2026, 4, 1)
    assert facts_named("places.ended") == [("places.ended", str(empty.number), empty.number)]
    with pytest.raises(Conflict):
        actions.end_place(place=empty.number, on_day=date(2026, 5, 1), reason="再撤", actor=SYSTEM)


def test_a_new_official_code_holds_from_its_day(system):
    place = number(SHUNXIN)
    actions.set_code(place=place, code12="370103012077", on_day=date(2026, 3, 1), actor=SYSTEM)
    card = queries.by_code("370103012077", viewer=NOBODY)
    assert (card.number, card.code) == (place, "370103012077")
    assert queries.by_code(SHUNXIN, viewer=NOBODY) == card
    assert queries.by_code(SHUNXIN, viewer=NOBODY, on=date(2026, 2, 28)) == card
    assert PlaceCode.objects.filter(place_id=place).count() == 2
    with pytest.raises(Refused):
        actions.set_code(place=place, code12="370103012078", on_day=date(2026, 2, 1), actor=SYSTEM)
    with pytest.raises(Conflict):
        actions.set_code(place=place, code12=SHUNDONG, on_day=TODAY, actor=SYSTEM)


RING = [[116.948, 36.634], [116.950, 36.634], [116.950, 36.636], [116.948, 36.636], [116.948, 36.634]]


def test_a_surveyed_outline_is_kept_beside_the_old_one_and_cut_into_cells(system):
    place = number(SHUNXIN)
    actions.set_outline(place=place, rings=[RING], source="实测", actor=SYSTEM)
    old, new = Outline.objects.filter(place_id=place).order_by("valid_from")
    assert (old.valid_to, new.valid_from, new.schematic) == (TODAY, TODAY, False)
    cells = AreaCell.objects.filter(community_id=place).count()
    assert cells == len(rules.cells_of([RING]))
    assert cells == pytest.approx(222.6 * 178.6 / 400, rel=0.03)
    assert not queries.lookup(36.635, 116.949, viewer=NOBODY).schematic
    shifted = [list(reversed(rules.wgs84_to_gcj02(lat, lng))) for lng, lat in RING]
    actions.set_outline(place=place, rings=[shifted], source="实测", crs="gcj02", actor=SYSTEM)
    assert Outline.objects.filter(place_id=place).count() == 2
    again = Outline.objects.get(place_id=place, valid_to=None)
    for got, wanted in zip(again.rings[0], RING, strict=True):
        assert got == pytest.approx(wanted, abs=2e-5)
    assert len(facts_named("places.outline_set")) == 2


def test_a_bad_outline_changes_nothing(system):
    place = number(SHUNXIN)
    with pytest.raises(Refused):
        actions.set_outline(place=place, rings=[[[1, 2], [3, 4]]], source="实测", actor=SYSTEM)
    with pytest.raises(Refused):
        actions.set_outline(place=place, rings=[RING], source="", actor=SYSTEM)
    with pytest.raises(NotAllowed):
        actions.set_outline(place=place, rings=[RING], source="实测", actor=clerk(OTHER_STREET))
    assert Outline.objects.filter(place_id=place).count() == 1
    assert facts_named("places.outline_set") == []


def test_an_own_day_holds_for_all_below_and_the_nearer_place_decides(system):
    day = date(2026, 3, 4)
    actions.set_own_day(place=number(DISTRICT), day=day, sort="off", note="防汛演练", actor=SYSTEM)
    assert day in queries.calendar_for(number(SHUNXIN)).own_off
    assert queries.calendar_for(number(SHUNXIN)) is queries.calendar_for(number(SHUNDONG))
    assert queries.calendar_for(number(OTHER_STREET)) is rules.OFFICE_HOURS
    actions.set_own_day(place=number(SHUNXIN), day=day, sort="work", note="照常", actor=clerk(SHUNXIN))
    assert rules.is_working_day(day, queries.calendar_for(number(SHUNXIN)))
    actions.set_own_day(place=number(DISTRICT), day=day, sort="country", note="", actor=SYSTEM)
    actions.set_own_day(place=number(SHUNXIN), day=day, sort="country", note="", actor=SYSTEM)
    assert queries.calendar_for(number(SHUNXIN)) is rules.OFFICE_HOURS
    assert OwnDay.objects.count() == 0
    assert len(facts_named("places.own_day_set")) == 4


@pytest.mark.parametrize("change", [{"sort": "holiday"}, {"day": "2026-03-04"}, {"day": None}, {"note": ""}])
def test_an_own_day_that_makes_no_sense_is_refused(system, change):
    given = {"place": number(SHUNXIN), "day": TODAY, "sort": "off", "note": "停电", "actor": SYSTEM} | change
    with pytest.raises(Refused):
        actions.set_own_day(**given)
    assert OwnDay.objects.count() == 0


def test_a_community_is_laid_out_once(laid_out):
    with pytest.raises(Conflict):
        actions.lay_out_community(community=laid_out.number, plan=PLAN, source="试验", actor=SYSTEM)
    with pytest.raises(Refused):
        actions.lay_out_community(community=number(STREET), plan=PLAN, source="试验", actor=SYSTEM)
    assert facts_named("places.laid_out") == [("places.laid_out", str(laid_out.number), laid_out.number)]


def test_the_demonstration_has_some_thousand_homes_in_six_communities(system):
    added = actions.load_demo(actor=SYSTEM)
    homes = Place.objects.filter(level="home")
    low, high = queries.ranges_of(number(SHUNXIN))[0]
    assert homes.filter(number__range=(low, high)).count() == 1476
    assert added == Place.objects.filter(level__in=["grid", "estate", "building", "unit", "home"]).count()
    assert Place.objects.filter(level="grid", parent_id=number(SHUNXIN)).count() == 4
    assert actions.load_demo(actor=SYSTEM) == 0
    for estate in Place.objects.filter(level="estate"):
        found = queries.lookup(estate.lat, estate.lng, viewer=NOBODY)
        assert found.estate.number == estate.number


def test_buildings_stand_inside_their_community_and_do_not_overlap(laid_out):
    outline = Outline.objects.get(place_id=laid_out.number).rings
    boxes = []
    for row in Outline.objects.filter(place__level="building"):
        assert all(rules.in_rings(lat, lng, outline) for lng, lat in row.rings[0])
        boxes.append((row.west, row.south, row.east, row.north))
    for index, (west, south, east, north) in enumerate(boxes):
        for other in boxes[index + 1 :]:
            assert other[0] > east or other[2] < west or other[1] > north or other[3] < south


# the second wall


def test_everybody_reads_and_nobody_writes(laid_out):
    with act_as(NOBODY):
        assert Place.objects.filter(level="home").count() == 44
        assert Place.objects.filter(pk=laid_out.number).update(name="改名") == 0
        with pytest.raises(ProgrammingError), transaction.atomic():
            OwnDay.objects.create(place_id=laid_out.number, day=TODAY, sort="off", note="x")


def test_a_clerk_writes_in_his_range_only(laid_out):
    with act_as(clerk(SHUNXIN)):
        assert Place.objects.filter(pk=laid_out.number).update(official_name="舜新") == 1
        assert Place.objects.filter(pk=number(SHUNDONG)).update(official_name="舜东") == 0
        OwnDay.objects.create(place_id=laid_out.number, day=TODAY, sort="off", note="停电")
        with pytest.raises(ProgrammingError), transaction.atomic():
            OwnDay.objects.create(place_id=number(SHUNDONG), day=TODAY, sort="off", note="x")
        with pytest.raises(NotFound):
            actions.end_place(place=number(SHUNDONG), on_day=date(2026, 5, 1), reason="越权", actor=SYSTEM)


def test_no_place_is_deleted(laid_out):
    with (
        connection.cursor() as cursor,
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
    ):
        cursor.execute("DELETE FROM places_place WHERE level = 'home'")


def test_every_table_of_the_room_has_forced_row_security(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname LIKE 'places\\_%' AND relkind = 'r'"
            " AND NOT (relrowsecurity AND relforcerowsecurity)"
        )
        assert cursor.fetchall() == []
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relname LIKE 'v\\_places\\_%' AND relkind = 'v'"
            " AND 'security_invoker=true' = ANY(reloptions)"
        )
        assert cursor.fetchone() == (10,)


def test_views_count_homes_and_buildings(laid_out):
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(families), bool_and(presumed) FROM v_places_families")
        assert cursor.fetchone() == (44, True)
        Home.objects.filter(place__name="101").update(occupied=False)
        cursor.execute("SELECT sum(families) FROM v_places_families")
        assert cursor.fetchone() == (44 - 8,)
        cursor.execute("SELECT count(*), count(DISTINCT estate) FROM v_places_buildings WHERE residential")
        assert cursor.fetchone() == (5, 2)


# what this process remembers


def test_a_change_is_seen_at_once_and_forgotten_after_a_rollback(system):
    place = number(SHUNXIN)
    names = [card.name for card in queries.children(place, viewer=NOBODY)]
    with transaction.atomic():
        actions.add_place(parent=place, level="grid", name="第9网格", actor=SYSTEM)
        assert [card.name for card in queries.children(place, viewer=NOBODY)] == [*names, "第9网格"]
        transaction.set_rollback(True)
    assert [card.name for card in queries.children(place, viewer=NOBODY)] == names
