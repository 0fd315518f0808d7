"""The files of the invented world agree with the tables of the rooms below."""

from random import Random

import pytest

from quanlin.cases.actions.catalogue import SHIPPED
from quanlin.cases.rules import moves
from quanlin.demo.actions.playing import LIKELY, sayings
from quanlin.demo.queries import world_plan
from quanlin.demo.rules.going_on import Seen, filled, next_turn
from quanlin.staff.rules import ROLES

KINDS = {file.stem for file in SHIPPED.glob("*.yaml")}


def seen(state: str, **more) -> Seen:
    usual = {
        "level": "community", "whistled": False, "returns": 0, "rounds": 1, "rated": False, "by_resident": True,
        "round_the_clock": False, "late": False,
    }  # fmt: skip
    return Seen(state=state, **{**usual, **more})


def turns(state: str, **more):
    dice = Random(1)
    return [next_turn(seen(state, **more), "street_light", sayings(), dice) for _ in range(2000)]


def test_every_kind_that_is_shipped_has_something_said_and_done():
    assert set(sayings().said) == set(sayings().done) == KINDS
    assert set(LIKELY) <= KINDS


def test_sentences_are_filled_whole():
    dice = Random(1)
    for table in (sayings().said, sayings().done):
        for sentences in table.values():
            for sentence in sentences:
                assert "{" not in filled(sentence, dice)


def test_names_in_the_world_are_used_once_and_exist():
    plan = world_plan()
    keys = [u.key for u in plan.units]
    names = [a.username for a in plan.accounts] + [r.username for r in plan.residents]
    phones = [r.phone for r in plan.residents]
    assert len(keys) == len(set(keys))
    assert len(names) == len(set(names)) == 41
    assert len(phones) == len(set(phones)) == 9
    for account in plan.accounts:
        assert account.role in ROLES
        assert bool(account.unit) == ROLES[account.role].needs_unit
        assert all(key in keys or key.startswith("@") for key in (account.unit, *account.more) if key)
    assert {a.role for a in plan.accounts} == set(ROLES)


@pytest.mark.parametrize("state", sorted(moves.STATES))
def test_every_turn_is_a_move_that_the_table_allows(state):
    found = [t for t in turns(state, whistled=state == "assigned") + turns(state) if t is not None]
    for turn in found:
        move = moves.MOVES[turn.move]
        assert state in move.sources
        assert turn.party in move.parties | {"holder"}
        for need in move.needs:
            if need in ("words", "reason", "closing_reason", "rating", "where_to"):
                assert getattr(turn, need), (turn.move, need)
        if turn.move == "decline":
            assert turn.reason in moves.DECLINE_REASONS
        if turn.move == "return":
            assert turn.reason in moves.RETURN_REASONS
        if turn.move == "hold":
            assert turn.reason in moves.HOLD_REASONS
        if turn.move == "verify":
            assert turn.closing_reason in moves.CLOSING_REASONS
    if state in ("on_hold", "declined", "merged"):
        assert found == []


def test_every_sort_of_thing_happens_sometimes():
    happened = {t.move for state in moves.STATES for t in turns(state) if t}
    happened |= {t.move for t in turns("assigned", whistled=True) if t}
    assert happened == {
        "accept", "decline", "escalate", "assign", "whistle", "take", "arrive", "return", "hold", "note", "resolve",
        "verify", "reject", "rate", "refuse",
    }  # fmt: skip


def test_the_same_dice_give_the_same_life():
    assert turns("working") == turns("working")


def test_a_closure_is_refused_once_and_rated_once():
    assert not [t for t in turns("closed", rounds=2) if t and t.move == "refuse"]
    assert set(turns("closed", rated=True)) == {None}
    assert set(turns("closed", by_resident=False)) == {None}
