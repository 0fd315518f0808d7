"""Row security as each actor, in raw SQL: what the program's own checks would let through is walled off here."""

from collections.abc import Callable

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from quanlin.kit.actor import NOBODY, SYSTEM, Actor
from quanlin.kit.placenumber import child_number
from quanlin.notices import actions as notices
from quanlin.people import actions as people
from quanlin.staff import actions
from tests import world

pytestmark = pytest.mark.django_db


def sql(text: str, *values: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        return cursor.fetchall() if cursor.description else [(cursor.rowcount,)]


def home_in(community: int) -> int:
    number = community
    for level in ("grid", "estate", "building", "unit", "home"):
        number = child_number(number, level, 1)
    return number


@pytest.fixture
def town() -> world.World:
    """Everybody, each with a token and a notice; 王秀英 lives in 舜新社区, 周婷 in another street."""
    with actions.act_as(SYSTEM):
        built = world.build()
        elsewhere = world.number("370105014031")
        people.link_home(person=built.wang.person, home=home_in(built.community), actor=built.wang)
        people.link_home(person=built.zhou.person, home=home_in(elsewhere), actor=built.zhou)
        everybody = everyone(built)
        for actor in everybody.values():
            if actor.account:
                actions.make_token(account=actor.account, scope="read", name="t", actor=SYSTEM)
        accounts = [a.account for a in everybody.values() if a.account]
        notices.tell(entry=1, accounts=accounts, title="试", link="/")
        notices.queue_sms(key="k", phone="13800000001", words="试")
        people.send_code(phone="13800000001", source="1.2.3.4")
    return built


def everyone(built: world.World) -> dict[str, Actor]:
    return {
        "worker": built.worker, "grid_worker": built.grid_worker, "street_worker": built.street_worker,
        "bureau_worker": built.bureau_worker, "leader": built.leader, "stranger": built.stranger,
        "wang": built.wang, "zhou": built.zhou, "nobody": NOBODY,
    }  # fmt: skip


NAMES = (
    "worker",
    "grid_worker",
    "street_worker",
    "bureau_worker",
    "leader",
    "stranger",
    "wang",
    "zhou",
    "nobody",
)
COVERS_WANG = ("worker", "grid_worker", "street_worker", "bureau_worker", "leader")


def seen_by(town: world.World, name: str, query: str) -> set:
    with actions.act_as(everyone(town)[name]):
        return {row[0] for row in sql(query)}


@pytest.mark.parametrize("name", NAMES)
def test_tokens_and_notices_are_seen_by_their_owner_alone(town, name):
    own = {everyone(town)[name].account} - {None}
    assert seen_by(town, name, "SELECT account_id FROM staff_token") == own
    assert seen_by(town, name, "SELECT account FROM notices_notice") == own


@pytest.mark.parametrize("name", NAMES)
def test_codes_and_the_outbox_are_seen_by_nobody_but_the_system(town, name):
    assert seen_by(town, name, "SELECT id FROM people_code") == set()
    assert seen_by(town, name, "SELECT id FROM notices_outgoing") == set()
    with actions.act_as(SYSTEM):
        assert sql("SELECT (SELECT count(*) FROM people_code), (SELECT count(*) FROM notices_outgoing)") == [
            (1, 1)
        ]


@pytest.mark.parametrize("name", NAMES)
def test_grants_are_seen_by_their_holder_and_where_ones_place_covers_them(town, name):
    actor = everyone(town)[name]
    with actions.act_as(SYSTEM):
        every = sql("SELECT account_id, place FROM staff_grant")
    expected = {account for account, place in every if account == actor.account or actor.covers(place)}
    assert seen_by(town, name, "SELECT account_id FROM staff_grant") == expected
    if actor.sort in ("resident", "nobody"):
        assert expected == set()


@pytest.mark.parametrize("name", NAMES)
def test_residents_are_seen_by_themselves_and_by_the_staff_of_their_place(town, name):
    expected = {
        **{n: {town.wang.person} for n in (*COVERS_WANG, "wang")},
        "stranger": {town.zhou.person}, "zhou": {town.zhou.person}, "nobody": set(),
    }  # fmt: skip
    assert seen_by(town, name, "SELECT id FROM people_person WHERE sort = 'resident'") == expected[name]
    assert seen_by(town, name, "SELECT person_id FROM people_residence") == expected[name]


@pytest.mark.parametrize("name", NAMES)
def test_colleagues_are_known_to_who_is_signed_in_and_to_nobody_else(town, name):
    known = len(seen_by(town, name, "SELECT id FROM people_person WHERE sort = 'staff'"))
    assert known == (0 if name == "nobody" else 8)


WRITES: dict[str, Callable[[world.World], tuple[str, list]]] = {
    "a person's name": lambda w: ("UPDATE people_person SET name_mask = 'x' WHERE id = %s", [w.wang.person]),
    "a person's home": lambda w: (
        "UPDATE people_residence SET until = now() WHERE person_id = %s",
        [w.wang.person],
    ),
    "a person": lambda w: ("DELETE FROM people_residence WHERE person_id = %s", [w.wang.person]),
    "a token": lambda w: ("UPDATE staff_token SET scope = 'write' WHERE account_id = %s", [w.wang.account]),
    "a notice": lambda w: ("UPDATE notices_notice SET read_at = now() WHERE account = %s", [w.wang.account]),
    "a code": lambda w: ("UPDATE people_code SET tries = 0", []),
    "the outbox": lambda w: ("DELETE FROM notices_outgoing", []),
}


@pytest.mark.parametrize("what", WRITES)
@pytest.mark.parametrize("name", ["stranger", "zhou", "nobody"])
def test_nobody_changes_what_he_does_not_see(town, name, what):
    with actions.act_as(everyone(town)[name]):
        text, values = WRITES[what](town)
        assert sql(text, *values) == [(0,)]


INSERTS = {
    "a token for another": "INSERT INTO staff_token (account_id, name, digest, scope, created_at, expires_at)"
    " SELECT %(other)s, 'x', 'x', 'write', now(), now() + interval '1 day'",
    "a notice for another": "INSERT INTO notices_notice (entry, account, title, link, at) VALUES (9, %(other)s, 'x', '/', now())",
    "a code": "INSERT INTO people_code (phone_blind, digest, source, sent_at, tries) VALUES ('x', 'x', 'x', now(), 0)",
    "an SMS": "INSERT INTO notices_outgoing (key, channel, to_sealed, to_mask, words_sealed, made_at, tries, last_fault)"
    " VALUES ('x', 'sms', 'x', '', 'x', now(), 0, '')",
    "a grant for oneself": "INSERT INTO staff_grant (account_id, role, grade, place, purposes, may_publish, valid_from, valid_to)"
    " VALUES (%(self)s, 'leader', 'operation', %(city)s, '{}', false, now(), now() + interval '1 day')",
    "a person elsewhere": "INSERT INTO people_person (id, sort, name_sealed, name_mask, phone_mask, place, invented, created_at)"
    " VALUES (gen_random_uuid(), 'resident', 'x', 'x', '', %(city)s, false, now())",
}


@pytest.mark.parametrize("what", INSERTS)
@pytest.mark.parametrize("name", ["worker", "stranger", "zhou", "nobody"])
def test_nobody_writes_what_is_not_his_to_write(town, name, what):
    with actions.act_as(SYSTEM):
        city = world.number(world.CITY)
        before = counts()
    actor = everyone(town)[name]
    values = {"self": actor.account or 0, "other": town.wang.account, "city": city}
    with (
        actions.act_as(actor),
        pytest.raises(DatabaseError) as fault,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(INSERTS[what], values)
    assert isinstance(fault.value.__cause__, psycopg.errors.InsufficientPrivilege)
    with actions.act_as(SYSTEM):
        assert counts() == before


def counts() -> list[tuple]:
    return sql(
        "SELECT (SELECT count(*) FROM staff_token), (SELECT count(*) FROM notices_notice),"
        " (SELECT count(*) FROM people_code), (SELECT count(*) FROM notices_outgoing),"
        " (SELECT count(*) FROM staff_grant), (SELECT count(*) FROM people_person)"
    )


def test_a_resident_cannot_move_himself_into_another_persons_row(town):
    with actions.act_as(town.zhou), pytest.raises(DatabaseError), transaction.atomic():
        sql(
            "UPDATE people_person SET id = gen_random_uuid(), account = NULL, place = 0 WHERE id = %s",
            town.zhou.person,
        )


def test_a_scope_inside_a_scope_ends_with_it(town):
    with actions.act_as(town.zhou):
        with actions.act_as(SYSTEM):
            assert sql("SELECT count(*) FROM people_person WHERE sort = 'resident'") == [(2,)]
        assert sql("SELECT count(*) FROM people_person WHERE sort = 'resident'") == [(1,)]


def test_a_scope_inside_a_scope_ends_with_it_also_when_it_fails(town):
    with actions.act_as(town.zhou):
        with pytest.raises(ZeroDivisionError), actions.act_as(SYSTEM):
            raise ZeroDivisionError
        assert sql("SELECT count(*) FROM people_person WHERE sort = 'resident'") == [(1,)]
        assert actions.scope() == town.zhou


def test_a_grant_over_the_whole_city_sees_the_whole_city_and_not_the_systems_own_tables(town):
    with actions.act_as(SYSTEM):
        manager = world.staff_actor("chief", "business_manager", world.number(world.CITY))
    with actions.act_as(manager):
        assert sql("SELECT count(*) FROM people_person WHERE sort = 'resident'") == [(2,)]
        assert sql("SELECT count(*) FROM people_code") == [(0,)]
        assert sql("SELECT count(*) FROM staff_token") == [(0,)]


def test_a_person_without_a_home_is_seen_by_no_staff(town):
    with actions.act_as(SYSTEM):
        manager = world.staff_actor("chief", "business_manager", world.number(world.CITY))
        new = world.resident("13800000009", "孙一")
    with actions.act_as(manager):
        assert sql("SELECT count(*) FROM people_person WHERE id = %s", new.person) == [(0,)]


def test_tests_run_as_the_application_and_not_as_the_owner():
    assert settings.DATABASES["default"]["OPTIONS"]["options"].split("-c ")[3].strip() == "role=quanlin_app"
    assert sql("SELECT current_user::text") == [("quanlin_app",)]
