"""The number of a case: YYMM, seven digits that tell nothing, a check digit (ISO 7064 MOD 11,10).

The seven digits are drawn at random, so that a number does not leak how many cases there are; the database refuses
a repetition and the action draws again.
"""

import secrets
from datetime import datetime
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")


def check_digit(digits: str) -> str:
    """Check digit of a string of digits by ISO 7064 MOD 11,10."""
    product = 10
    for digit in digits:
        total = (product + int(digit)) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


def draw_number(opened_at: datetime) -> str:
    """A fresh number of 12 digits for a case opened then."""
    body = f"{opened_at.astimezone(CHINA):%y%m}{secrets.randbelow(10_000_000):07d}"
    return body + check_digit(body)


def parse_number(text: str) -> str | None:
    """The 12 digits in what somebody typed or read out (spaces and dashes allowed), or None when it is not a number."""
    digits = "".join(c for c in text if c not in " -–—　")
    if len(digits) != 12 or not digits.isascii() or not digits.isdigit():
        return None
    return digits if check_digit(digits[:-1]) == digits[-1] else None
