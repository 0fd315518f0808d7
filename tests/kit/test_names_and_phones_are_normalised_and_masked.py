import pytest

from quanlin.kit.errors import Refused
from quanlin.kit.masks import mask_name, mask_number, mask_phone, normalise_name, normalise_phone


@pytest.mark.parametrize(
    "written",
    [
        "13800000027",
        "+86 138 0000 0027",
        "0086-138-0000-0027",
        "86 13800000027",
        "１３８００００００２７",
        "　138 0000\t0027 ",
        "(+86)13800000027",
    ],
)
def test_a_phone_is_eleven_digits_however_it_was_written(written):
    assert normalise_phone(written) == "13800000027"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "1380000002",
        "138000000277",
        "12800000027",
        "0531-88880000",
        "abc",
        "13800000027; DROP",
        "١٣٨٠٠٠٠٠٠٢٧" + "x",
    ],
)
def test_what_is_no_mobile_number_is_refused(written):
    with pytest.raises(Refused) as refusal:
        normalise_phone(written)
    assert (refusal.value.code, refusal.value.field) == ("phone_wrong", "phone")


def test_digits_of_another_script_are_not_taken_for_a_phone():
    with pytest.raises(Refused):
        normalise_phone("١٣٨٠٠٠٠٠٠٢٧")


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("周 婷", "周婷"),
        ("　欧阳　娜娜 ", "欧阳娜娜"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("阿依古丽.买买提", "阿依古丽·买买提"),
        ("周\u200b婷", "周婷"),
        ("Ｍａｒｙ Ann", "MaryAnn"),
        ("𠮷田", "𠮷田"),
    ],
)
def test_a_name_has_one_written_form(written, name):
    assert normalise_name(written) == name


@pytest.mark.parametrize("written", ["", "  ", "周1", "<b>周</b>", "周\x00婷", "😀", "周" * 51])
def test_what_is_no_name_is_refused(written):
    with pytest.raises(Refused) as refusal:
        normalise_name(written)
    assert (refusal.value.code, refusal.value.field) == ("name_wrong", "name")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("", ""),
        ("周", "周*"),
        ("周婷", "周*"),
        ("周小婷", "周**"),
        ("欧阳娜娜", "欧阳**"),
        ("欧阳修", "欧阳*"),
        ("司马", "司*"),
        ("阿依古丽·买买提", "阿***"),
    ],
)
def test_a_list_shows_the_family_name_only(name, shown):
    assert mask_name(name) == shown


def test_a_list_shows_the_ends_of_a_number_only():
    assert mask_phone("13800000027") == "138****0027"
    assert mask_phone("88880000") == "******00"
    assert mask_phone("110") == "***"
    assert mask_number("370102199001011234") == "3****************4"
    assert mask_number("1234") == "****"
