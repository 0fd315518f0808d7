"""Looking at one person whole: for a purpose, recorded, seen by the person, and on a budget (story 10)."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from quanlin.config import reactions
from quanlin.journal import queries as journal
from quanlin.kit import clock
from quanlin.kit.actor import SYSTEM
from quanlin.kit.errors import NotAllowed, NotFound
from quanlin.kit.sealing import SealBroken
from quanlin.notices import jobs
from quanlin.notices import queries as notices
from quanlin.people import actions, queries
from quanlin.people.models import Person
from quanlin.staff import actions as staff
from quanlin.staff import rules
from tests import world

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


@pytest.fixture
def town() -> world.World:
    with staff.act_as(SYSTEM):
        return world.build()


def look(town, by=None, *, at: datetime = NOON, person=None, purpose="contact_reporter", place=None):
    who = by or town.worker
    with clock.at(at), staff.act_as(who):
        return actions.reveal(
            person=person or town.wang.person,
            purpose=purpose,
            about="case:261124000001",
            place=town.community if place is None else place,
            units=(),
            actor=who,
        )


def facts_of(account: int) -> list[str]:
    with staff.act_as(SYSTEM):
        return [e.fact for e in journal.entries_of_actor(account, viewer=SYSTEM)]


def test_a_reading_shows_name_and_phone_and_is_recorded_for_the_person_to_see(town):
    whole = look(town)
    assert (whole.name, whole.phone, whole.left_this_hour) == ("王秀英", "13800000001", 59)
    with staff.act_as(town.wang):
        (reading,) = queries.reads_of(town.wang.person, viewer=town.wang)
    assert (reading.who, reading.unit, reading.purpose, reading.fields, reading.about) == (
        "李静",
        "舜新社区",
        "联系报事人了解情况",
        "姓名、手机号",
        "case:261124000001",
    )
    with staff.act_as(town.zhou):
        assert queries.reads_of(town.wang.person, viewer=town.zhou) == ()


def test_what_was_shown_is_in_no_fact(town):
    look(town)
    with staff.act_as(SYSTEM):
        (entry,) = journal.reads_of(town.wang.person, facts=["people.revealed"], viewer=SYSTEM)
    assert "王秀英" not in repr(entry)
    assert "13800000001" not in repr(entry)
    assert entry.purpose == "contact_reporter"
    assert entry.data == {"fields": ["name", "phone"], "about": "case:261124000001"}


@pytest.mark.parametrize("purpose", ["", "curiosity"])
def test_without_a_purpose_nothing_is_shown_and_nothing_counted(town, purpose):
    with pytest.raises(NotAllowed):
        look(town, purpose=purpose)
    assert facts_of(town.worker.account) == []


def test_who_has_no_business_there_is_refused(town):
    for who in (town.stranger, town.leader, town.wang, town.zhou):
        with pytest.raises(NotAllowed):
            look(town, who)
        assert "people.revealed" not in facts_of(who.account)


def test_a_person_that_is_not_there_is_not_counted(town):
    with pytest.raises(NotFound):
        look(town, person=uuid4())
    assert facts_of(town.worker.account) == []


def use_up(town, readings: int, start: datetime, step: timedelta) -> None:
    for turn in range(readings):
        assert look(town, at=start + turn * step) is not None


def test_the_sixty_first_reading_of_an_hour_is_refused_and_the_refusal_is_kept(town):
    use_up(town, 60, NOON, timedelta(seconds=1))
    assert look(town, at=NOON + timedelta(minutes=30)) is None
    assert look(town, at=NOON + timedelta(minutes=31)) is None
    kinds = facts_of(town.worker.account)
    assert (kinds.count("people.revealed"), kinds.count("people.reveal_refused")) == (60, 2)
    assert look(town, town.colleague, at=NOON + timedelta(minutes=30)).left_this_hour == 59
    later = NOON + timedelta(hours=1, minutes=1)
    assert look(town, at=later).left_this_hour == 59


def test_the_day_has_a_budget_too(town, monkeypatch):
    monkeypatch.setattr(rules, "REVEALS_PER_DAY", 4)
    use_up(town, 4, NOON, timedelta(hours=2))
    assert look(town, at=NOON + timedelta(hours=9)) is None
    with staff.act_as(SYSTEM):
        (newest, *_) = journal.entries_of_actor(town.worker.account, viewer=SYSTEM)
    assert newest.data == {"within": "day", "first": True}
    assert look(town, at=NOON + timedelta(days=1, seconds=1)) is not None


def test_the_budgets_are_those_of_the_design():
    assert (rules.REVEALS_PER_HOUR, rules.REVEALS_PER_DAY) == (60, 300)


def test_the_security_officers_of_the_place_hear_once_of_a_budget_that_is_used_up(town, monkeypatch):
    monkeypatch.setattr(rules, "REVEALS_PER_HOUR", 2)
    with staff.act_as(SYSTEM):
        near = world.staff_actor("security", "security_admin", world.number(world.DISTRICT))
        far = world.staff_actor("security.far", "security_admin", world.number("370105000000"))
    use_up(town, 2, NOON, timedelta(seconds=1))
    for minute in (10, 11, 12):
        assert look(town, at=NOON + timedelta(minutes=minute)) is None
    with staff.act_as(SYSTEM):
        entries = journal.entries_of_actor(town.worker.account, viewer=SYSTEM)
        refused = [e for e in entries if e.fact == "people.reveal_refused"][::-1]
    assert [e.data["first"] for e in refused] == [True, False, False]
    for entry in (*refused, refused[0]):  # every job may run twice
        jobs.tell_security(entry.id)
    with staff.act_as(near):
        (told,) = notices.notices_of(near)
    assert told.title == f"{town.worker.account} 号账号一小时内查看的个人信息到了上限，已停住"
    assert "李静" not in told.title
    with staff.act_as(far):
        assert notices.notices_of(far) == ()
    assert jobs.tell_security in reactions.WHEN["people.reveal_refused"]


def test_a_sealed_value_copied_into_another_row_does_not_open(town):
    with staff.act_as(SYSTEM):
        stolen = Person.objects.values_list("phone_sealed", "name_sealed").get(pk=town.wang.person)
        Person.objects.filter(pk=town.zhou.person).update(phone_sealed=stolen[0], name_sealed=stolen[1])
    with pytest.raises(SealBroken):
        look(town, person=town.zhou.person, place=town.community)
    with staff.act_as(town.zhou), pytest.raises(SealBroken):
        queries.own_name(town.zhou)


def test_a_phone_sealed_as_a_phone_does_not_open_as_a_name(town):
    with staff.act_as(SYSTEM):
        sealed = Person.objects.values_list("phone_sealed", flat=True).get(pk=town.wang.person)
        Person.objects.filter(pk=town.wang.person).update(name_sealed=sealed)
    with staff.act_as(town.wang), pytest.raises(SealBroken):
        queries.own_name(town.wang)
