"""Every move against every state and every part that somebody can play."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from quanlin.cases.rules import moves
from quanlin.kit.actor import SYSTEM, Actor
from quanlin.kit.errors import Conflict, NotAllowed, Refused
from quanlin.kit.placenumber import child_number, subtree

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
CITY = child_number(0, "city", 1)
DISTRICT = child_number(CITY, "district", 2)
STREET = child_number(DISTRICT, "street", 3)
COMMUNITY = child_number(STREET, "community", 4)
DESK, GRID, COMPANY, STREET_DESK = 10, 11, 12, 20
WANG = UUID(int=1)


def staff(role: str, unit: int | None, place: int, level: str, account: int) -> Actor:
    return Actor(
        sort="staff", account=account, role=role, grant=account, unit=unit, level=level, place=place,
        ranges=(subtree(place, level),), label="测试",
    )  # fmt: skip


WORKER = staff("operator", DESK, COMMUNITY, "community", 1)
GRID_WORKER = staff("grid_worker", GRID, COMMUNITY, "community", 2)
ELECTRICIAN = staff("property", COMPANY, COMMUNITY, "community", 3)
STREET_WORKER = staff("operator", STREET_DESK, STREET, "street", 4)
LEADER = staff("leader", None, DISTRICT, "district", 5)
REPORTER = Actor(sort="resident", account=6, role="resident", person=WANG)
OTHER = Actor(sort="resident", account=7, role="resident", person=UUID(int=2))
ABROAD = staff("operator", 99, child_number(STREET, "community", 5), "community", 8)


def case(state: str, **more) -> moves.Standing:
    holder = {"assigned": COMPANY, "working": COMPANY, "on_hold": COMPANY, "resolved": GRID}.get(state, DESK)
    given = {
        "state": state, "level": "community", "place": COMMUNITY, "version": 3, "desk_unit": DESK, "holder_unit": holder,
        "reporter": WANG, "resolver": 3, "units": (DESK, COMPANY), "closed_at": NOW if state == "closed" else None,
    } | more  # fmt: skip
    return moves.Standing(**given)


EXPECTED: dict[str, dict[str, set[str]]] = {
    "worker": {
        "reported": {"accept", "decline", "change_kind", "escalate", "note"},
        "accepted": {"change_kind", "assign", "escalate", "whistle", "note"},
        "assigned": {"change_kind", "assign", "note"},
        "working": {"change_kind", "assign", "escalate", "whistle", "note"},
        "on_hold": {"resume", "note"},
        "resolved": {"change_kind", "note"},
        "closed": {"note"},
        "declined": {"note"},
        "merged": {"note"},
    },
    "electrician": {
        "reported": {"note"},
        "accepted": {"note"},
        "assigned": {"take", "return", "note"},
        "working": {"return", "hold", "resolve", "note"},
        "on_hold": {"resume", "note"},
        "resolved": {"note"},
        "closed": {"note"},
        "declined": {"note"},
        "merged": {"note"},
    },
    "grid worker": {s: {"note"} | ({"verify", "reject"} if s == "resolved" else set()) for s in moves.STATES},
    "street worker": {s: {"note"} | ({"urge"} if s in moves.OPEN else set()) for s in moves.STATES},
    "leader": {s: {"note"} | ({"urge"} if s in moves.OPEN else set()) for s in moves.STATES},
    "reporter": {
        s: {"note"}
        | ({"urge"} if s in moves.OPEN else set())
        | ({"rate", "refuse"} if s == "closed" else set())
        for s in moves.STATES
    },
    "another resident": {s: set() for s in moves.STATES},
    "a worker of another community": {s: set() for s in moves.STATES},
}
ACTORS = {
    "worker": WORKER, "electrician": ELECTRICIAN, "grid worker": GRID_WORKER, "street worker": STREET_WORKER, "leader": LEADER,
    "reporter": REPORTER, "another resident": OTHER, "a worker of another community": ABROAD,
}  # fmt: skip


@pytest.mark.parametrize("state", moves.STATES)
@pytest.mark.parametrize("who", ACTORS)
def test_what_each_may_do_in_each_state(who, state):
    can = {c.code for c in moves.possible_moves(ACTORS[who], case(state), NOW)}
    assert can == EXPECTED[who][state]


@pytest.mark.parametrize("state", moves.STATES)
@pytest.mark.parametrize("code", moves.MOVES)
def test_a_move_from_a_state_that_the_table_does_not_list_is_refused_even_to_the_system(code, state):
    move = moves.MOVES[code]
    if state in move.sources:
        return
    with pytest.raises(NotAllowed) as fault:
        moves.check_move(code, SYSTEM, case(state), NOW, seen_version=3)
    assert fault.value.code == "not_now"
    assert moves.STATES[state] in fault.value.message
    assert fault.value.extra["state"] == state


def test_whoever_resolved_never_verifies():
    same = staff("grid_worker", GRID, COMMUNITY, "community", 3)
    assert "verify" not in {c.code for c in moves.possible_moves(same, case("resolved"), NOW)}
    with pytest.raises(NotAllowed, match="谁处置的不能由谁核实"):
        moves.check_move("verify", same, case("resolved"), NOW, seen_version=3)


def test_a_stale_version_is_answered_with_what_changed():
    with pytest.raises(Conflict) as fault:
        moves.check_move("accept", WORKER, case("accepted", holder_name="舜新社区"), NOW, seen_version=2)
    assert fault.value.code == "stale"
    assert fault.value.extra == {
        "state": "accepted", "state_name": "待派单", "holder": "舜新社区", "version": 3,
        "possible": ["assign", "note", "change_kind", "escalate", "whistle"],
    }  # fmt: skip


def test_a_note_needs_no_fresh_version():
    assert moves.check_move("note", WORKER, case("working"), NOW, seen_version=1).code == "note"


def test_a_move_nobody_knows():
    with pytest.raises(Refused) as fault:
        moves.check_move("teleport", WORKER, case("working"), NOW, seen_version=3)
    assert fault.value.field == "move"


def test_a_closure_can_be_refused_once_and_for_seven_days():
    def can(**more):
        return "refuse" in {c.code for c in moves.possible_moves(REPORTER, case("closed", **more), NOW)}

    assert can(closed_at=NOW - timedelta(days=7))
    assert not can(closed_at=NOW - timedelta(days=7, seconds=1))
    assert not can(refused=True)


def test_urging_once_a_day():
    assert "urge" not in {
        c.code
        for c in moves.possible_moves(REPORTER, case("working", urged_at=NOW - timedelta(hours=23)), NOW)
    }
    assert "urge" in {
        c.code
        for c in moves.possible_moves(REPORTER, case("working", urged_at=NOW - timedelta(hours=24)), NOW)
    }


def test_a_whistled_case_is_answered_by_arriving_not_by_taking():
    called = {c.code for c in moves.possible_moves(ELECTRICIAN, case("assigned", whistled=True), NOW)}
    assert called == {"arrive", "return", "note"}


def test_there_is_no_level_above_the_city():
    assert [moves.level_above(x) for x in ("grid", "community", "street", "district", "city")] == [
        "community", "street", "district", "city", None,
    ]  # fmt: skip
    city_desk = staff("operator", DESK, CITY, "city", 9)
    can = {c.code for c in moves.possible_moves(city_desk, case("accepted", level="city"), NOW)}
    assert "escalate" not in can


def test_the_likeliest_move_comes_first():
    assert [c.code for c in moves.possible_moves(WORKER, case("reported"), NOW)][0] == "accept"
    assert [c.code for c in moves.possible_moves(ELECTRICIAN, case("working"), NOW)][0] == "resolve"
    assert [c.code for c in moves.possible_moves(GRID_WORKER, case("resolved"), NOW)][0] == "verify"
