"""Moving a case: lock, ask the rules, change the row and its holdings, record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from quanlin.cases import facts
from quanlin.cases.actions.photos import Picture, keep_photos, photo_since
from quanlin.cases.models import Case, Remark
from quanlin.cases.queries.kinds import kind_of, the_kind
from quanlin.cases.queries.standing import standing_of
from quanlin.cases.rules import clocks, moves, words
from quanlin.cases.rules.catalogue import Kind
from quanlin.cases.rules.numbers import parse_number
from quanlin.journal.actions import record
from quanlin.kit import clock
from quanlin.kit.actor import Actor
from quanlin.kit.errors import NotFound, Refused
from quanlin.places import queries as places
from quanlin.staff import queries as staff_queries
from quanlin.staff import rules as staff


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The case after the move."""

    number: str
    state: str
    version: int
    holder_unit: int
    due_at: datetime | None
    entry: int


@dataclass(slots=True, kw_only=True)
class _Turn:
    """One move in the making. ``allowed`` None: the step's usual limit; ``fact`` is made when the row is final."""

    case: Case
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


def move_case(*, number: str, move: str, version: int, actor: Actor, given: Given | None = None) -> Moved:
    """Do one move. ``version`` is what the mover saw. Must run in the actor's transaction.

    Raises NotFound, Conflict (``stale``, with what changed), NotAllowed (``not_now``, with what is possible), Refused
    with the field.
    """
    given = given or Given()
    case = _lock(number)
    now = clock.now()
    standing = standing_of(case)
    rule = moves.check_move(move, actor, standing, now, seen_version=version)
    act = {"note": "case.note", "rate": "case.own", "refuse": "case.own", "urge": "case.see"}.get(
        move, "case.handle"
    )
    staff.check(actor, act, staff.Resource(place=case.place, units=tuple(case.units), owner=case.reporter))
    turn = _Turn(
        case=case,
        kind=kind_of(case.kind, case.kind_version),
        given=given,
        actor=actor,
        now=now,
        was=case.state,
    )
    said = _said(rule, given)
    _EFFECTS[move](turn)
    return _finish(turn, move, said)


def _lock(number: str) -> Case:
    parsed = parse_number(number)
    case = Case.objects.select_for_update().filter(number=parsed).first() if parsed else None
    if case is None:
        raise NotFound("no_case", "没有这件事，或不归您看。请核对编号。")
    return case


def _said(rule: moves.Move, given: Given) -> str:
    needed = "words" in rule.needs
    what = {"resolve": "怎么处理的", "refuse": "哪里没办好", "note": "要记的话"}.get(rule.code, "说明")
    return words.clean(given.words, field="words", longest=2000, what=what, required=needed)


def _choice(value: str, table: dict[str, str], field_name: str, what: str) -> str:
    if value not in table:
        raise Refused(
            "not_a_choice",
            f"请选{what}：{'、'.join(table.values())}。",
            field=field_name,
            extra={"choices": table},
        )
    return value


# ── What each move does ────────────────────────────────────────────────────────


def _accept(t: _Turn) -> None:
    t.fact = facts.Accepted
    t.hand_to(t.case.desk_unit, "accepted", "assign")


def _decline(t: _Turn) -> None:
    own = {r: r for r in t.kind.decline_reasons}
    reason = _choice(t.given.reason, {**moves.DECLINE_REASONS, **own}, "reason", "不予受理的理由")
    words.clean(t.given.where_to, field="where_to", longest=200, what="可以去哪里办")
    t.fact, t.extra = facts.Declined, {"reason": reason}
    t.case.state = "declined"
    t.case.closed_at = t.now


def _change_kind(t: _Turn) -> None:
    new = the_kind(t.given.kind)
    if new.code == t.case.kind:
        raise Refused("same_kind", f"已经是「{new.name}」了，请选别的类别。", field="kind")
    t.fact, t.extra = facts.KindChanged, {"old_kind": t.case.kind, "old_group": t.case.group}
    t.case.kind, t.case.kind_version, t.case.group, t.case.scenario = (
        new.code,
        new.version,
        new.group,
        new.scenario,
    )
    t.kind = new
    step = moves.STEP_OF[t.case.state]
    t.case.step_allowed = new.limit(step)
    t.case.due_at = clocks.due_after(t.case.step_started_at, new.limit(step), kind=new, calendar=t.calendar())
    t.case.promised_at = clocks.promise(t.case.opened_at, kind=new, calendar=t.calendar())


def _assign(t: _Turn) -> None:
    unit = _unit_given(t) or route(t.kind, t.case.place, desk=t.case.desk_unit)
    t.fact, t.extra = facts.Assigned, {"unit": unit}
    t.case.whistled = False
    t.hand_to(unit, "assigned", "take")


def _unit_given(t: _Turn) -> int | None:
    if t.given.unit is None:
        return None
    card = staff_queries.unit(t.given.unit)
    if not card.low <= t.case.place <= card.high:
        raise Refused("unit_elsewhere", f"{card.name}不服务这个地点。请选服务这里的单位。", field="unit")
    return card.id


