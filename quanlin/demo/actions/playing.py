"""Playing the life of a city through the same actions as everybody, on a clock of its own."""

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from random import Random
from typing import Any

import yaml

from quanlin.cases import actions as cases
from quanlin.cases import queries as case_queries
from quanlin.cases.actions import Given, Reporter
from quanlin.cases.rules.catalogue import Kind
from quanlin.cases.rules.clocks import due_after
from quanlin.cases.rules.moves import OPEN
from quanlin.cases.rules.numbers import CHINA
from quanlin.demo.actions.cast import Cast, Stage, gather
from quanlin.demo.actions.pictures import pictures
from quanlin.demo.actions.world import refuse_in_production
from quanlin.demo.queries import DATA
from quanlin.demo.rules.going_on import Sayings, Seen, Turn, filled, next_turn
from quanlin.kit import clock
from quanlin.kit.actor import SYSTEM, Actor
from quanlin.kit.errors import Conflict, QuanlinError
from quanlin.places import queries as places
from quanlin.staff import queries as staff_queries
from quanlin.staff.actions import act_as

EVENTS_OF_A_TRANSACTION = 50
SWEEP_EVERY = timedelta(hours=2)
FRESH = timedelta(minutes=90)
HOURS = (0, 0, 0, 0, 0, 1, 3, 8, 12, 12, 10, 8, 6, 7, 9, 9, 9, 10, 11, 9, 7, 5, 2, 1)
LIKELY = {
    "rubbish": 5, "street_light": 5, "illegal_parking": 4, "heating": 4, "water": 4, "complaint": 3, "living_noise": 3,
    "property_service": 3, "government_question": 3, "stairwell_clutter": 2, "ebike_indoors": 2, "lift_fault": 2,
}  # fmt: skip
Progress = Callable[[int, int], None]


@dataclass(slots=True, kw_only=True)
class Played:
    """What a play has done. known: cases that an earlier play of the same seed has opened; refused: moves refused."""

    opened: int = 0
    moves: int = 0
    known: int = 0
    refused: int = 0


@dataclass(slots=True, kw_only=True)
class _Life:
    """One case in the play."""

    key: str
    dice: Random
    kind: Kind
    text: str
    stage: Stage
    place: int
    channel: str
    actor: Actor
    reporter: Reporter
    number: str = ""
    turn: Turn | None = None
    case: Any = None  # as it stood when the next turn was decided; only that turn changes it
    urged: bool = False


@cache
def sayings() -> Sayings:
    """What invented people say."""
    return Sayings.parse(yaml.safe_load((DATA / "sayings.yaml").read_text(encoding="utf-8")))


def simulate(*, count: int = 300, days: int = 14, seed: int = 7, progress: Progress | None = None) -> Played:
    """Play ``count`` cases over the last ``days`` days until now. The same seed plays nothing twice.

    Raises NotAllowed in production, NotFound when the demonstration is not loaded.
    """
    refuse_in_production()
    until = clock.now()
    with act_as(SYSTEM):
        cast = gather()
        play = _Play(cast, until, sayings())
        for n in range(count):
            dice = Random(f"{seed}-{n}")  # noqa: S311  a play, no secret
            play.add(play.invent(dice, key=f"sim-{seed}-{n}"), _moment(dice, n, count, days, until))
        play.add_sweeps(until - timedelta(days=days))
    play.run(progress)
    return play.played


def _moment(dice: Random, n: int, count: int, days: int, until: datetime) -> datetime:
    """When it is reported: mostly by day; one in thirty within the last hour and a half."""
    if n % 30 == 0:
        return until - FRESH * (n / max(count, 1)) - timedelta(minutes=2)
    midnight = until.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    hour = dice.choices(range(24), HOURS)[0]
    found = (
        midnight - timedelta(days=dice.randrange(days)) + timedelta(hours=hour, seconds=dice.randrange(3600))
    )
    return found if found < until - FRESH else found - timedelta(days=1)


