"""What each move does to a case: one function a move, in the order of the table of moves."""

from collections.abc import Callable

from quanlin.cases import facts
from quanlin.cases.actions.photos import photo_since
from quanlin.cases.actions.turn import Turn
from quanlin.cases.queries.kinds import the_kind
from quanlin.cases.queries.routing import route
from quanlin.cases.rules import clocks, moves, words
from quanlin.kit.errors import Refused
from quanlin.staff import queries as staff_queries


def _choice(value: str, table: dict[str, str], field_name: str, what: str) -> str:
    if value not in table:
        raise Refused(
            "not_a_choice",
            f"请选{what}：{'、'.join(table.values())}。",
            field=field_name,
            extra={"choices": table},
        )
    return value


def _accept(t: Turn) -> None:
    t.fact = facts.Accepted
    t.hand_to(t.case.desk_unit, "accepted", "assign")


def _decline(t: Turn) -> None:
    own = {r: r for r in t.kind.decline_reasons}
    reason = _choice(t.given.reason, {**moves.DECLINE_REASONS, **own}, "reason", "不予受理的理由")
    words.clean(t.given.where_to, field="where_to", longest=200, what="可以去哪里办")
    t.fact, t.extra = facts.Declined, {"reason": reason}
    t.case.state = "declined"
    t.case.closed_at = t.now


def _change_kind(t: Turn) -> None:
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


def _assign(t: Turn) -> None:
    unit = _unit_given(t) or route(t.kind, t.case.place, desk=t.case.desk_unit)
    t.fact, t.extra = facts.Assigned, {"unit": unit}
    t.case.whistled = False
    t.hand_to(unit, "assigned", "take")


def _unit_given(t: Turn) -> int | None:
    if t.given.unit is None:
        return None
    card = staff_queries.unit(t.given.unit)
    if not card.low <= t.case.place <= card.high:
        raise Refused("unit_elsewhere", f"{card.name}不服务这个地点。请选服务这里的单位。", field="unit")
    return card.id


def _take(t: Turn) -> None:
    t.fact = facts.Taken
    t.hand_to(t.case.holder_unit, "working", "work")


def _arrive(t: Turn) -> None:
    t.fact = facts.Arrived
    t.hand_to(t.case.holder_unit, "working", "work")


def _return(t: Turn) -> None:
    reason = _choice(t.given.reason, moves.RETURN_REASONS, "reason", "退回的理由")
    proposed = staff_queries.unit(t.given.unit).id if t.given.unit is not None else 0
    t.fact, t.extra = facts.Returned, {"reason": reason, "proposed": proposed}
    t.case.returns += 1
    t.case.whistled = False
    if t.case.returns >= moves.RETURNS_BEFORE_UP and moves.level_above(t.case.level):
        _go_up(t)
    else:
        t.hand_to(t.case.desk_unit, "accepted", "assign")


def _go_up(t: Turn) -> None:
    """The desk above takes over, from the start of its own clock."""
    desk = staff_queries.unit_for("desk", t.case.place, above=t.case.level)
    if desk is not None:
        t.case.desk_unit, t.case.level = desk.id, desk.level
    t.case.whistled = False
    t.hand_to(t.case.desk_unit, "reported", "accept")


def _escalate(t: Turn) -> None:
    if staff_queries.unit_for("desk", t.case.place, above=t.case.level) is None:
        raise Refused("no_desk_above", "上一级还没有开通受理台。请联系上级管理员。")
    t.fact, t.extra = facts.Escalated, {"old_level": t.case.level}
    _go_up(t)


def _whistle(t: Turn) -> None:
    unit = _unit_given(t)
    if unit is None:
        raise Refused("empty", "吹哨要选叫哪个单位来。", field="unit")
    t.fact, t.extra = facts.Whistled, {"unit": unit}
    t.case.whistled = True
    t.hand_to(unit, "assigned", "arrive")


def _hold(t: Turn) -> None:
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


def _resume(t: Turn) -> None:
    t.fact = facts.Resumed
    t.hand_to(t.case.holder_unit, "working", "work", allowed=max(t.case.step_allowed or 0, 1))


def _resolve(t: Turn) -> None:
    if (
        t.kind.photo_to_resolve
        and not t.case.mirrored  # worked elsewhere: its proof lies there
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


def _verify(t: Turn) -> None:
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


def _reject(t: Turn) -> None:
    t.fact = facts.Rejected
    back = t.case.resolver_unit or t.case.desk_unit
    left = (
        t.kind.limit("work")
        if t.kind.round_the_clock
        else max(t.kind.limit("work") // 2, clocks.REWORK_LEAST)
    )
    t.hand_to(back, "working", "work", allowed=left)


def _rate(t: Turn) -> None:
    if t.given.rating is None or not 1 <= t.given.rating <= 5:
        raise Refused("rating", "请给 1 到 5 星。", field="rating")
    t.case.rating, t.case.rating_stands, t.case.rated_at = t.given.rating, True, t.now
    t.fact, t.extra = facts.Rated, {"rating": t.given.rating}


def _refuse(t: Turn) -> None:
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


def _urge(t: Turn) -> None:
    t.case.urges += 1
    if t.actor.sort == "resident":
        t.case.urged_at = t.now
    t.fact, t.extra = facts.Urged, {"times": t.case.urges}


def _note(t: Turn) -> None:
    t.fact = facts.Noted


EFFECTS: dict[str, Callable[[Turn], None]] = {
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
assert set(EFFECTS) == set(moves.MOVES)  # noqa: S101  the table and the effects name the same moves