def route(kind: Kind, place: int, *, desk: int) -> int:
    """The unit that handles the kind at the place: the first handler that exists there, else the desk itself."""
    for handler in kind.handlers:
        if handler.sort == "desk":
            return desk
        card = staff_queries.unit_for(handler.sort, place, speciality=handler.speciality)
        if card is not None:
            return card.id
    return desk


def _take(t: _Turn) -> None:
    t.fact = facts.Taken
    t.hand_to(t.case.holder_unit, "working", "work")


def _arrive(t: _Turn) -> None:
    t.fact = facts.Arrived
    t.hand_to(t.case.holder_unit, "working", "work")


def _return(t: _Turn) -> None:
    reason = _choice(t.given.reason, moves.RETURN_REASONS, "reason", "退回的理由")
    proposed = staff_queries.unit(t.given.unit).id if t.given.unit is not None else 0
    t.fact, t.extra = facts.Returned, {"reason": reason, "proposed": proposed}
    t.case.returns += 1
    t.case.whistled = False
    if t.case.returns >= moves.RETURNS_BEFORE_UP and moves.level_above(t.case.level):
        _go_up(t)
    else:
        t.hand_to(t.case.desk_unit, "accepted", "assign")


def _go_up(t: _Turn) -> None:
    """The desk above takes over, from the start of its own clock."""
    desk = staff_queries.unit_for("desk", t.case.place, above=t.case.level)
    if desk is not None:
        t.case.desk_unit, t.case.level = desk.id, desk.level
    t.case.whistled = False
    t.hand_to(t.case.desk_unit, "reported", "accept")


def _escalate(t: _Turn) -> None:
    if staff_queries.unit_for("desk", t.case.place, above=t.case.level) is None:
        raise Refused("no_desk_above", "上一级还没有开通受理台。请联系上级管理员。")
    t.fact, t.extra = facts.Escalated, {"old_level": t.case.level}
    _go_up(t)


def _whistle(t: _Turn) -> None:
    unit = _unit_given(t)
    if unit is None:
        raise Refused("empty", "吹哨要选叫哪个单位来。", field="unit")
    t.fact, t.extra = facts.Whistled, {"unit": unit}
    t.case.whistled = True
    t.hand_to(unit, "assigned", "arrive")


def _hold(t: _Turn) -> None:
    reason = _choice(t.given.reason, moves.HOLD_REASONS, "reason", "挂起的理由")
    until = t.given.until
    if until is None or until <= t.now:
        raise Refused("until", "请选恢复的日期，要晚于现在。", field="until")
    if until - t.now > moves.HOLD_LONGEST:
        raise Refused("until", f"一次最长挂起 {moves.HOLD_LONGEST.days} 天。", field="until")
    left = max(round(t.minutes_left()), 0)
    t.fact, t.extra = facts.Held, {"reason": reason, "until": until.isoformat()}
    t.hand_to(t.case.holder_unit, "on_hold", "hold", allowed=left)
    t.due = until


def _resume(t: _Turn) -> None:
    t.fact = facts.Resumed
    t.hand_to(t.case.holder_unit, "working", "work", allowed=max(t.case.step_allowed or 0, 1))


def _resolve(t: _Turn) -> None:
    if (
        t.kind.photo_to_resolve
        and not t.given.photos
        and not photo_since(t.case, t.case.step_started_at, t.actor)
    ):
        raise Refused("photo_needed", f"「{t.kind.name}」办完要有现场照片。请拍一张再交。", field="photos")
    if t.case.due_at is not None and t.now > t.case.due_at:
        t.case.work_late = True
    t.case.resolver, t.case.resolver_unit = t.actor.account, t.case.holder_unit
    grid = staff_queries.unit_for("grid", t.case.place)
    verifier = grid.id if grid is not None and grid.id != t.case.holder_unit else t.case.desk_unit
    t.fact, t.extra = facts.Resolved, {"photos": len(t.given.photos)}
    t.hand_to(verifier, "resolved", "verify")


def _verify(t: _Turn) -> None:
    reason = _choice(t.given.closing_reason, moves.CLOSING_REASONS, "closing_reason", "办结原因")
    resolver = staff_queries.units().get(t.case.resolver_unit or 0)
    t.case.closed_level = "grid" if resolver is not None and resolver.sort == "grid" else t.case.level
    t.case.state, t.case.closed_at, t.case.closing_reason = "closed", t.now, reason
    minutes = clocks.minutes_between(t.case.opened_at, t.now, kind=t.kind, calendar=t.calendar())
    t.fact = facts.Closed
    t.extra = {
        "reason": reason,
        "on_time": not t.case.work_late,
        "closed_level": t.case.closed_level,
        "minutes": round(minutes),
    }


