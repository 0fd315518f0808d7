import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanlin.places.rules.addresses import NameIndex, door_after, number_of, plain, spellings

INDEX = NameIndex(
    [(1, "district", "市中区"), (2, "street", "舜玉路街道"), (3, "community", "舜新社区"), (4, "community", "舜园社区"),
     (5, "estate", "舜玉小区南区"), (6, "community", "大桥村"), (7, "community", "大桥村"), (8, "road", "舜玉南路")]
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "number"),
    [("3", 3), ("03", 3), ("三", 3), ("十", 10), ("十二", 12), ("二十", 20), ("二十三", 23), ("一百零五", 105),
     ("两", 2), ("二〇一", 201), ("", None), ("x", None), ("三x", None), ("²", None)],
)  # fmt: skip
def test_numbers_are_read_in_digits_and_in_chinese(text, number):
    assert number_of(text) == number


@given(st.integers(1, 99))
def test_every_house_number_up_to_99_is_read_in_chinese(number):
    digits = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    text = ("" if tens in (0, 1) else digits[tens]) + ("十" if tens else "") + (digits[ones] if ones else "")
    assert number_of(text) == number


@pytest.mark.parametrize(
    ("text", "door"),
    [
        ("3号楼", ("3号楼", "", "")),
        ("三号楼2单元301室", ("3号楼", "2单元", "301")),
        ("12栋2-303漏水", ("12号楼", "2单元", "303")),
        ("甲1号楼", ("甲1号楼", "", "")),
        ("第5幢三单元", ("5号楼", "3单元", "")),
        ("8#楼", ("8号楼", "", "")),
        ("二十一号楼", ("21号楼", "", "")),
    ],
)
def test_a_door_is_read_after_a_name(text, door):
    found = door_after(text)
    assert (found.building, found.unit, found.home) == door


@pytest.mark.parametrize("text", ["", "门口", "号楼", "的3号楼", "2023年3月", "12345", "三天不亮"])
def test_what_is_no_door_is_none(text):
    assert door_after(text) is None


def test_the_longest_name_is_taken_at_each_place():
    words = [spotted.words for spotted in INDEX.spot(plain("市中区 舜玉路街道舜新社区，近舜玉小区南区"))]
    assert words == ["市中区", "舜玉路街道", "舜新社区", "舜玉小区南区"]
    assert [s.words for s in INDEX.spot("舜玉南区和舜新那边，舜玉南路")] == ["舜玉南区", "舜新", "舜玉南路"]
    assert [number for number, _ in INDEX.spot("大桥村")[0].places] == [6, 7]


def test_a_short_form_weighs_less_than_the_full_name():
    weights = dict(spellings("舜新社区", "community"))
    assert weights == {"舜新社区": 0.85, "舜新": 0.4, "舜新居委会": 0.85, "舜新村委会": 0.65}
    assert dict(spellings("大桥村", "community")) == {"大桥村": 0.65}
    assert dict(spellings("状元沟村", "community"))["状元沟"] == 0.4


@given(st.text(max_size=300))
def test_any_text_can_be_walked(text):
    for spotted in INDEX.spot(plain(text)):
        assert plain(text)[spotted.start : spotted.end] == spotted.words
    door_after(plain(text))
