"""How an invented case goes on: a dice for each state. Pure: the same dice give the same life."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the players see of a case: where it stands and what has happened to it."""

    state: str
    level: str
    whistled: bool
    returns: int
    rounds: int
    rated: bool
    by_resident: bool
    round_the_clock: bool
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What is done next. party: desk, holder, verifier or reporter; share: of the step's limit that it takes."""

    move: str
    party: str
    share: float
    words: str = ""
    reason: str = ""
    where_to: str = ""
    closing_reason: str = ""
    rating: int | None = None
    hold_days: int = 0
    to: str = ""  # department, desk


@dataclass(frozen=True, slots=True)
class Sayings:
    """said and done: sentences by kind; others: what is said with a move."""

    said: Mapping[str, Sequence[str]]
    done: Mapping[str, Sequence[str]]
    others: Mapping[str, Sequence[Any]]

    @classmethod
    def parse(cls, found: Mapping[str, Any]) -> "Sayings":
        kinds = found["kinds"]
        return cls(
            {code: kind["said"] for code, kind in kinds.items()},
            {code: kind["done"] for code, kind in kinds.items()},
            {key: value for key, value in found.items() if key != "kinds"},
        )


def filled(sentence: str, dice: Random, *, building: str = "") -> str:
    """The sentence with a building (or the one that is known), unit, floor and numbers in its places."""
    return sentence.format(
        b=building or f"{dice.randint(1, 12)}号楼", u=f"{dice.randint(1, 3)}单元", f=dice.randint(2, 6),
        d=dice.randint(2, 9), n=dice.randint(2, 8),
    )  # fmt: skip


def _share(dice: Random) -> float:
    """Most take a part of the limit, one in nine takes longer than it."""
    if dice.random() < 0.11:
        return dice.uniform(1.05, 2.2)
    return min(0.95, dice.betavariate(1.6, 3.2))


def next_turn(seen: Seen, kind: str, sayings: Sayings, dice: Random) -> Turn | None:
    """What happens next, or None when nothing more will by itself (ended, or forgotten by somebody)."""
    if seen.state not in ("closed", "declined", "merged") and dice.random() < 0.025:
        return None  # forgotten: it becomes overdue and stays
    choose = {
        "reported": _reported, "accepted": _accepted, "assigned": _assigned, "working": _working, "resolved": _resolved,
        "closed": _closed,
    }.get(seen.state)  # fmt: skip
    return choose(seen, kind, sayings, dice) if choose else None


def _reported(seen: Seen, kind: str, sayings: Sayings, dice: Random) -> Turn:
    at, share = dice.random(), _share(dice)
    if at < 0.04 and seen.level == "community" and not seen.round_the_clock and seen.rounds == 1:
        reason, words, where = dice.choice(sayings.others["decline"])
        return Turn(move="decline", party="desk", share=share, reason=reason, words=words, where_to=where)
    if at < 0.08 and seen.level in ("community", "street") and not seen.round_the_clock:
        return Turn(move="escalate", party="desk", share=share, words=dice.choice(sayings.others["escalate"]))
    return Turn(move="accept", party="desk", share=share)


def _accepted(seen: Seen, kind: str, sayings: Sayings, dice: Random) -> Turn:
    at, share = dice.random(), _share(dice)
    if seen.returns:
        to = "department" if at < 0.4 else "desk"
        return Turn(move="assign", party="desk", share=share, to=to)
    if at < 0.07:
        return Turn(
            move="whistle",
            party="desk",
            share=share,
            to="department",
            words=dice.choice(sayings.others["whistle"]),
        )
    return Turn(move="assign", party="desk", share=share)


def _assigned(seen: Seen, kind: str, sayings: Sayings, dice: Random) -> Turn:
    share = _share(dice)
    if seen.whistled:
        return Turn(move="arrive", party="holder", share=share)
    if seen.returns == 0 and dice.random() < 0.06:
        return Turn(
            move="return", party="holder", share=share, reason=dice.choice(["not_ours", "wrong_place", "need_help"]),
            words=dice.choice(sayings.others["return"]), to="desk",
        )  # fmt: skip
    return Turn(move="take", party="holder", share=share)


def _working(seen: Seen, kind: str, sayings: Sayings, dice: Random) -> Turn:
    share = _share(dice)
    if not seen.round_the_clock and dice.random() < 0.05:
        return Turn(
            move="hold", party="holder", share=share * 0.4, reason=dice.choice(["parts", "weather", "reporter"]),
            words=dice.choice(sayings.others["hold"]), hold_days=dice.randint(1, 3),
        )  # fmt: skip
    if dice.random() < 0.05:
        return Turn(move="note", party="holder", share=share * 0.3, words=dice.choice(sayings.others["note"]))
    return Turn(
        move="resolve", party="holder", share=share, words=filled(dice.choice(sayings.done[kind]), dice)
    )


def _resolved(seen: Seen, kind: str, sayings: Sayings, dice: Random) -> Turn:
    share = _share(dice)
    if dice.random() < 0.06:
        return Turn(move="reject", party="verifier", share=share, words=dice.choice(sayings.others["reject"]))
    reason = dice.choices(["solved", "explained", "gone", "unsolvable"], [84, 10, 3, 3])[0]
    return Turn(
        move="verify",
        party="verifier",
        share=share,
        closing_reason=reason,
        words=dice.choice(sayings.others["verify"]),
    )


def _closed(seen: Seen, kind: str, sayings: Sayings, dice: Random) -> Turn | None:
    if not seen.by_resident or seen.rated:
        return None
    at = dice.random()
    if at < 0.08 and seen.rounds == 1:
        return Turn(
            move="refuse",
            party="reporter",
            share=dice.uniform(0.5, 1.5),
            words=dice.choice(sayings.others["refuse"]),
        )
    if at < 0.65:
        stars = dice.choices([5, 4, 3, 2, 1], [30, 8, 4, 2, 3] if seen.late else [70, 20, 5, 3, 2])[0]
        return Turn(move="rate", party="reporter", share=dice.uniform(0.05, 0.8), rating=stars)
    return None
