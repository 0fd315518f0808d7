"""The live stream over a real broker and a real server."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from quanlin.cases import queries as cases
from quanlin.kit import clock
from quanlin.kit.actor import SYSTEM
from quanlin.staff import actions as staff
from quanlin.staff.models import Token
from tests import world
from tests.asking import token_of
from tests.boards import live_stack
from tests.boards.live_stack import Stack
from tests.sessions import session_of

pytestmark = pytest.mark.stack


@pytest.fixture
def stack(fresh_database: str, tmp_path: Path) -> Iterator[Stack]:
    with live_stack.running(tmp_path) as found:
        yield found


@pytest.fixture
def people(stack: Stack) -> world.World:
    with staff.act_as(SYSTEM):
        return world.build()


def facts(events: list[live_stack.Event]) -> list[str]:
    return [e.data["fact"] for e in events if e.name == "fact"]


def test_a_fact_reaches_whoever_may_see_it_and_nobody_else(stack: Stack, people: world.World) -> None:
    worker, wang = stack.open(token_of(people.worker)), stack.open(token_of(people.wang))
    zhou, stranger = stack.open(token_of(people.zhou)), stack.open(token_of(people.stranger))
    for reader in (worker, wang, zhou, stranger):
        assert reader.status == 200
        assert reader.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert reader.headers["cache-control"] == "no-store"
        reader.until("ready")
    number = world.report(people).number
    heard = worker.until("fact")[-1]
    assert heard.data == {
        "fact": "cases.reported", "subject": "case", "place": world.SHUNXIN, "community": world.SHUNXIN, "at": heard.data["at"],
        "number": number, "kind": "street_light", "group": "facilities", "state": "reported", "was": "",
        "level": "community", "holder": people.desk.pk, "urgent": False,
    }  # fmt: skip
    assert wang.until("fact")[-1].data == heard.data
    # what comes first to the two others is a case of their own, not this one
    theirs = world.report(people, by=people.zhou, place=people.community, key="z").number
    assert zhou.until("fact")[-1].data["number"] == theirs
    assert worker.until("fact")[-1].data["number"] == theirs
    there = world.report(people, by=people.wang, place=world.number("370105014031"), key="there").number
    assert stranger.until("fact")[-1].data["number"] == there


def test_nothing_personal_is_in_an_event(stack: Stack, people: world.World) -> None:
    reader = stack.open(token_of(people.worker))
    reader.until("ready")
    world.report(people, text="王秀英家 13800000001 门口路灯不亮")
    said = json.dumps(reader.until("fact")[-1].data, ensure_ascii=False)
    for secret in ("王", "13800000001", str(people.wang.person), "门口"):
        assert secret not in said


def test_a_session_opens_a_stream_too(stack: Stack, people: world.World) -> None:
    key = session_of(Client(), people.worker)
    reader = stack.open(cookie=key)
    assert reader.status == 200
    reader.until("ready")
    world.report(people)
    assert facts(reader.until("fact")) == ["cases.reported"]


def test_a_reader_that_comes_back_misses_nothing_and_gets_nothing_twice(
    stack: Stack, people: world.World
) -> None:
    token = token_of(people.worker)
    first = stack.open(token)
    first.until("ready")
    number = world.report(people).number
    seen = first.until("fact")[-1]
    first.close()
    world.move(number, "accept", people.worker)
    world.move(number, "assign", people.worker, unit=people.property.pk)
    again = stack.open(token, last=seen.id)
    world_events = again.until("fact") + again.until("fact")
    assert facts(world_events) == ["cases.accepted", "cases.assigned"]
    world.move(number, "take", people.electrician)
    assert facts(again.until("fact")) == ["cases.taken"]
    by_query = stack.open(token, query=f"?last={world_events[-1].id}")
    assert facts(by_query.until("fact")) == ["cases.taken"]


def test_a_reader_from_the_future_is_told_to_look_anew(stack: Stack, people: world.World) -> None:
    reader = stack.open(token_of(people.worker), last=10**9)
    head = reader.until("behind")[-1]
    assert head.data["head"] == head.id < 10**9
    world.report(people)
    assert facts(reader.until("fact")) == ["cases.reported"]


def test_a_stream_ends_with_the_right_that_it_was_opened_with(stack: Stack, people: world.World) -> None:
    by_token, other = stack.open(token_of(people.worker)), stack.open(token_of(people.colleague))
    key = session_of(Client(), people.grid_worker)
    by_session, revoked = stack.open(cookie=key), stack.open(token_of(people.street_worker))
    whole = stack.open(token_of(people.leader))
    for reader in (by_token, other, by_session, revoked, whole):
        reader.until("ready")
    with staff.act_as(SYSTEM):
        staff.end_grant(grant_id=people.worker.grant, actor=SYSTEM)
        staff.stop_account(account=people.colleague.account, actor=SYSTEM)
        Token.objects.filter(account=people.street_worker.account).update(revoked_at=clock.now())
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_session WHERE session_key = %s", [key])
    for reader in (by_token, other, by_session, revoked):
        reader.socket.settimeout(10)  # the promise
        over = reader.until("over")[-1]
        assert over.data == {"reason": "ended"}
        assert list(reader._events) == []  # and the stream is closed
    world.report(people)
    assert facts(whole.until("fact"))[-1] == "cases.reported"


def test_who_may_not_or_asks_wrongly_is_told_by_a_problem(stack: Stack, people: world.World) -> None:
    token = token_of(people.worker)
    with staff.act_as(SYSTEM):
        auditor = world.staff_actor("auditor", "audit_admin", world.number(world.CITY))
    asked = {
        (401, "unauthenticated"): stack.open(),
        (401, "unauthenticated") + (1,): stack.open("qln_wrong"),
        (401, "unauthenticated") + (2,): stack.open(cookie="wrong"),
        (422, "last"): stack.open(token, query="?last=abc"),
        (404, "no_page"): stack.open(token, path="/api/v1/cases"),
        (405, "method"): stack.open(token, method="POST"),
    }
    for wanted, reader in asked.items():
        assert (reader.status, reader.body()["code"]) == wanted[:2]
        assert reader.headers["content-type"] == "application/problem+json"
    quiet = stack.open(token_of(auditor))  # an officer may be here, and hears of no case
    quiet.until("ready")
    heard = stack.open(token)
    heard.until("ready")
    world.report(people)
    heard.until("fact")
    with staff.act_as(SYSTEM):
        staff.end_grant(grant_id=auditor.grant, actor=SYSTEM)
    assert facts(quiet.until("over")) == []


def test_an_account_may_open_twelve_streams_and_they_hold_no_connection(
    stack: Stack, people: world.World
) -> None:
    token = token_of(people.worker)
    readers = [stack.open(token) for _ in range(12)]
    for reader in readers:
        reader.until("ready")
    more = stack.open(token)
    assert (more.status, more.body()["code"]) == (429, "too_many_streams")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert cursor.fetchone()[0] <= 3  # two threads of the live process, and the relay
    readers[0].close()
    world.report(people)
    for reader in readers[1:]:
        assert facts(reader.until("fact")) == ["cases.reported"]
    assert stack.open(token).status == 200


def test_the_stream_outlives_the_broker_and_brings_what_happened_meanwhile(
    stack: Stack, people: world.World
) -> None:
    reader = stack.open(token_of(people.worker))
    reader.until("ready")
    stack.broker_process.send_signal(signal.SIGKILL)
    stack.broker_process.wait()
    reader.until("broken")
    number = world.report(people).number
    newcomer = stack.open(token_of(people.colleague))
    assert newcomer.until("broken")[-1].name == "broken"
    stack.start_broker()
    told = reader.until("mended")
    if "cases.reported" not in facts(told):
        told += reader.until("fact")
    world.move(number, "accept", people.worker)
    while "cases.accepted" not in facts(told):
        told += reader.until("fact")
    assert facts(told) == ["cases.reported", "cases.accepted"]


def test_a_new_server_goes_on_where_the_old_one_ended(stack: Stack, people: world.World) -> None:
    token = token_of(people.worker)
    reader = stack.open(token)
    reader.until("ready")
    number = world.report(people).number
    seen = reader.until("fact")[-1]
    stack.server.send_signal(signal.SIGTERM)
    assert [e.name for e in reader._events if e.name == "over"] == []  # it ends without a word: come back
    assert stack.server.wait(10) == 0
    world.move(number, "accept", people.worker)
    stack.start_server()
    assert facts(stack.open(token, last=seen.id).until("fact")) == ["cases.accepted"]


def test_what_is_told_live_is_what_row_security_shows(fresh_database: str) -> None:
    from quanlin.boards.live.telling import hears
    from quanlin.journal import queries as journal
    from quanlin.journal.rules.entry import as_published

    with staff.act_as(SYSTEM):
        people = world.build()
    number = world.walk_to(people, "closed")
    world.report(people, by=people.zhou, place=world.number("370105014031"), key="z")
    with staff.act_as(SYSTEM):
        case = cases.the_case(number, viewer=SYSTEM)
        every = [
            *journal.timeline("case", str(case.pk), viewer=SYSTEM),
            *journal.timeline("case", str(case.pk + 1), viewer=SYSTEM),
        ]
    assert len(every) == 7
    for who in (
        people.worker,
        people.electrician,
        people.bureau_worker,
        people.stranger,
        people.leader,
        people.wang,
        people.zhou,
    ):
        with staff.act_as(who):
            shown = {
                e.id for c in (case.pk, case.pk + 1) for e in journal.timeline("case", str(c), viewer=who)
            }
        own = {e.id for e in every if e.actor_account == who.account}
        assert {e.id for e in every if hears(who, as_published(e))} | own == shown, who.label
