import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanlin.kit.errors import Refused
from quanlin.kit.placenumber import BITS, LEVELS, child_number
from quanlin.places.rules import parse_official, parse_speakable, speakable_code

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@st.composite
def numbers(draw):
    """A place number of any level with its level."""
    depth = draw(st.integers(1, len(LEVELS)))
    number = 0
    for level, bits in list(zip(LEVELS, BITS, strict=True))[:depth]:
        number = child_number(number, level, draw(st.integers(1, (1 << bits) - 1)))
    return number, LEVELS[depth - 1]


@given(numbers())
def test_a_speakable_code_leads_back_to_its_number(place):
    number, level = place
    assert parse_speakable(speakable_code(number, level)) == (number, level)


@given(numbers(), st.data())
def test_one_wrong_character_is_noticed(place, data):
    code = speakable_code(*place)
    at = data.draw(st.integers(1, len(code) - 1))
    other = data.draw(st.sampled_from([c for c in ALPHABET if c != code[at]]))
    with pytest.raises(Refused):
        parse_speakable(code[:at] + other + code[at + 1 :])


def test_hyphens_spaces_lower_case_and_look_alikes_are_forgiven():
    number = child_number(child_number(child_number(0, "city", 1), "district", 2), "street", 9)
    code = speakable_code(number, "street")
    assert code[0] == "S"
    assert parse_speakable(" " + "-".join(code.lower()) + " ") == (number, "street")
    assert parse_speakable(code.replace("0", "O").replace("1", "L")) == (number, "street")


@pytest.mark.parametrize(
    "text",
    ["", "S", "SS", "X12345", "S1U2", "SÜ12", "S" + "Z" * 14, "H" + "Z" * 60, None, 12, "<b>", "S\x00AB"],
)
def test_what_is_no_speakable_code_is_refused(text):
    with pytest.raises(Refused) as refused:
        parse_speakable(text)
    assert refused.value.code == "bad_place_code"


@pytest.mark.parametrize(
    ("text", "code12", "level", "parent"),
    [
        ("370103012001", "370103012001", "community", "370103012000"),
        ("370103012", "370103012000", "street", "370103000000"),
        ("370103", "370103000000", "district", "370100000000"),
        ("3701", "370100000000", "city", "370000000000"),
        ("37", "370000000000", "province", ""),
        (" ３７０１０３ ", "370103000000", "district", "370100000000"),
    ],
)
def test_an_official_code_tells_its_level_and_parent(text, code12, level, parent):
    code = parse_official(text)
    assert (code.code12, code.level, code.parent) == (code12, level, parent)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "070103",
        "37010",
        "3701030120011",
        "370003012001",
        "370100012001",
        "370103000001",
        "37O103",
        None,
    ],
)
def test_what_is_no_official_code_is_refused(text):
    with pytest.raises(Refused) as refused:
        parse_official(text)
    assert refused.value.code == "bad_place_code"
    assert "二维码" in refused.value.message
