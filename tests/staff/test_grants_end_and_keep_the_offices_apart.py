"""No grant without an end; 三员 and the grades exclude each other, by the rules and by the database alone."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from quanlin.journal import queries as journal
from quanlin.kit import clock
from quanlin.kit.actor import SYSTEM
from quanlin.kit.errors import NotAllowed, NotFound, Refused
from quanlin.staff import actions, queries, rules
from quanlin.staff.models import Account, Grant
from tests import world

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
OFFICERS = ("system_admin", "security_admin", "audit_admin")
ONE_OF_EACH_GRADE = {
    "officer": "audit_admin",
    "management": "business_manager",
    "operation": "leader",
    "maintenance": "maintainer",
}
PAIRS = [(a, b) for a in OFFICERS for b in OFFICERS if a != b] + [
    (a, b) for x, a in ONE_OF_EACH_GRADE.items() for y, b in ONE_OF_EACH_GRADE.items() if x != y
]


@pytest.fixture(autouse=True)
def system_scope():
    with actions.act_as(SYSTEM):
        yield


@pytest.fixture
def account() -> Account:
    return actions.open_account(username="zhang.san", sort="staff", password=None, actor=SYSTEM)


def insert(account: Account, role: str, start: datetime, end: datetime | None) -> None:
    """Past the rules, straight into the table."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO staff_grant (account_id, role, grade, place, purposes, may_publish, valid_from, valid_to)"
            " VALUES (%s, %s, %s, %s, '{}', false, %s, %s)",
            [account.pk, role, rules.ROLES[role].grade, world.number(world.CITY), start, end],
        )


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_two_offices_that_exclude_each_other_are_refused_by_the_rules_and_leave_no_trace(
    account, first, second
):
    city = world.number(world.CITY)
    actions.grant(account=account.pk, role=first, place=city, days=30, actor=SYSTEM)
    with pytest.raises(Refused) as fault:
        actions.grant(account=account.pk, role=second, place=city, days=30, actor=SYSTEM)
    assert fault.value.field == "role"
    assert rules.ROLES[first].name in fault.value.message
    assert [g.role for g in Grant.objects.filter(account=account)] == [first]
    told = [e.fact for e in journal.timeline("account", str(account.pk), viewer=SYSTEM)]
    assert told == ["staff.account_opened", "staff.granted"]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_two_offices_that_exclude_each_other_are_refused_by_the_database_alone(account, first, second):
    insert(account, first, NOON, NOON + timedelta(days=30))
    with pytest.raises(IntegrityError, match="apart"):
        insert(account, second, NOON + timedelta(days=29), NOON + timedelta(days=60))
    assert Grant.objects.filter(account=account).count() == 1


def test_one_office_may_follow_another_when_the_first_is_over(account):
    insert(account, "system_admin", NOON, NOON + timedelta(days=30))
    insert(account, "audit_admin", NOON + timedelta(days=30), NOON + timedelta(days=60))
    assert Grant.objects.filter(account=account).count() == 2


def test_one_person_may_hold_several_operating_roles_at_once(account):
    insert(account, "leader", NOON, NOON + timedelta(days=30))
    insert(account, "property", NOON, NOON + timedelta(days=30))
    assert Grant.objects.filter(account=account).count() == 2


@pytest.mark.parametrize("end", [None, NOON, NOON - timedelta(days=1)])
def test_the_database_takes_no_grant_without_an_end_after_its_beginning(account, end):
    with pytest.raises(IntegrityError):
        insert(account, "leader", NOON, end)
    assert not Grant.objects.filter(account=account).exists()


@pytest.mark.parametrize(
    ("role", "days"), [("maintainer", 91), ("leader", 367), ("leader", 0), ("leader", -1), ("emperor", 30)]
)
def test_the_rules_refuse_a_grant_that_lasts_too_long_or_is_of_no_role(account, role, days):
    with pytest.raises(Refused):
        actions.grant(account=account.pk, role=role, place=world.number(world.CITY), days=days, actor=SYSTEM)
    assert not Grant.objects.filter(account=account).exists()


def test_those_who_handle_cases_are_granted_a_unit(account):
    with pytest.raises(Refused, match="哪个单位"):
        actions.grant(account=account.pk, role="operator", place=world.number(world.SHUNXIN), actor=SYSTEM)


