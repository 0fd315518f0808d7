"""Story 13: old cases keep their place, lists and maps show the new one, staff rights follow."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from quanlin.kit import clock
from quanlin.kit.actor import NOBODY, SYSTEM
from quanlin.kit.errors import Conflict, NotAllowed, NotFound, Refused
from quanlin.kit.placenumber import subtree
from quanlin.places import actions, queries
from quanlin.places.models import Outline, Place, PlaceCode, Succession
from tests.places.conftest import (
    OTHER_STREET,
    SHUNDONG,
    SHUNXIN,
    STREET,
    clerk,
    facts_named,
    number,
)

DAY = date(2026, 3, 1)
LATER = date(2026, 7, 1)
AFTER = datetime(2026, 7, 1, 1, 0, tzinfo=UTC)


def merge(on_day: date = DAY, code: str = SHUNXIN, actor=SYSTEM) -> queries.PlaceCard:
    """舜新 and 舜东 become 舜和社区, which takes over the code of 舜新."""
    return actions.merge_communities(
        olds=[number(SHUNXIN), number(SHUNDONG)],
        new_name="舜和社区",
        new_code=code,
        on_day=on_day,
        actor=actor,
    )


def test_the_old_places_stay_and_lead_to_the_new_one(laid_out):
    old, beside = laid_out.number, number(SHUNDONG)
    building = queries.search_places("东园小区1号楼", viewer=NOBODY)[0].number
    new = merge()
    assert (new.name, new.code, new.path) == ("舜和社区", SHUNXIN, "市中区舜玉路街道舜和社区")
    assert queries.place(old, viewer=NOBODY).ended_on == DAY
    assert queries.current(old) == queries.current(beside) == new
    assert queries.current(old, on=date(2026, 2, 28)).number == old
    assert [c.name for c in queries.chain(building)][2:5] == ["舜玉路街道", "舜和社区", "第1网格"]
    assert [c.name for c in queries.chain(building, date(2026, 2, 28))][3] == "舜新社区"
    assert queries.place(building, viewer=NOBODY).number == building


def test_lists_show_the_new_community_with_what_stood_in_the_old_ones(laid_out):
    new = merge()
    names = [card.name for card in queries.children(number(STREET), viewer=NOBODY)]
    assert "舜和社区" in names
    assert "舜新社区" not in names
    assert len(names) == 8
    assert [card.name for card in queries.children(new.number, viewer=NOBODY)] == ["第1网格", "第2网格"]
    found = queries.lookup(laid_out.lat, laid_out.lng, viewer=NOBODY)
    assert found.community == new
    assert queries.certain(queries.match_address("舜玉路街道舜新社区", viewer=NOBODY)) == new


def test_ranges_cover_the_predecessors_so_that_rights_and_lists_follow(laid_out):
    old, beside, street = laid_out.number, number(SHUNDONG), number(STREET)
    before = queries.ranges_of(street)
    new = merge()
    spans = queries.ranges_of(new.number)
    assert spans == (
        (old, subtree(beside, "community")[1]),
        subtree(new.number, "community"),
    )
    assert queries.ranges_of(old) == spans
    assert queries.ranges_of(old, on=date(2026, 2, 28)) == (subtree(old, "community"),)
    assert queries.ranges_of(street) == before


def test_a_merge_may_be_entered_ahead_and_takes_effect_on_its_day(laid_out):
    new = merge(on_day=LATER)
    assert queries.current(laid_out.number).number == laid_out.number
    assert queries.by_code(SHUNXIN, viewer=NOBODY).name == "舜新社区"
    assert queries.place(new.number, viewer=NOBODY).code != SHUNXIN
    with clock.at(AFTER):
        queries.forget()
        assert queries.current(laid_out.number).name == "舜和社区"
        assert queries.by_code(SHUNXIN, viewer=NOBODY).number == new.number
        assert queries.place(new.number, viewer=NOBODY).code == SHUNXIN


def test_an_old_poster_still_works(laid_out):
    new = merge()
    assert queries.by_code(SHUNDONG, viewer=NOBODY) == new
    assert queries.by_code(SHUNDONG, viewer=NOBODY, on=date(2026, 2, 1)).name == "舜东社区"
    with pytest.raises(NotFound):
        queries.by_code(SHUNDONG, viewer=NOBODY, on=DAY)
    assert queries.by_code(SHUNXIN, viewer=NOBODY, on=date(2026, 2, 1)).number == laid_out.number


def test_the_outline_is_put_together_and_the_old_one_stays_readable(laid_out):
    old = laid_out.number
    new = merge()
    outline = Outline.objects.get(place_id=new.number)
    assert outline.schematic
    assert outline.valid_from == DAY
    assert len(outline.rings) >= 1
    assert Outline.objects.get(place_id=old).valid_to == DAY


def test_one_fact_is_recorded_with_the_old_numbers(laid_out):
    old, beside = laid_out.number, number(SHUNDONG)
    new = merge()
    assert facts_named("places.merged") == [("places.merged", str(new.number), new.number)]
    assert set(Succession.objects.values_list("old_id", "new_id", "sort")) == {
        (old, new.number, "merge"),
        (beside, new.number, "merge"),
    }


def test_a_chain_of_merges_leads_to_the_last_one(laid_out):
    first = merge()
    last = actions.merge_communities(
        olds=[first.number, number("370103012006")],
        new_name="舜大社区",
        new_code="",
        on_day=date(2026, 3, 2),
        actor=SYSTEM,
    )
    assert queries.current(laid_out.number) == last
    spans = queries.ranges_of(last.number)
    assert all(
        any(low <= place <= high for low, high in spans)
        for place in (laid_out.number, number(SHUNDONG), first.number, last.number)
    )
    assert queries.current(laid_out.number, on=DAY) == queries.place(first.number, viewer=NOBODY)


def square(card: queries.PlaceCard, shift: float) -> list[list[list[float]]]:
    """A small ring beside the middle of a place."""
    lng, lat = card.lng + shift, card.lat
    return [[[lng, lat], [lng + 0.001, lat], [lng + 0.001, lat + 0.001], [lng, lat + 0.001], [lng, lat]]]


def split(card: queries.PlaceCard, actor=SYSTEM, **changed) -> tuple[queries.PlaceCard, ...]:
    """The community becomes 舜新东 (grid 1) and 舜新西 (grid 2)."""
    one, two = [child.number for child in queries.children(card.number, viewer=NOBODY)]
    parts = [
        actions.Part(name="舜新东社区", places=(one,), rings=square(card, 0.0)),
        actions.Part(name="舜新西社区", places=(two,), rings=square(card, 0.002)),
    ]
    return actions.split_community(
        old=card.number, parts=changed.get("parts", parts), on_day=DAY, actor=actor
    )


def test_a_split_shares_out_the_grids_and_their_rights(laid_out):
    one, two = [child.number for child in queries.children(laid_out.number, viewer=NOBODY)]
    building = queries.search_places("西园小区1号楼", viewer=NOBODY)[0].number
    east, west = split(laid_out)
    assert [c.name for c in queries.children(east.number, viewer=NOBODY)] == ["第1网格"]
    assert [c.name for c in queries.chain(building)][3:5] == ["舜新西社区", "第2网格"]
    assert [c.name for c in queries.chain(building, date(2026, 2, 1))][3:5] == ["舜新社区", "第2网格"]
    spans = queries.ranges_of(east.number)
    assert spans == (
        (laid_out.number, laid_out.number),
        subtree(one, "grid"),
        subtree(east.number, "community"),
    )
    assert not any(low <= two <= high for low, high in spans)
    assert any(low <= building <= high for low, high in queries.ranges_of(west.number))
    assert queries.current(laid_out.number).number == laid_out.number
    assert facts_named("places.split") == [("places.split", str(laid_out.number), laid_out.number)]


def test_a_split_that_forgets_a_grid_is_refused_and_changes_nothing(laid_out):
    before = Place.objects.count()
    one = queries.children(laid_out.number, viewer=NOBODY)[0].number
    parts = [
        actions.Part(name="甲社区", places=(one,), rings=square(laid_out, 0.0)),
        actions.Part(name="乙社区", places=(), rings=square(laid_out, 0.002)),
    ]
    with pytest.raises(Refused) as refused:
        split(laid_out, parts=parts)
    assert refused.value.code == "not_shared_out"
    assert Place.objects.count() == before
    assert queries.place(laid_out.number, viewer=NOBODY).ended_on is None
    assert facts_named("places.split") == []


@pytest.mark.parametrize(
    ("olds", "code"),
    [
        ([SHUNXIN], "too_few"),
        ([SHUNXIN, SHUNXIN], "too_few"),
        ([SHUNXIN, STREET], "wrong_level"),
        ([SHUNXIN, "370105014001"], "different_streets"),
    ],
)
def test_a_merge_that_makes_no_sense_is_refused_and_changes_nothing(system, olds, code):
    before = Place.objects.count()
    with pytest.raises(Refused) as refused:
        actions.merge_communities(
            olds=[number(old) for old in olds], new_name="新社区", new_code="", on_day=DAY, actor=SYSTEM
        )
    assert refused.value.code == code
    assert Place.objects.count() == before
    assert Succession.objects.count() == 0
    assert facts_named("places.merged") == []


def test_an_ended_community_is_not_merged_again(laid_out):
    merge()
    with pytest.raises(Conflict) as conflict:
        actions.merge_communities(
            olds=[laid_out.number, number("370103012006")],
            new_name="又一社区",
            new_code="",
            on_day=DAY,
            actor=SYSTEM,
        )
    assert conflict.value.code == "place_ended"


def test_only_a_business_manager_of_the_street_may_merge(laid_out):
    for actor in (clerk(STREET, role="operator"), clerk(SHUNXIN), clerk(OTHER_STREET), NOBODY):
        with pytest.raises(NotAllowed):
            merge(actor=actor)
    assert Succession.objects.count() == 0
    assert merge(actor=clerk(STREET)).name == "舜和社区"


def test_the_database_keeps_one_place_per_code_and_day(system):
    place = number(SHUNDONG)
    with pytest.raises(IntegrityError), transaction.atomic():
        PlaceCode.objects.create(place_id=place, code12=SHUNXIN, valid_from=date(2025, 1, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        PlaceCode.objects.create(place_id=place, code12="370103012099", valid_from=date(2025, 1, 1))
