"""One table of moves: from which state, to which, by whom, with what.

After 数字化城市管理 (GB/T 30428: 立案 派遣 处置 核查 结案) and the seeds' 吹哨报到. A forbidden move answers with the
present state, who holds the case and what is possible now.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from quanlin.kit.actor import Actor
from quanlin.kit.errors import Conflict, NotAllowed, Refused
from quanlin.kit.placenumber import LEVEL_NAMES, LEVELS

STATES: dict[str, str] = {
    "reported": "待受理",
    "accepted": "待派单",
    "assigned": "已派单",
    "working": "处置中",
    "on_hold": "挂起",
    "resolved": "待核实",
    "closed": "已办结",
    "declined": "不予受理",
    "merged": "已合并",
}
OPEN = frozenset({"reported", "accepted", "assigned", "working", "on_hold", "resolved"})
ENDED = frozenset(STATES) - OPEN

STEP_OF = {
    "reported": "accept",
    "accepted": "assign",
    "assigned": "take",
    "working": "work",
    "resolved": "verify",
    "on_hold": "hold",
}
"""Which step's clock runs in a state."""

CLOSING_REASONS: dict[str, str] = {
    "solved": "已解决",
    "explained": "已说明",
    "unsolvable": "解决不了",
    "duplicate": "重复",
    "gone": "现场已无",
}
DECLINE_REASONS: dict[str, str] = {
    "not_ours": "不在职责范围",
    "in_court": "已进入诉讼、仲裁或信访程序",
    "unclear": "说不清在哪、什么事，联系不上",
    "private": "属于个人之间的民事纠纷，可以走调解",
    "unlawful": "要求没有依据",
}
RETURN_REASONS: dict[str, str] = {
    "not_ours": "不归我管",
    "wrong_place": "地点不对",
    "need_help": "需要别的单位配合",
    "unclear": "情况说不清",
}
HOLD_REASONS: dict[str, str] = {
    "weather": "等天气",
    "parts": "等配件材料",
    "permit": "等审批许可",
    "vote": "等业主表决",
    "reporter": "等报事人时间",
}

REFUSE_WITHIN = timedelta(days=7)
URGE_PAUSE = timedelta(days=1)
RETURNS_BEFORE_UP = 3
HOLD_LONGEST = timedelta(days=90)

