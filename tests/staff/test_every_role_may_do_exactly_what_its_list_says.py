"""The whole table role × act, written down a second time: what is not in it fails."""

from uuid import UUID

import pytest

from quanlin.kit.actor import NOBODY, SYSTEM, Actor
from quanlin.kit.errors import NotAllowed
from quanlin.staff import rules
from quanlin.staff.rules import Resource

COLUMNS = (
    "system_admin", "security_admin", "audit_admin", "business_manager", "leader", "operator", "grid_worker", "property",
    "department", "maintainer", "resident", "nobody",
)  # fmt: skip
TABLE = """
account.manage  x - - - - - - - - - - -
grant.manage    - x - - - - - - - - - -
journal.audit   - - x - - - - - - - - -
unit.manage     - - - x - - - - - - - -
place.manage    - - - x - - - - - - - -
place.see       x x x x x x x x x x x x
kind.see        x x x x x x x x x x x x
notice.see      - - - x x x x x x - x -
board.see       - - - x x x x x x - - -
case.see        - - - x x x x x x - x -
case.open       - - - - - x x x x - x -
case.own        - - - - - - - - - - x -
case.note       - - - - x x x x x - x -
case.lead       - - - - x - - - - - - -
case.handle     - - - - - x x x x - - -
case.desk       - - - - - x - - - - - -
case.verify     - - - - - - x - - - - -
person.reveal   - - - - - x x x x - - -
person.self     - - - - - - - - - - x -
health.see      - - - - - - - - - x - -
"""
HERE, ELSEWHERE = 1000, 9000
SELF, OTHER = UUID(int=1), UUID(int=2)

LINES = [line.split() for line in TABLE.strip().splitlines()]
CELLS = [(role, line[0], mark == "x") for line in LINES for role, mark in zip(COLUMNS, line[1:], strict=True)]


def actor(role: str, **more) -> Actor:
    if role == "nobody":
        return NOBODY
    if role == "resident":
        return Actor(sort="resident", role="resident", account=1, person=SELF, **more)
    return Actor(
        sort="staff", role=role, account=1, unit=5, ranges=((HERE, HERE + 99),), label="舜新社区", person=SELF,
        purposes=frozenset(rules.PURPOSES), **more,
    )  # fmt: skip


def purpose_of(act: str) -> str:
    return "on_site" if act == "person.reveal" else ""


def test_the_table_has_every_role_and_every_act_there_is():
    assert set(COLUMNS) == {*rules.ROLES, "resident", "nobody"}
    acts = frozenset().union(*(r.acts for r in rules.ROLES.values()), rules.RESIDENT_ACTS, rules.NOBODY_ACTS)
    assert {line[0] for line in LINES} == acts
    assert len(CELLS) == 12 * 20


@pytest.mark.parametrize(("role", "act", "allowed"), CELLS)
def test_a_role_may_ask_for_an_act_only_where_the_table_says(role: str, act: str, allowed: bool):
    assert rules.may(actor(role), act) is allowed
    decision = rules.decide(actor(role), act, Resource(place=HERE, owner=SELF), purpose=purpose_of(act))
    assert decision.allow is allowed
    assert bool(decision.reason) is not allowed


@pytest.mark.parametrize(
    ("role", "act"), [(r, a) for r, a, x in CELLS if x and r in rules.ROLES and a not in rules.NOBODY_ACTS]
)
def test_staff_are_refused_what_lies_elsewhere_unless_their_unit_has_a_part_in_it(role: str, act: str):
    there = Resource(place=ELSEWHERE)
    assert not rules.decide(actor(role), act, there, purpose=purpose_of(act)).allow
    assert rules.decide(
        actor(role), act, Resource(place=ELSEWHERE, units=(5,)), purpose=purpose_of(act)
    ).allow
    with pytest.raises(NotAllowed, match="舜新社区"):
        rules.check(actor(role), act, there, purpose=purpose_of(act))


@pytest.mark.parametrize(("role", "act"), [(r, a) for r, a, x in CELLS if x and r in rules.ROLES])
def test_a_reading_token_gets_nothing_but_reading(role: str, act: str):
    decision = rules.decide(actor(role, can_write=False), act, Resource(place=HERE), purpose=purpose_of(act))
    assert decision.allow is (act in rules.READ_ACTS)


def test_acts_that_only_read_are_named_one_by_one():
    assert sorted(rules.READ_ACTS) == [
        "board.see", "case.see", "health.see", "journal.audit", "kind.see", "notice.see", "person.self", "place.see",
    ]  # fmt: skip


def test_places_and_kinds_are_public_everywhere():
    for role in COLUMNS:
        for act in ("place.see", "kind.see"):
            assert rules.decide(actor(role), act, Resource(place=ELSEWHERE)) == rules.Decision(
                True, fields="none"
            )


def test_a_resident_sees_his_own_whole_and_of_others_only_what_is_public_and_no_person_in_it():
    me = actor("resident")
    assert rules.decide(me, "case.see", Resource(owner=SELF)).fields == "plain"
    assert rules.decide(me, "case.see", Resource(owner=OTHER, public=True)).fields == "none"
    assert not rules.decide(me, "case.see", Resource(owner=OTHER)).allow
    assert not rules.decide(me, "case.own", Resource(owner=OTHER)).allow


@pytest.mark.parametrize("purpose", ["", "curiosity", "on_site; DROP TABLE"])
def test_nobody_looks_at_a_person_without_a_purpose_of_the_list(purpose: str):
    with pytest.raises(NotAllowed, match="先选用途"):
        rules.check(actor("operator"), "person.reveal", Resource(place=HERE), purpose=purpose)


def test_a_purpose_that_the_grant_does_not_have_is_refused():
    narrow = Actor(sort="staff", role="operator", ranges=((HERE, HERE),), purposes=frozenset({"on_site"}))
    assert rules.decide(narrow, "person.reveal", Resource(place=HERE), purpose="on_site").allow
    refused = rules.decide(narrow, "person.reveal", Resource(place=HERE), purpose="supervise")
    assert not refused.allow
    assert "督办核查" in refused.reason


def test_looking_at_a_person_obliges_to_record_and_to_count():
    decision = rules.decide(actor("operator"), "person.reveal", Resource(place=HERE), purpose="on_site")
    assert (decision.fields, decision.obligations) == ("plain", frozenset({"record", "budget"}))


def test_an_act_and_a_role_that_nobody_defined_are_refused():
    assert not rules.may(actor("operator"), "case.delete")
    assert not rules.may(actor("emperor"), "case.see")
    assert rules.acts_of(actor("emperor")) == rules.NOBODY_ACTS
    assert rules.may(SYSTEM, "case.delete")


def test_a_device_and_a_partner_have_no_more_than_their_role():
    for sort in ("device", "partner"):
        assert rules.acts_of(Actor(sort=sort, role="")) == rules.NOBODY_ACTS
        assert rules.may(Actor(sort=sort, role="department"), "case.handle")


def test_of_the_ways_to_show_who_one_is_a_password_alone_is_not_enough_for_staff():
    assert {way for way, enough in rules.WAYS.items() if enough} == {
        "totp",
        "passkey",
        "recovery",
        "demonstration",
    }
    assert {way for way, enough in rules.WAYS.items() if not enough} == {"password", "code"}
