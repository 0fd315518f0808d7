"""Case numbers: a check digit that finds slips of the pen, digits that do not count."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from quanlin.cases.rules.numbers import check_digit, draw_number, parse_number

NOW = datetime(2026, 11, 30, 17, 0, tzinfo=UTC)  # 1 December in China
BODY = st.text("0123456789", min_size=11, max_size=11)


def test_a_number_begins_with_year_and_month_of_china():
    assert draw_number(NOW)[:4] == "2612"


def test_the_check_digit_follows_iso_7064_mod_11_10():
    assert check_digit("0794") == "5"  # the standard's own example


@given(BODY)
def test_a_number_is_read_back_with_dashes_and_spaces(body):
    number = body + check_digit(body)
    assert parse_number(f" {number[:4]}-{number[4:8]} {number[8:]}") == number


@given(BODY, st.integers(0, 11), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(body, at, shift):
    number = body + check_digit(body)
    wrong = number[:at] + str((int(number[at]) + shift) % 10) + number[at + 1 :]
    assert parse_number(wrong) is None


def test_what_is_no_number_is_none():
    for text in ("", "12345", "2611-2300-476a", "２６１１２３００４７６８", "1" * 13):
        assert parse_number(text) is None


def test_numbers_drawn_in_a_row_do_not_rise():
    drawn = [draw_number(NOW) for _ in range(50)]
    assert drawn != sorted(drawn)
    assert len(set(drawn)) == 50