def _reject(t: _Turn) -> None:
    t.fact = facts.Rejected
    back = t.case.resolver_unit or t.case.desk_unit
    left = (
        t.kind.limit("work")
        if t.kind.round_the_clock
        else max(t.kind.limit("work") // 2, clocks.REWORK_LEAST)
    )
    t.hand_to(back, "working", "work", allowed=left)


def _rate(t: _Turn) -> None:
    if t.given.rating is None or not 1 <= t.given.rating <= 5:
        raise Refused("rating", "请给 1 到 5 星。", field="rating")
    t.case.rating, t.case.rating_stands, t.case.rated_at = t.given.rating, True, t.now
    t.fact, t.extra = facts.Rated, {"rating": t.given.rating}


def _refuse(t: _Turn) -> None:
    t.fact = facts.Refused
    t.extra = {
        "old_level": t.case.level,
        "old_closed_level": t.case.closed_level,
        "old_rating": (t.case.rating or 0) if t.case.rating_stands else 0,
        "was_on_time": not t.case.work_late,
    }
    t.case.refused_at, t.case.rating_stands, t.case.closed_at = t.now, False, None
    t.case.rounds += 1
    t.case.closing_reason = t.case.closed_level = ""
    t.case.work_late = False
    _go_up(t)


def _urge(t: _Turn) -> None:
    t.case.urges += 1
    if t.actor.sort == "resident":
        t.case.urged_at = t.now
    t.fact, t.extra = facts.Urged, {"times": t.case.urges}


def _note(t: _Turn) -> None:
    t.fact = facts.Noted


_EFFECTS: dict[str, Callable[[_Turn], None]] = {
    "accept": _accept,
    "decline": _decline,
    "change_kind": _change_kind,
    "assign": _assign,
    "take": _take,
    "arrive": _arrive,
    "return": _return,
    "escalate": _escalate,
    "whistle": _whistle,
    "hold": _hold,
    "resume": _resume,
    "resolve": _resolve,
    "verify": _verify,
    "reject": _reject,
    "rate": _rate,
    "refuse": _refuse,
    "urge": _urge,
    "note": _note,
}
assert set(_EFFECTS) == set(moves.MOVES)  # noqa: S101  the table and the effects name the same moves


# ── Writing it down ────────────────────────────────────────────────────────────

_HOLDINGS = """
WITH ended AS (
  UPDATE cases_holding SET ended_at = %(now)s, used = %(used)s, ended_by = %(move)s
  WHERE case_id = %(case)s AND seq = %(seq)s RETURNING 1)
INSERT INTO cases_holding (case_id, place, seq, step, unit, round, started_at, due_at, allowed, ended_by)
SELECT %(case)s, %(place)s, %(seq)s + 1, %(step)s, %(unit)s, %(round)s, %(now)s, %(due)s, %(allowed)s, ''
WHERE %(step)s <> ''
"""


def _finish(t: _Turn, move: str, said: str) -> Moved:
    case = t.case
    ended = case.state in moves.ENDED and t.was not in moves.ENDED
    if t.step or ended:
        _turn_holding(t, move)
    remark = 0
    if said:
        if move == "decline":
            said += f"\n可以去：{t.given.where_to.strip()}"
        remark = Remark.objects.create(
            case=case,
            place=case.place,
            words=said,
            internal=t.given.internal and t.actor.sort == "staff",
            account=t.actor.account,
            at=t.now,
        ).pk
    case.version += 1
    case.changed_at = t.now
    case.save(force_update=True)
    heard = {case.holder_unit, case.desk_unit, *([case.resolver_unit] if case.resolver_unit else [])}
    entry = record(
        t.fact(
            subject_id=str(case.pk),
            place=case.place,
            units=tuple(sorted(heard)),
            persons=(case.reporter,) if case.reporter else (),
            drill=case.drill,
            number=case.number,
            kind=case.kind,
            group=case.group,
            state=case.state,
            was=t.was,
            level=case.level,
            holder=case.holder_unit,
            remark=remark,
            urgent=case.urgent,
            **t.extra,
        ),
        actor=t.actor,
    )
    keep_photos(t.given.photos, case=case, entry=entry, stage=move, actor=t.actor)
    return Moved(
        number=case.number,
        state=case.state,
        version=case.version,
        holder_unit=case.holder_unit,
        due_at=case.due_at,
        entry=entry,
    )


def _turn_holding(t: _Turn, move: str) -> None:
    """End the running holding and, unless the case has ended, begin the next one."""
    case = t.case
    paused = t.was == "on_hold"
    used = (
        0.0
        if paused
        else clocks.minutes_between(case.step_started_at, t.now, kind=t.kind, calendar=t.calendar())
    )
    seq = case.step_seq
    if t.step:
        allowed = t.allowed if t.allowed is not None else t.kind.limit(t.step)
        case.step_seq, case.step_started_at, case.step_allowed = seq + 1, t.now, allowed
        case.due_at = t.due or clocks.due_after(t.now, allowed, kind=t.kind, calendar=t.calendar())
    else:
        case.due_at = case.step_allowed = None
    with connection.cursor() as cursor:
        cursor.execute(
            _HOLDINGS,
            {
                "now": t.now,
                "used": used,
                "move": move,
                "case": case.pk,
                "seq": seq,
                "place": case.place,
                "step": t.step,
                "unit": case.holder_unit,
                "round": case.rounds,
                "due": case.due_at,
                "allowed": case.step_allowed,
            },
        )
