"""What a move asks for, as a dialog, and what came back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest

from quanlin.cases.actions import Given
from quanlin.cases.actions.photos import MOST_PHOTOS, prepare
from quanlin.cases.queries import CasePage, current_kinds, route
from quanlin.cases.rules import moves
from quanlin.cases.rules.catalogue import GROUPS
from quanlin.cases.rules.numbers import CHINA
from quanlin.kit import clock
from quanlin.kit.errors import QuanlinError, Refused
from quanlin.staff import queries as staff_queries

ICONS = {
    "accept": "check", "decline": "strike", "change_kind": "swap", "assign": "send", "take": "check", "arrive": "check",
    "return": "back",
    "escalate": "up", "whistle": "whistle", "hold": "pause", "resume": "refresh", "resolve": "check", "verify": "eye",
    "reject": "back", "rate": "star", "refuse": "back", "urge": "bell", "note": "edit",
}  # fmt: skip

ASKS: dict[str, tuple[str, str]] = {
    "accept": ("受理这件事？", "受理后由本台派给经办单位，派单时限开始走。"),
    "decline": ("不受理这件事？", "会告诉报事人理由和可以去哪里办。"),
    "change_kind": ("改到哪一类？", "时限按新的类别重算，原来的记录保留。"),
    "assign": ("派给谁？", "对方收到提醒，接单时限开始走。"),
    "take": ("接下这件事？", "处置时限从现在开始走。"),
    "arrive": ("到场报到？", "处置时限从现在开始走。"),
    "return": ("退回这件事？", "会回到派单的受理台，时限接着走。第三次退回会到上一级。"),
    "escalate": ("上报到上一级？", "案件留在原处，改由上一级受理台来派。"),
    "whistle": ("吹哨叫哪个单位来？", "对方要在 2 个工作小时内报到。"),
    "hold": ("挂起这件事？", "挂起期间不算时间，到日子自动恢复。"),
    "resume": ("恢复处置？", "剩下的时限接着走。"),
    "resolve": ("处置完成？", "交给网格员核实，核实通过才算办结。"),
    "verify": ("核实通过，办结？", "报事人会收到消息，7 天内可以评价或说没办好。"),
    "reject": ("核实不通过？", "退给处置的单位重新办。"),
    "urge": ("催一下？", "经办单位会收到提醒。"),
    "note": ("记一笔", ""),
}
WORDS = {
    "decline": "为什么不受理", "return": "为什么退回，依据是什么", "escalate": "为什么这一级解决不了",
    "whistle": "要对方来做什么",
    "hold": "说明", "resolve": "怎么处理的", "reject": "哪里没办好", "note": "内容",
}  # fmt: skip


PROMISES = {
    "reported": "受理", "accepted": "派单", "assigned": "接单", "working": "处置完", "resolved": "核实完", "on_hold": "恢复",
}  # fmt: skip
"""What will be true when the running step's limit comes: 今天 16:55 前处置完."""


def icon_of(code: str) -> str:
    """Name of a move's icon in the sprite."""
    return ICONS.get(code, "check")


def _field(name: str, label: str, type_: str, given: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "label": label,
        "type": type_,
        "value": given.get(name, more.pop("value", "")),
        "required": True,
        **more,
    }


def _choice(
    name: str, label: str, options: Mapping[str, str], given: Mapping[str, Any], **more: Any
) -> dict[str, Any]:
    return _field(name, label, "choice", given, options=list(options.items()), **more)


