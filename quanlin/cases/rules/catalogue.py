"""Kinds of cases: a scenario is an entry here, not code.

An entry is a YAML file in ``quanlin/cases/catalogue``; ``parse_kind`` turns one into a ``Kind`` or says what is wrong
and where. An open case keeps the version that it was opened with.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quanlin.kit.errors import Refused

GROUPS: dict[str, str] = {
    "sanitation": "环境卫生",
    "facilities": "公共设施",
    "repairs": "物业报修",
    "noise": "噪音扰民",
    "fire": "消防安全",
    "parking": "停车管理",
    "disputes": "矛盾纠纷",
    "elderly": "养老求助",
    "wishes": "微心愿",
    "government": "政务咨询",
    "complaints": "投诉建议",
    "security": "社区治安",
    "utilities": "水电气暖",
    "order": "市容秩序",
}

SCENARIOS: dict[str, str] = {
    "childcare": "托育服务",
    "education": "教育服务",
    "medical": "医疗服务",
    "elderly_care": "养老服务",
    "disability": "助残服务",
    "employment": "就业服务",
    "culture_sport": "文体服务",
    "property": "物业服务",
    "convenience": "便民生活服务",
    "law": "法律服务",
    "psychology": "社会心理服务",
    "veterans": "优军优抚服务",
    "entrances": "出入管理",
    "perimeter": "周界防范",
    "falling_objects": "高空抛物监测",
    "policing": "社区警务",
    "special_groups": "特殊人群管理",
    "fire_hazards": "消防隐患管理",
    "fire_alarm": "火灾自动报警",
    "emergency": "应急管理",
    "epidemic": "疫情防控",
    "own": "特色场景",
}
"""场景类型 as the province's indicators list them (山东省智慧社区建设指标, 智慧社区综合信息平台 3)."""

STEPS: dict[str, str] = {
    "accept": "受理",
    "assign": "派单",
    "take": "接单",
    "arrive": "报到",
    "work": "处置",
    "verify": "核实",
    "hold": "挂起",
}

FIELD_TYPES = {"text", "longtext", "number", "choice", "date", "yesno", "phone"}
UNIT_SORTS = {"desk", "grid", "property", "department", "police", "service"}
DAY = 450  # working minutes of a working day: 8:30–12:00, 13:30–17:30
DEFAULT_LIMITS = {"accept": 120, "assign": 60, "take": 120, "arrive": 120, "verify": DAY}
ROUND_THE_CLOCK_LIMITS = {"accept": 5, "assign": 5, "take": 5, "arrive": 15, "verify": 24 * 60}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the form. choices: (value, words)."""

    code: str
    label: str
    type: str
    required: bool = False
    help: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """Who handles it: the nearest unit of this sort (and speciality) that serves the place."""

    sort: str
    speciality: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One entry. limits: minutes per step, of working time or, when round_the_clock, of the clock."""

    code: str
    version: int
    name: str
    group: str
    scenario: str
    glyph: str
    hint: str
    words: tuple[str, ...]
    fields: tuple[Field, ...]
    handlers: tuple[Handler, ...]
    limits: Mapping[str, int]
    round_the_clock: bool
    photo_to_resolve: bool
    open_to: frozenset[str]
    decline_reasons: tuple[str, ...]
    text_reported: str
    text_closed: str
    record_kind: str = "situation"

    def limit(self, step: str) -> int:
        """Minutes allowed for the step."""
        return self.limits[step]


_SPAN = re.compile(r"^(\d+(?:\.\d+)?)\s*(m|h|d)$")
_CODE = re.compile(r"^[a-z][a-z0-9_]{1,39}$")


def minutes_of(text: object, *, round_the_clock: bool, where: str) -> int:
    """Minutes in ``30m``, ``4h`` or ``2d``; a day is 7.5 working hours, or 24 for kinds that run round the clock."""
    match = _SPAN.match(str(text).strip())
    if not match:
        raise Refused("catalogue", f"{where}：时限写成 30m、4h 或 2d，这里是「{text}」。", field=where)
    number, unit = float(match[1]), match[2]
    day = 24 * 60 if round_the_clock else DAY
    found = round(number * {"m": 1, "h": 60, "d": day}[unit])
    if found < 1:
        raise Refused("catalogue", f"{where}：时限至少 1 分钟。", field=where)
    return found


def _take(entry: Mapping[str, Any], key: str, type_: type, where: str, default: Any = ...) -> Any:
    value = entry.get(key, default)
    if value is ...:
        raise Refused("catalogue", f"{where}：缺「{key}」。", field=f"{where}.{key}")
    if value is not None and not isinstance(value, type_):
        raise Refused("catalogue", f"{where}：「{key}」要是 {type_.__name__}。", field=f"{where}.{key}")
    return value


def _one_of(value: str, allowed: Any, key: str, where: str) -> str:
    if value not in allowed:
        raise Refused(
            "catalogue",
            f"{where}：「{key}」是「{value}」，只能是 {'、'.join(sorted(allowed))} 之一。",
            field=f"{where}.{key}",
        )
    return value


def _pairs(given: Any, where: str) -> tuple[tuple[str, str], ...]:
    """(value, words) of each choice, from a mapping or, as they are stored, a list of pairs."""
    if isinstance(given, Mapping):
        given = list(given.items())
    if not isinstance(given or [], list) or any(
        not isinstance(p, list | tuple) or len(p) != 2 for p in given or []
    ):
        raise Refused(
            "catalogue", f"{where}：「choices」写成「值: 名称」，一行一个。", field=f"{where}.choices"
        )
    return tuple((str(value), str(words)) for value, words in given or [])