def test_only_the_security_officer_grants_and_only_in_his_own_place(account):
    district, other = world.number(world.DISTRICT), world.number("370105000000")
    security = world.staff_actor("security", "security_admin", district)
    manager = world.staff_actor("manager", "business_manager", district)
    with pytest.raises(NotAllowed):
        actions.grant(account=account.pk, role="leader", place=district, actor=manager)
    with pytest.raises(NotAllowed, match="不在您管的范围"):
        actions.grant(account=account.pk, role="leader", place=other, actor=security)
    assert not Grant.objects.filter(account=account).exists()
    row = actions.grant(account=account.pk, role="leader", place=district, days=10, actor=security)
    assert (row.granted_by_id, row.valid_to - row.valid_from) == (security.account, timedelta(days=10))


def test_when_a_grant_ends_its_holder_is_nobody_who_may_still_see_to_his_account(account):
    district = world.number(world.DISTRICT)
    row = actions.grant(account=account.pk, role="leader", place=district, actor=SYSTEM)
    before = world.actor_of(account)
    assert (before.sort, before.role, before.covers(world.number(world.SHUNXIN))) == ("staff", "leader", True)
    actions.end_grant(grant_id=row.pk, actor=SYSTEM)
    after = world.actor_of(account)
    assert (after.sort, after.role, after.account, after.ranges) == ("nobody", "", account.pk, ())
    told = [e.fact for e in journal.timeline("account", str(account.pk), viewer=SYSTEM)]
    assert told[-1] == "staff.grant_ended"


def test_a_grant_that_ended_is_not_replaced_by_another_one_unseen(account):
    street, city = world.number(world.STREET), world.number(world.CITY)
    small = actions.grant(account=account.pk, role="leader", place=street, actor=SYSTEM)
    actions.grant(account=account.pk, role="leader", place=city, actor=SYSTEM)
    actions.end_grant(grant_id=small.pk, actor=SYSTEM)
    assert world.actor_of(account, small.pk).sort == "nobody"
    assert world.actor_of(account, None).place == city


def test_a_grant_is_over_in_the_second_that_it_says(account):
    with clock.at(NOON):
        actions.grant(
            account=account.pk, role="leader", place=world.number(world.CITY), days=10, actor=SYSTEM
        )
    for moment, sort in (
        (NOON - timedelta(seconds=1), "nobody"), (NOON, "staff"),
        (NOON + timedelta(days=10, seconds=-1), "staff"), (NOON + timedelta(days=10), "nobody"),
    ):  # fmt: skip
        with clock.at(moment):
            assert world.actor_of(account).sort == sort


def test_ending_a_grant_that_is_not_there_or_not_in_ones_place_changes_nothing(account):
    security = world.staff_actor("security", "security_admin", world.number("370105000000"))
    row = actions.grant(account=account.pk, role="leader", place=world.number(world.STREET), actor=SYSTEM)
    with pytest.raises(NotFound):
        actions.end_grant(grant_id=row.pk + 1000, actor=SYSTEM)
    with pytest.raises(NotAllowed):
        actions.end_grant(grant_id=row.pk, actor=security)
    assert Grant.objects.get(pk=row.pk).valid_to == row.valid_to


def test_a_stopped_account_is_nobody_and_its_name_stays_taken(account):
    actions.grant(account=account.pk, role="leader", place=world.number(world.CITY), actor=SYSTEM)
    actions.stop_account(account=account.pk, actor=SYSTEM)
    assert world.actor_of(account).account is None
    queries.forget()
    with pytest.raises(NotFound):
        actions.stop_account(account=account.pk + 1000, actor=SYSTEM)


def test_who_answers_for_a_place_is_found_up_to_the_city(account):
    district = world.number(world.DISTRICT)
    here = world.staff_actor("security", "security_admin", district)
    whole = world.staff_actor("security.city", "security_admin", world.number(world.CITY))
    world.staff_actor("security.other", "security_admin", world.number("370105000000"))
    assert queries.holders_of("security_admin", world.number(world.SHUNXIN)) == (here.account, whole.account)
    assert queries.holders_of("security_admin", world.number(world.CITY)) == (whole.account,)