Party = Literal["desk", "holder", "verifier", "reporter", "leader", "above", "seer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """code, Chinese verb, states from, state to ('' = stays), parties who may, what must come with it.

    needs: names among words, reason, unit, until, closing_reason, kind, rating, where_to.
    """

    code: str
    verb: str
    sources: frozenset[str]
    target: str
    parties: frozenset[Party]
    needs: tuple[str, ...] = ()
    hurts: bool = False  # asks in a dialog first


def _move(
    code: str,
    verb: str,
    sources: str | frozenset[str],
    target: str,
    parties: str,
    needs: str = "",
    *,
    hurts: bool = False,
) -> Move:
    return Move(
        code=code,
        verb=verb,
        sources=sources if isinstance(sources, frozenset) else frozenset(sources.split()),
        target=target,
        parties=frozenset(parties.split()),
        needs=tuple(needs.split()),
        hurts=hurts,  # type: ignore[arg-type]
    )


MOVES: dict[str, Move] = {
    m.code: m
    for m in (
        _move("accept", "受理", "reported", "accepted", "desk"),
        _move("decline", "不予受理", "reported", "declined", "desk", "reason words where_to", hurts=True),
        _move("change_kind", "改类", OPEN - {"on_hold"}, "", "desk", "kind"),
        _move("assign", "派单", "accepted assigned working", "assigned", "desk", "unit"),
        _move("take", "接单", "assigned", "working", "holder"),
        _move("return", "退回", "assigned working", "accepted", "holder", "reason words", hurts=True),
        _move("escalate", "上报上级", "reported accepted working", "reported", "desk", "words", hurts=True),
        _move("whistle", "吹哨", "accepted working", "assigned", "desk", "unit words", hurts=True),
        _move("arrive", "报到", "assigned", "working", "holder"),
        _move("hold", "挂起", "working", "on_hold", "holder", "reason until words", hurts=True),
        _move("resume", "恢复", "on_hold", "working", "holder desk"),
        _move("resolve", "处置完成", "working", "resolved", "holder", "words"),
        _move("verify", "核实通过", "resolved", "closed", "verifier", "closing_reason"),
        _move("reject", "核实不通过", "resolved", "working", "verifier", "words", hurts=True),
        _move("rate", "评价", "closed", "", "reporter", "rating"),
        _move("refuse", "不认可", "closed", "reported", "reporter", "words", hurts=True),
        _move("urge", "催办", OPEN, "", "reporter leader above"),
        _move("note", "记一笔", frozenset(STATES), "", "seer reporter", "words"),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the rules need to know of a case."""

    state: str
    level: str
    place: int
    version: int
    desk_unit: int
    holder_unit: int
    holder_name: str = ""
    reporter: UUID | None = None
    resolver: int | None = None  # account that said done
    whistled: bool = False
    returns: int = 0
    refused: bool = False
    rated: bool = False
    closed_at: datetime | None = None
    urged_at: datetime | None = None
    units: tuple[int, ...] = ()


def parties_of(actor: Actor, case: Standing) -> frozenset[str]:
    """In which parts the actor stands to the case."""
    found = set()
    if actor.sort == "system":
        return frozenset({"desk", "holder", "verifier", "leader", "above", "seer"})
    if actor.person is not None and actor.person == case.reporter and actor.sort == "resident":
        found.add("reporter")
    if actor.sort == "staff":
        mine = actor.unit is not None
        if actor.covers(case.place) or (mine and actor.unit in case.units):
            found.add("seer")
        if mine and actor.unit == case.desk_unit and actor.role == "operator":
            found.add("desk")
        if mine and actor.unit == case.holder_unit:
            if case.state in ("assigned", "working", "on_hold"):
                found.add("holder")
            if case.state == "resolved" and actor.account != case.resolver:
                found.add("verifier")
        if actor.role == "leader" and actor.covers(case.place):
            found.add("leader")
        if actor.role == "operator" and actor.covers(case.place) and _higher(actor.level, case.level):
            found.add("above")
    return frozenset(found)


def _higher(one: str, other: str) -> bool:
    return one in LEVELS and other in LEVELS and LEVELS.index(one) < LEVELS.index(other)


def level_above(level: str) -> str | None:
    """The level that a case goes to when it is handed up: grid → community → street → district → city → None."""
    order = ("grid", "community", "street", "district", "city")
    at = order.index(level) + 1 if level in order else 0
    return order[at] if at < len(order) else None


def why_not(move: Move, case: Standing, parties: frozenset[str], now: datetime) -> str:
    """'' when the move is possible, else a Chinese sentence that says why not."""
    if case.state not in move.sources:
        return f"现在是「{STATES[case.state]}」，不能{move.verb}。"
    if not parties & move.parties:
        if "verifier" in move.parties and case.state == "resolved":
            return "谁处置的不能由谁核实，要由网格员或受理台另一位同事核实。"
        return f"这件现在由{case.holder_name or '别的单位'}办理，轮不到您{move.verb}。"
    if move.code == "take" and case.whistled:
        return "这是吹哨派来的，请按「报到」。"
    if move.code == "arrive" and not case.whistled:
        return "这不是吹哨派来的，请按「接单」。"
    if move.code == "escalate" and level_above(case.level) is None:
        return "已经到市一级，没有再上一级。"
    if move.code in ("rate", "refuse"):
        if case.closed_at is not None and now - case.closed_at > REFUSE_WITHIN:
            return "办结超过 7 天了。还没好的话，请再报一次，可以写上这个编号。"
        if move.code == "rate" and case.rated:
            return "您已经评价过了。"
        if move.code == "refuse" and case.refused:
            return "您已经退过一次。还没好的话，请找社区或打电话，由社区重开。"
    if move.code == "urge" and case.urged_at is not None and now - case.urged_at < URGE_PAUSE:
        return "一天催一次就行，今天已经替您催过。"
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One move as a page shows it."""

    code: str
    verb: str
    needs: tuple[str, ...]
    hurts: bool


LIKELY = ("accept", "assign", "take", "arrive", "resolve", "verify", "resume", "rate", "urge", "note")
"""What a person most probably wants next, most likely first."""


def possible_moves(actor: Actor, case: Standing, now: datetime) -> tuple[Choice, ...]:
    """What the actor may do now, the likeliest first."""
    parties = parties_of(actor, case)
    found = [
        Choice(code=m.code, verb=m.verb, needs=m.needs, hurts=m.hurts)
        for m in MOVES.values()
        if not why_not(m, case, parties, now)
    ]
    return tuple(sorted(found, key=lambda c: LIKELY.index(c.code) if c.code in LIKELY else len(LIKELY)))


def check_move(code: str, actor: Actor, case: Standing, now: datetime, *, seen_version: int) -> Move:
    """The move, or Refused (no such move), Conflict (somebody was first), NotAllowed (not now, not you)."""
    move = MOVES.get(code)
    if move is None:
        raise Refused("no_move", f"没有「{code}」这个操作。可以用：{'、'.join(MOVES)}。", field="move")
    can = possible_moves(actor, case, now)
    extra = {
        "state": case.state,
        "state_name": STATES[case.state],
        "holder": case.holder_name,
        "version": case.version,
        "possible": [c.code for c in can],
    }
    if seen_version != case.version and move.target:
        raise Conflict(
            "stale",
            f"别人刚办过这件：现在是「{STATES[case.state]}」，由{case.holder_name or '受理台'}办理。看看最新情况再办。",
            extra=extra,
        )
    reason = why_not(move, case, parties_of(actor, case), now)
    if reason:
        then = "、".join(c.verb for c in can)
        raise NotAllowed("not_now", reason + (f"现在可以：{then}。" if then else ""), extra=extra)
    return move


def level_name(level: str) -> str:
    """市, 区县, 街道, 社区, 网格."""
    return LEVEL_NAMES.get(level, "")
