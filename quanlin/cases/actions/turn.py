"""A move in the making: what came with it, and the case that it changes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from quanlin.cases import facts
from quanlin.cases.actions.photos import Picture
from quanlin.cases.models import Case
from quanlin.cases.rules import clocks
from quanlin.cases.rules.catalogue import Kind
from quanlin.kit.actor import Actor
from quanlin.places import queries as places


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What comes with a move; each move asks for its own part (rules.moves.MOVES)."""

    words: str = ""
    reason: str = ""
    unit: int | None = None
    until: datetime | None = None
    closing_reason: str = ""
    kind: str = ""
    rating: int | None = None
    where_to: str = ""
    internal: bool = False
    photos: Sequence[Picture] = ()


@dataclass(slots=True, kw_only=True)
class Turn:
    """One move in the making. ``allowed`` None: the step's usual limit; ``fact`` is made when the row is final."""

    case: Case
    before: dict[str, object]  # its columns when it was locked
    kind: Kind
    given: Given
    actor: Actor
    now: datetime
    was: str
    fact: type[facts.CaseFact] = facts.Noted
    extra: dict[str, Any] = field(default_factory=dict)
    step: str = ""  # the new step; '' when the clock goes on
    allowed: int | None = None
    due: datetime | None = None

    def calendar(self) -> Any:
        return places.calendar_for(self.case.community)

    def hand_to(self, unit: int, state: str, step: str, *, allowed: int | None = None) -> None:
        self.case.holder_unit = unit
        self.case.state = state
        self.step = step
        self.allowed = allowed
        if unit not in self.case.units:
            self.case.units = [*self.case.units, unit]

    def minutes_left(self) -> float:
        if self.case.due_at is None:
            return 0
        return clocks.minutes_between(self.now, self.case.due_at, kind=self.kind, calendar=self.calendar())
