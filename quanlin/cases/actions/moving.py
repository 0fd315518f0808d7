"""Moving a case: lock, ask the rules, change the row and its holdings, record."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from quanlin.cases.actions.effects import EFFECTS
from quanlin.cases.actions.photos import keep_photos
from quanlin.cases.actions.recording import fact_of
from quanlin.cases.actions.turn import Given, Turn
from quanlin.cases.models import Case, Remark
from quanlin.cases.queries.kinds import kind_of
from quanlin.cases.queries.one import check_may_see
from quanlin.cases.queries.rows import read_case, values_of
from quanlin.cases.queries.standing import standing_of
from quanlin.cases.rules import clocks, moves, words
from quanlin.cases.rules.numbers import parse_number
from quanlin.journal.actions import record
from quanlin.kit import clock
from quanlin.kit.actor import Actor
from quanlin.kit.errors import NotFound
from quanlin.staff import rules as staff


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The case after the move."""

    number: str
    state: str
    version: int
    holder_unit: int
    due_at: datetime | None
    entry: int


def move_case(*, number: str, move: str, version: int, actor: Actor, given: Given | None = None) -> Moved:
    """Do one move. ``version`` is what the mover saw. Must run in the actor's transaction.

    Raises NotFound, Conflict (``stale``, with what changed), NotAllowed (``not_now``, with what is possible), Refused
    with the field.
    """
    given = given or Given()
    check_may_see(actor)
    case = _lock(number)
    now = clock.now()
    standing = standing_of(case)
    rule = moves.check_move(move, actor, standing, now, seen_version=version)
    act = {"note": "case.note", "rate": "case.own", "refuse": "case.own", "urge": "case.see"}.get(
        move, "case.handle"
    )
    staff.check(actor, act, staff.Resource(place=case.place, units=tuple(case.units), owner=case.reporter))
    turn = Turn(
        before=values_of(case),
        case=case,
        kind=kind_of(case.kind, case.kind_version),
        given=given,
        actor=actor,
        now=now,
        was=case.state,
    )
    said = _said(rule, given)
    EFFECTS[move](turn)
    return _finish(turn, move, said)


def _lock(number: str) -> Case:
    parsed = parse_number(number)
    case = read_case(parsed, lock=True) if parsed else None
    if case is None:
        raise NotFound("no_case", "没有这件事，或不归您看。请核对编号。")
    return case


def _said(rule: moves.Move, given: Given) -> str:
    needed = "words" in rule.needs
    what = {"resolve": "怎么处理的", "refuse": "哪里没办好", "note": "要记的话"}.get(rule.code, "说明")
    return words.clean(given.words, field="words", longest=2000, what=what, required=needed)


_HOLDINGS = """
WITH ended AS (
  UPDATE cases_holding SET ended_at = %(now)s, used = %(used)s, ended_by = %(move)s
  WHERE case_id = %(case)s AND seq = %(seq)s RETURNING 1)
INSERT INTO cases_holding (case_id, place, seq, step, unit, round, started_at, due_at, allowed, ended_by)
SELECT %(case)s::bigint, %(place)s::bigint, %(seq)s::int + 1, %(step)s::varchar, %(unit)s::bigint, %(round)s::smallint,
  %(now)s::timestamptz, %(due)s::timestamptz, %(allowed)s::int, ''
WHERE %(step)s::varchar <> ''
"""


def _finish(t: Turn, move: str, said: str) -> Moved:
    case = t.case
    ended = case.state in moves.ENDED and t.was not in moves.ENDED
    if t.step or ended:
        _turn_holding(t, move)
    internal = t.given.internal and t.actor.sort == "staff"
    remark = 0
    if said:
        if move == "decline":
            said += f"\n可以去：{t.given.where_to.strip()}"
        remark = Remark.objects.create(
            case=case,
            place=case.place,
            words=said,
            internal=internal,
            account=t.actor.account,
            at=t.now,
        ).pk
    case.version += 1
    case.changed_at = t.now
    _write(case, t.before)
    entry = record(
        fact_of(case, t.fact, was=t.was, remark=remark, internal=internal and move == "note", **t.extra),
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


def _write(case: Case, before: dict[str, object]) -> None:
    """Write the columns that changed, in one statement."""
    changed = {name: value for name, value in values_of(case).items() if before[name] != value}
    columns = ", ".join(f'"{name}" = %s' for name in changed)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE cases_case SET {columns} WHERE id = %s", [*changed.values(), case.pk])  # noqa: S608


def _turn_holding(t: Turn, move: str) -> None:
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
