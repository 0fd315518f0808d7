"""How a fact of a case is told: one wording for staff, one for the reporter."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quanlin.cases.rules import moves
from quanlin.cases.rules.catalogue import STEPS


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """verb: the bold phrase; sentence: what follows ('' for none); node: step, late, back, pause, note."""

    verb: str
    sentence: str = ""
    node: str = "step"


# fact: (verb for staff, verb for the reporter, node). {unit}, {kind}, {level} … are filled from the fact's data.
_TABLE: dict[str, tuple[str, str, str]] = {
    "cases.reported": ("上报事项", "您报了这件事", "step"),
    "cases.accepted": ("受理", "已受理", "step"),
    "cases.declined": ("不予受理：{reason}", "没有受理：{reason}", "back"),
    "cases.kind_changed": ("改类为{kind}", "改到「{kind}」一类", "note"),
    "cases.assigned": ("派给{unit}", "派给{unit}", "step"),
    "cases.taken": ("接单，开始处置", "{holder}已接单", "step"),
    "cases.returned": ("退回：{reason}", "{holder_was}退回：{reason}", "back"),
    "cases.escalated": ("上报到{level}", "报请{level}协调", "step"),
    "cases.whistled": ("吹哨，叫{unit}报到", "请{unit}到场", "step"),
    "cases.arrived": ("报到", "{holder}已到场", "step"),
    "cases.held": ("挂起到 {until}：{reason}", "先等到 {until}：{reason}", "pause"),
    "cases.resumed": ("恢复计时", "接着办", "step"),
    "cases.resolved": ("处置完成，待核实", "说已办好，等核实", "step"),
    "cases.closed": ("核实通过，办结：{reason}", "已办结：{reason}", "step"),
    "cases.rejected": ("核实不通过，重新处置", "核实没通过，重新处置", "back"),
    "cases.rated": ("评价 {rating} 星", "您评了 {rating} 星", "note"),
    "cases.refused": ("报事人不认可，{level}重开", "您说没办好，已由{level}重开", "back"),
    "cases.urged": ("催办，第 {times} 次", "催办，第 {times} 次", "note"),
    "cases.noted": ("记一笔", "补充情况", "note"),
    "cases.photos_added": ("补充照片 {photos} 张", "补充照片 {photos} 张", "note"),
    "cases.became_overdue": ("{step}超时", "比时限晚了，已提醒经办单位", "late"),
}

_REASONS: dict[str, dict[str, str]] = {
    "cases.declined": moves.DECLINE_REASONS,
    "cases.returned": moves.RETURN_REASONS,
    "cases.held": moves.HOLD_REASONS,
    "cases.closed": moves.CLOSING_REASONS,
}


def told_facts() -> frozenset[str]:
    """Names of the facts that a timeline can tell."""
    return frozenset(_TABLE)


def tell(
    fact: str, data: Mapping[str, Any], *, kind_name: str, units: Mapping[int, str], outside: bool
) -> Told:
    """The wording of one fact. outside: for the reporter. An unknown fact is told by its name, never hidden."""
    if fact not in _TABLE:
        return Told(verb=fact, node="note")
    staff, resident, node = _TABLE[fact]
    reason = str(data.get("reason", ""))
    holder = units.get(int(data.get("holder") or 0), "经办单位")
    filled = {
        "kind": kind_name,
        "unit": units.get(int(data.get("unit") or 0), "经办单位"),
        "holder": holder,
        "holder_was": "经办单位",
        "level": moves.level_name(str(data.get("level", ""))),
        "reason": _REASONS.get(fact, {}).get(reason, reason),
        "until": str(data.get("until", ""))[:10],
        "rating": data.get("rating", ""),
        "times": data.get("times", ""),
        "photos": data.get("photos", ""),
        "step": STEPS.get(str(data.get("overdue_step", "")), ""),
    }
    sentence = ""
    if fact == "cases.returned" and data.get("proposed"):
        sentence = f"建议转{units.get(int(data['proposed']), '')}。"
    if fact == "cases.closed" and not data.get("on_time", True):
        sentence = "处置比时限晚。"
    return Told(verb=(resident if outside else staff).format(**filled), sentence=sentence, node=node)