def stored(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The entry as it is kept: choices as a list, since the database does not keep the order of a mapping's keys."""
    fields = [
        {**f, "choices": [list(p) for p in _pairs(f["choices"], "")]} if f.get("choices") else f
        for f in entry.get("fields") or []
    ]
    return {**entry, "fields": fields}


def _field(entry: Any, where: str) -> Field:
    if not isinstance(entry, Mapping):
        raise Refused("catalogue", f"{where}：一个字段要有 code、label、type。", field=where)
    code = _take(entry, "code", str, where)
    if not _CODE.match(code):
        raise Refused("catalogue", f"{where}：code 用小写字母、数字和下划线。", field=where)
    type_ = _one_of(_take(entry, "type", str, where), FIELD_TYPES, "type", where)
    choices = _pairs(entry.get("choices"), where)
    if (type_ == "choice") != bool(choices):
        raise Refused("catalogue", f"{where}：choice 要有选项，别的类型没有。", field=where)
    low, high = entry.get("low"), entry.get("high")
    return Field(
        code=code,
        label=_take(entry, "label", str, where),
        type=type_,
        required=_take(entry, "required", bool, where, False),
        help=_take(entry, "help", str, where, ""),
        unit=_take(entry, "unit", str, where, ""),
        choices=choices,
        low=None if low is None else float(low),
        high=None if high is None else float(high),
    )


_KNOWN = {
    "code",
    "version",
    "name",
    "group",
    "scenario",
    "glyph",
    "hint",
    "words",
    "fields",
    "handlers",
    "limits",
    "round_the_clock",
    "photo_to_resolve",
    "open_to",
    "decline_reasons",
    "text_reported",
    "text_closed",
    "record_kind",
}


def parse_kind(entry: Any, *, where: str) -> Kind:
    """A Kind from a mapping read from YAML. Raises Refused that names the file and the key and says what is allowed."""
    if not isinstance(entry, Mapping):
        raise Refused("catalogue", f"{where}：文件要是一个类别。", field=where)
    unknown = set(entry) - _KNOWN
    if unknown:
        raise Refused(
            "catalogue", f"{where}：不认识「{'、'.join(sorted(map(str, unknown)))}」。", field=where
        )
    code = _take(entry, "code", str, where)
    if not _CODE.match(code):
        raise Refused("catalogue", f"{where}：code 用小写字母、数字和下划线。", field=f"{where}.code")
    round_the_clock = _take(entry, "round_the_clock", bool, where, False)
    limits = dict(ROUND_THE_CLOCK_LIMITS if round_the_clock else DEFAULT_LIMITS)
    stated = _take(entry, "limits", dict, where)
    for step, span in stated.items():
        _one_of(str(step), STEPS, "limits", where)
        limits[str(step)] = minutes_of(span, round_the_clock=round_the_clock, where=f"{where}.limits.{step}")
    if "work" not in limits:
        raise Refused("catalogue", f"{where}：要写处置时限 limits.work。", field=f"{where}.limits.work")
    fields = tuple(
        _field(f, f"{where}.fields[{i}]") for i, f in enumerate(_take(entry, "fields", list, where, []) or [])
    )
    if len({f.code for f in fields}) != len(fields):
        raise Refused("catalogue", f"{where}：字段的 code 有重复。", field=f"{where}.fields")
    handlers = tuple(
        Handler(
            sort=_one_of(str(h.get("sort", "")), UNIT_SORTS, "handlers.sort", where),
            speciality=str(h.get("speciality", "")),
        )
        for h in _take(entry, "handlers", list, where)
    )
    return Kind(
        code=code,
        version=_take(entry, "version", int, where),
        name=_take(entry, "name", str, where),
        group=_one_of(_take(entry, "group", str, where), GROUPS, "group", where),
        scenario=_one_of(_take(entry, "scenario", str, where), SCENARIOS, "scenario", where),
        glyph=_take(entry, "glyph", str, where),
        hint=_take(entry, "hint", str, where, ""),
        words=tuple(map(str, _take(entry, "words", list, where, []))),
        fields=fields,
        handlers=handlers,
        limits=limits,
        round_the_clock=round_the_clock,
        photo_to_resolve=_take(entry, "photo_to_resolve", bool, where, False),
        open_to=frozenset(map(str, _take(entry, "open_to", list, where, ["resident", "staff"]))),
        decline_reasons=tuple(map(str, _take(entry, "decline_reasons", list, where, []))),
        text_reported=_take(entry, "text_reported", str, where, ""),
        text_closed=_take(entry, "text_closed", str, where, ""),
        record_kind=_take(entry, "record_kind", str, where, "situation"),
    )


def suggest(text: str, kinds: Mapping[str, Kind]) -> tuple[tuple[str, float], ...]:
    """Kinds whose words occur in the text, best first: (code, share of the score). Empty when nothing speaks for any."""
    scores = {code: sum(len(word) * text.count(word) for word in kind.words) for code, kind in kinds.items()}
    total = sum(scores.values())
    ranked = sorted(((s / total, c) for c, s in scores.items() if s), reverse=True)
    return tuple((code, share) for share, code in ranked)