def fields_for(page: CasePage, choice: moves.Choice, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The fields of a move's dialog, filled with what was given."""
    code, found = choice.code, []
    place = page.row.place
    if "reason" in choice.needs:
        table = {
            "decline": moves.DECLINE_REASONS,
            "return": moves.RETURN_REASONS,
            "hold": moves.HOLD_REASONS,
        }[code]
        if code == "decline":
            table = {**table, **{r: r for r in page.kind.decline_reasons}}
        found.append(_choice("reason", "理由", table, given))
    if code == "assign":
        units = staff_queries.units_serving(
            place, sorts=("grid", "property", "desk", "department", "police", "service")
        )
        likely = str(route(page.kind, place, desk=page.desk_unit))
        found.append(
            _choice(
                "unit",
                "派给",
                {str(u.id): u.name for u in units},
                given,
                value=likely,
                hint="按类别和地点已选好",
            )
        )
    if code == "whistle":
        units = staff_queries.units_serving(place, sorts=("department", "police", "service"))
        found.append(_choice("unit", "叫谁来", {str(u.id): u.name for u in units}, given))
    if code == "return":
        units = staff_queries.units_serving(place, sorts=("property", "department", "police", "service"))
        found.append(_choice("unit", "建议归谁管", {str(u.id): u.name for u in units}, given, required=False))
    if "kind" in choice.needs:
        kinds = {
            k.code: f"{GROUPS[k.group]} · {k.name}"
            for k in current_kinds().values()
            if k.code != page.row.kind
        }
        found.append(_choice("kind", "类别", kinds, given))
    if "until" in choice.needs:
        tomorrow = (clock.now().astimezone(CHINA) + timedelta(days=1)).date().isoformat()
        found.append(_field("until", "到哪天恢复", "date", given, value=tomorrow))
    if "closing_reason" in choice.needs:
        found.append(_choice("closing_reason", "办结原因", moves.CLOSING_REASONS, given, value="solved"))
    if "words" in choice.needs:
        found.append(_field("words", WORDS.get(code, "说明"), "longtext", given, most=2000, rows=3))
    if "where_to" in choice.needs:
        found.append(
            _field(
                "where_to",
                "可以去哪里办",
                "text",
                given,
                most=200,
                help="例如：12348 法律热线、区人民法院诉讼服务中心",
            )
        )
    if code in ("resolve", "reject", "note"):
        needed = code == "resolve" and page.kind.photo_to_resolve
        found.append({"name": "photos", "label": "现场照片", "type": "photos", "required": needed})
    if code == "note":
        found.append(
            _field("internal", "只给工作人员看", "yesno", given, value=True, help="关掉的话，报事人也看得到")
        )
    return found


def ask_for(
    page: CasePage, choice: moves.Choice, given: Mapping[str, Any], fault: QuanlinError | None = None
) -> dict[str, Any]:
    """Context of the dialog. A fault stands at its field, or on top when it has none."""
    fields = fields_for(page, choice, given)
    for field in fields:
        if fault is not None and fault.field == field["name"]:
            field["error"] = fault.message
    at_field = fault is not None and any(f["name"] == fault.field for f in fields)
    title, consequence = ASKS.get(choice.code, (f"{choice.verb}？", ""))
    number = page.row.number
    return {
        "ask": {
            "key": f"{choice.code}-{number}",
            "title": title,
            "consequence": consequence,
            "verb": choice.verb,
            "url": f"/desk/cases/{number}/{choice.code}/",
            "danger": choice.code in ("decline",),
            "back_url": f"/desk/cases/{number}/",
            "hidden": [("version", given.get("version") or page.row.version)],
            "error": "" if fault is None or at_field else fault.message,
        },
        "fields": fields,
    }


def given_from(request: HttpRequest) -> Given:
    """What a form brought. Raises Refused naming the field."""
    post = request.POST
    unit, until, rating = post.get("unit", ""), post.get("until", ""), post.get("rating", "")
    for name, text in (("unit", unit), ("rating", rating), ("version", post.get("version", ""))):
        if text and not (text.isascii() and text.isdigit() and len(text) < 19):
            raise Refused("wrong_type", "这一项的内容不对。请重新选。", field=name)
    return Given(
        words=post.get("words", ""),
        reason=post.get("reason", ""),
        unit=int(unit) if unit else None,
        until=_day(until),
        closing_reason=post.get("closing_reason", ""),
        kind=post.get("kind", ""),
        rating=int(rating) if rating else None,
        where_to=post.get("where_to", ""),
        internal=post.get("internal") in ("yes", "on", "1"),
        photos=pictures_from(request),
    )


def _day(text: str) -> datetime | None:
    """The morning of a day in China: a hold ends when work begins."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(hour=8, minute=30, tzinfo=CHINA)
    except ValueError:
        raise Refused("until", "日期写成 2026-11-24 这样。", field="until") from None


def pictures_from(request: HttpRequest) -> tuple:
    """The pictures of a form, decoded and encoded anew."""
    files = request.FILES.getlist("photos")
    if len(files) > MOST_PHOTOS:
        raise Refused("too_many_photos", f"一次最多 {MOST_PHOTOS} 张照片。", field="photos")
    return tuple(prepare(f.read(), name=f.name or "") for f in files)
