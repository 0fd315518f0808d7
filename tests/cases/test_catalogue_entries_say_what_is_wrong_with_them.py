"""Every shipped kind is sound; a bad entry is refused with the file and the key."""

from pathlib import Path

import pytest
import yaml

from quanlin.cases.actions.catalogue import SHIPPED
from quanlin.cases.rules.catalogue import GROUPS, parse_kind
from quanlin.kit.errors import Refused

SPRITE = Path(__file__).parents[2] / "quanlin/config/static/quanlin/icons.svg"


def shipped():
    found = {}
    for file in sorted(SHIPPED.glob("*.yaml")):
        found[file.stem] = parse_kind(yaml.safe_load(file.read_text(encoding="utf-8")), where=file.name)
    return found


KINDS = shipped()

GOOD = {
    "code": "street_light",
    "version": 1,
    "name": "公共照明",
    "group": "facilities",
    "scenario": "property",
    "glyph": "lamp",
    "words": ["路灯"],
    "fields": [{"code": "lamp", "label": "什么灯", "type": "choice", "choices": {"a": "路灯"}}],
    "handlers": [{"sort": "property"}, {"sort": "desk"}],
    "limits": {"work": "2d"},
}


def test_twenty_nine_kinds_are_shipped_and_each_group_has_one():
    assert len(KINDS) == 29
    assert {kind.group for kind in KINDS.values()} == set(GROUPS)


@pytest.mark.parametrize("code", KINDS)
def test_a_shipped_kind_has_what_people_read(code):
    kind = KINDS[code]
    assert kind.code == code
    assert kind.version >= 1
    assert kind.hint
    assert kind.text_reported.endswith("。")
    assert kind.text_closed.endswith("。")
    assert 10 <= len(kind.words) <= 28
    assert len(set(kind.words)) == len(kind.words)
    assert kind.handlers[-1].sort == "desk"  # somebody is always there


@pytest.mark.parametrize("code", KINDS)
def test_no_shipped_kind_stops_a_report_for_a_missing_detail(code):
    assert [f.code for f in KINDS[code].fields if f.required] == []


def test_every_glyph_is_in_the_sprite():
    sprite = SPRITE.read_text(encoding="utf-8")
    missing = {kind.glyph for kind in KINDS.values() if f'id="{kind.glyph}"' not in sprite}
    assert missing == set()


def test_no_two_kinds_share_a_word():
    seen = {}
    shared = []
    for kind in KINDS.values():
        for word in kind.words:
            if word in seen:
                shared.append((word, seen[word], kind.code))
            seen[word] = kind.code
    assert shared == []


def test_round_the_clock_kinds_are_those_that_cannot_wait():
    assert {k.code for k in KINDS.values() if k.round_the_clock} == {
        "fire_lane",
        "ebike_indoors",
        "elder_help",
        "gas_smell",
    }
    assert KINDS["gas_smell"].limit("take") == 1
    assert KINDS["elder_help"].limit("arrive") == 15
    assert KINDS["elder_help"].limit("work") == 15


def test_a_day_is_a_working_day_or_a_whole_one():
    assert KINDS["street_light"].limit("work") == 900
    assert KINDS["elder_help"].limit("verify") == 1440
    assert KINDS["gas_smell"].limit("work") == 240


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        ({"code": None}, "x.yaml.code", "code"),
        ({"code": "Street Light"}, "x.yaml.code", "小写"),
        ({"version": "1"}, "x.yaml.version", "version"),
        ({"name": 5}, "x.yaml.name", "name"),
        ({"group": "lights"}, "x.yaml.group", "facilities"),
        ({"scenario": "lights"}, "x.yaml.scenario", "property"),
        ({"limits": {"work": "2 days"}}, "x.yaml.limits.work", "30m、4h"),
        ({"limits": {"work": "0m"}}, "x.yaml.limits.work", "1 分钟"),
        ({"limits": {"accept": "1h"}}, "x.yaml.limits.work", "limits.work"),
        ({"limits": {"work": "1d", "repair": "1h"}}, "x.yaml.limits", "repair"),
        ({"handlers": [{"sort": "mayor"}]}, "x.yaml.handlers.sort", "mayor"),
        ({"fields": ["lamp"]}, "x.yaml.fields[0]", "code、label、type"),
        ({"fields": [{"code": "a1", "label": "甲", "type": "colour"}]}, "x.yaml.fields[0].type", "colour"),
        ({"fields": [{"code": "A", "label": "甲", "type": "text"}]}, "x.yaml.fields[0]", "小写"),
        ({"fields": [{"code": "a1", "type": "text"}]}, "x.yaml.fields[0].label", "label"),
        ({"fields": [{"code": "a1", "label": "甲", "type": "choice"}]}, "x.yaml.fields[0]", "选项"),
        (
            {"fields": [{"code": "a1", "label": "甲", "type": "text"}, {"code": "a1", "label": "乙", "type": "text"}]},
            "x.yaml.fields",
            "重复",
        ),
        ({"round_the_clock": "yes"}, "x.yaml.round_the_clock", "bool"),
        ({"colour": "red"}, "x.yaml", "colour"),
    ],
)  # fmt: skip
def test_a_bad_entry_is_refused_by_file_and_key(change, key, words):
    entry = {k: v for k, v in {**GOOD, **change}.items() if v is not None}
    with pytest.raises(Refused) as refusal:
        parse_kind(entry, where="x.yaml")
    assert refusal.value.code == "catalogue"
    assert refusal.value.field == key
    assert words in refusal.value.message
    assert "x.yaml" in refusal.value.message or words in refusal.value.message


def test_the_good_entry_itself_is_taken():
    kind = parse_kind(GOOD, where="x.yaml")
    assert kind.limits == {
        "accept": 120,
        "assign": 60,
        "take": 120,
        "arrive": 120,
        "verify": 450,
        "work": 900,
    }


@pytest.mark.parametrize("entry", [None, [], "text", 5])
def test_what_is_no_mapping_is_refused(entry):
    with pytest.raises(Refused) as refusal:
        parse_kind(entry, where="x.yaml")
    assert "x.yaml" in refusal.value.message
