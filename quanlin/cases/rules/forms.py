"""Checking what was filled in against the fields of a kind."""

import re
from collections.abc import Mapping
from datetime import date

from quanlin.cases.rules.catalogue import Field, Kind
from quanlin.cases.rules.words import clean
from quanlin.kit.errors import Refused

_PHONE = re.compile(r"^1[3-9]\d{9}$")
Value = str | int | float | bool


def _value(field: Field, raw: object) -> Value | None:
    where = f"fields.{field.code}"
    if raw is None or raw == "":
        if field.required:
            raise Refused("empty", f"「{field.label}」还没填。", field=where)
        return None
    if field.type == "yesno":
        if raw in (True, "true", "on", "1", 1):
            return True
        if raw in (False, "false", "off", "0", 0):
            return False
        raise Refused("wrong_type", f"「{field.label}」是「是」或「否」。", field=where)
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise Refused("wrong_type", f"「{field.label}」要是文字或数字。", field=where)
    if field.type == "number":
        try:
            number = float(raw)
        except ValueError:
            raise Refused("wrong_type", f"「{field.label}」要是数字，例如 3。", field=where) from None
        if not (-1e12 < number < 1e12):
            raise Refused("out_of_range", f"「{field.label}」这个数太大了。", field=where)
        if (field.low is not None and number < field.low) or (field.high is not None and number > field.high):
            low, high = (
                field.low if field.low is not None else "不限",
                field.high if field.high is not None else "不限",
            )
            raise Refused("out_of_range", f"「{field.label}」在 {low} 到 {high} 之间。", field=where)
        return int(number) if number.is_integer() else number
    text = str(raw)
    if field.type == "choice":
        if text not in dict(field.choices):
            words = "、".join(w for _, w in field.choices)
            raise Refused("not_a_choice", f"「{field.label}」请从 {words} 里选。", field=where)
        return text
    if field.type == "date":
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            raise Refused("wrong_type", f"「{field.label}」是日期，例如 2026-11-24。", field=where) from None
    if field.type == "phone":
        digits = re.sub(r"[\s-]", "", text)
        if not _PHONE.match(digits):
            raise Refused(
                "wrong_type", f"「{field.label}」是 11 位手机号，这里有 {len(digits)} 位。", field=where
            )
        return digits
    return clean(
        text, field=where, longest=2000 if field.type == "longtext" else 200, what=f"「{field.label}」"
    )


def check_fields(kind: Kind, given: Mapping[str, object]) -> dict[str, Value]:
    """The fields as they will be stored. Raises Refused that names the field and what is wanted."""
    unknown = set(given) - {f.code for f in kind.fields}
    if unknown:
        raise Refused(
            "unknown_field", f"「{kind.name}」没有「{'、'.join(sorted(unknown))}」这一项。", field="fields"
        )
    found = {}
    for field in kind.fields:
        value = _value(field, given.get(field.code))
        if value is not None:
            found[field.code] = value
    return found