@dataclass(slots=True)
class _Play:
    cast: Cast
    until: datetime
    sayings: Sayings
    played: Played = field(default_factory=Played)
    _heap: list[tuple[datetime, int, _Life | None]] = field(default_factory=list)
    _order: count = field(default_factory=count)

    def invent(self, dice: Random, *, key: str) -> _Life:
        """A case that somebody will report."""
        kinds = case_queries.current_kinds()
        codes = [code for code in self.sayings.said if code in kinds]
        code = dice.choices(codes, [LIKELY.get(c, 1) for c in codes])[0]
        stage = dice.choices(self.cast.stages, [s.weight for s in self.cast.stages])[0]
        place = dice.choice(stage.spots)
        building = places.place(place, viewer=SYSTEM).name if len(stage.spots) > 1 else ""
        text = filled(dice.choice(self.sayings.said[code]), dice, building=building)
        who = dice.random()
        actor, reporter = self.cast.resident(stage.community, dice.randrange(2))
        channel = dice.choices(["page", "qr"], [4, 1])[0]
        if who > 0.82:
            actor = self.cast.member(_desk(place))
            reporter, channel = Reporter(sort="resident"), "phone"
        elif who > 0.62:
            grid = staff_queries.unit_for("grid", place)
            if grid is not None:
                actor = self.cast.member(grid.id)
                reporter, channel = Reporter(sort="grid_worker"), "desk"
        return _Life(
            key=key, dice=dice, kind=kinds[code], text=text, stage=stage, place=place, channel=channel, actor=actor,
            reporter=reporter,
        )  # fmt: skip

    def add(self, life: _Life | None, at: datetime) -> None:
        """Something will happen at the moment; what lies behind ``until`` does not happen any more."""
        if at <= self.until:
            heapq.heappush(self._heap, (at, next(self._order), life))

    def add_sweeps(self, start: datetime) -> None:
        """Look for overdue steps every two hours."""
        while start < self.until:
            self.add(None, start)
            start += SWEEP_EVERY

    def run(self, progress: Progress | None) -> None:
        """Let everything happen in order of time."""
        whole = (self.until - self._heap[0][0]).total_seconds() if self._heap else 1
        while self._heap:
            with act_as(SYSTEM):
                for _ in range(EVENTS_OF_A_TRANSACTION):
                    if not self._heap:
                        break
                    at, _order, life = heapq.heappop(self._heap)
                    with clock.at(at):
                        self.step(life)
            if progress:
                progress(round(whole - (self.until - at).total_seconds()), round(whole))
        with act_as(SYSTEM):
            cases.sweep()

    def step(self, life: _Life | None) -> None:
        """One event: open, move, or look for what is overdue; then decide what comes next."""
        if life is None:
            cases.sweep()
        elif not life.number:
            if self._open(life):
                self._plan(life)
        elif life.turn is None:
            self._plan(life)
        else:
            self._move(life)
            self._plan(life)

    def _open(self, life: _Life) -> bool:
        try:
            with act_as(life.actor):
                opened = cases.open_case(
                    kind=life.kind.code, text=life.text, place=life.place, actor=life.actor, key=life.key,
                    reporter=life.reporter, channel=life.channel, invented=True, urgent=life.dice.random() < 0.03,
                    public=life.dice.random() < 0.6,
                )  # fmt: skip
                if not opened.repeated and life.dice.random() < 0.3:
                    cases.attach_photos(
                        number=opened.number, pictures=(life.dice.choice(pictures()),), actor=life.actor
                    )
        except Conflict:
            self.played.known += 1
            return False
        except QuanlinError as fault:
            if fault.code != "key_reused":
                raise
            self.played.known += 1
            return False
        if opened.repeated:
            self.played.known += 1
            return False
        self.played.opened += 1
        life.number = opened.number
        return True

    def _plan(self, life: _Life) -> None:
        case = life.case = case_queries.the_case(life.number, viewer=SYSTEM)
        life.turn = None
        now = clock.now()
        if case.state == "on_hold":
            self.add(life, (case.due_at or now) + SWEEP_EVERY)  # the sweep lets it go on
            return
        seen = Seen(
            state=case.state, level=case.level, whistled=case.whistled, returns=case.returns, rounds=case.rounds,
            rated=case.rated_at is not None, by_resident=life.reporter.person is not None,
            round_the_clock=life.kind.round_the_clock, late=case.work_late,
        )  # fmt: skip
        turn = next_turn(seen, life.kind.code, self.sayings, life.dice)
        allowed = case.step_allowed or 2 * 24 * 60
        calendar = places.calendar_for(case.community)
        if turn is None:
            if case.state in OPEN and life.reporter.person is not None and not life.urged:
                life.urged = True
                life.turn = Turn(move="urge", party="reporter", share=1.5)
                self.add(life, due_after(now, allowed * 1.5, kind=life.kind, calendar=calendar))
            return
        life.turn = turn
        if case.state in OPEN:
            at = due_after(case.step_started_at, allowed * turn.share, kind=life.kind, calendar=calendar)
        else:
            at = now + timedelta(minutes=allowed * turn.share)
        self.add(life, max(at, now + timedelta(minutes=1)))

    def _move(self, life: _Life) -> None:
        turn, case = life.turn, life.case
        if turn is None:
            return
        actor = self._actor(turn, life, case)
        given = Given(
            words=turn.words, reason=turn.reason, where_to=turn.where_to, closing_reason=turn.closing_reason,
            rating=turn.rating, unit=self._unit(turn, life, case),
            until=clock.now() + timedelta(days=turn.hold_days) if turn.hold_days else None,
            photos=(life.dice.choice(pictures()),) if turn.move == "resolve" and life.kind.photo_to_resolve else (),
        )  # fmt: skip
        try:
            with act_as(actor):
                cases.move_case(
                    number=life.number, move=turn.move, version=case.version, actor=actor, given=given
                )
        except QuanlinError:
            self.played.refused += 1
        else:
            self.played.moves += 1

    def _actor(self, turn: Turn, life: _Life, case) -> Actor:
        if turn.party == "reporter":
            return life.actor
        if turn.party == "desk":
            return self.cast.member(case.desk_unit)
        return self.cast.member(
            case.holder_unit, other_than=case.resolver if turn.party == "verifier" else None
        )

    def _unit(self, turn: Turn, life: _Life, case) -> int | None:
        if turn.to == "desk":
            return case.desk_unit
        if turn.to == "department":
            own = [h.speciality for h in life.kind.handlers if h.sort == "department"]
            found = staff_queries.unit_for("department", case.place, speciality=own[0] if own else "城管")
            return found.id if found else case.desk_unit
        return None


def _desk(place: int) -> int:
    found = staff_queries.unit_for("desk", place)
    return found.id if found else 0


def play_live(
    *, minutes: float, pace: float = 4.0, seed: int = 7, tell: Callable[[str], None] | None = None
) -> Played:
    """Go on in real time: every ``pace`` seconds somebody reports or somebody moves a case on."""
    refuse_in_production()
    dice = Random()  # noqa: S311  a play, no secret
    with act_as(SYSTEM):
        play = _Play(gather(), clock.now(), sayings())
    lives: list[_Life] = []
    end = time.monotonic() + minutes * 60
    while time.monotonic() < end:
        with act_as(SYSTEM):
            waiting = [life for life in lives if life.turn is not None]
            if len(waiting) < 6 or dice.random() < 0.25:
                life = play.invent(dice, key=f"live-{seed}-{time.time_ns()}")
                lives.append(life)
            else:
                life = dice.choice(waiting)
            play.step(life)
            play._heap.clear()
            case = case_queries.the_case(life.number, viewer=SYSTEM)
        if tell:
            tell(f"{case.number} {life.kind.name} {case.state}")
        lives = [life for life in lives if life.turn is not None][-60:]
        time.sleep(min(pace, max(end - time.monotonic(), 0)))
    return play.played
