"""How a place is called by a code: the official twelve digits, or a speakable one made from its number.

Official: 统计用区划代码, two digits each for province, city, county, three each for street and community;
the first six are GB/T 2260. Speakable: a letter for the level, the number without what every place of that
level has alike, in Crockford's base 32 (no I, L, O, U), and a check character by the hybrid system of
ISO 7064 with modulus 32, which finds every single wrong character.
"""

import re
import unicodedata
from dataclasses import dataclass

from quanlin.kit.errors import Refused
from quanlin.kit.placenumber import BITS, LEVELS

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUE = {character: value for value, character in enumerate(_ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_LETTER = dict(zip(LEVELS, "TDSCGEBNH", strict=True))
_LEVEL = {letter: level for level, letter in _LETTER.items()}
_OFFICIAL = re.compile(r"[1-9][0-9]{11}")
_SHIFT = {level: 63 - sum(BITS[: index + 1]) for index, level in enumerate(LEVELS)}


def _bad(text: str) -> Refused:
    shown = "".join(c for c in text[:20] if c.isprintable())
    return Refused(
        "bad_place_code",
        f"「{shown}」不是地点编码，没有找到地点。请核对 12 位区划代码，或重新扫描地点二维码。",
        field="code",
    )


@dataclass(frozen=True, slots=True)
class OfficialCode:
    """A parsed official code. ``level`` is province, city, district, street or community."""

    code12: str
    level: str

    @property
    def parent(self) -> str:
        """The code of the level above, twelve digits; empty for a province."""
        cut = {"province": 0, "city": 2, "district": 4, "street": 6, "community": 9}[self.level]
        return self.code12[:cut].ljust(12, "0") if cut else ""


def parse_official(text: str) -> OfficialCode:
    """An official code of 2, 4, 6, 9 or 12 digits, filled up to twelve. Raises Refused."""
    digits = unicodedata.normalize("NFKC", text).strip() if isinstance(text, str) else ""
    if len(digits) in (2, 4, 6, 9):
        digits = digits.ljust(12, "0")
    if not _OFFICIAL.fullmatch(digits):
        raise _bad(str(text))
    for level, cut in (("province", 2), ("city", 4), ("district", 6), ("street", 9)):
        if not digits[cut:].strip("0"):
            return OfficialCode(digits, level)
    if digits[2:4] == "00" or digits[4:6] == "00" or digits[6:9] == "000":
        raise _bad(str(text))
    return OfficialCode(digits, "community")


def _check_character(body: str) -> str:
    sum_ = 32
    for character in body:
        sum_ = (sum_ + _VALUE[character]) % 32 or 32
        sum_ = sum_ * 2 % 33
    return _ALPHABET[(33 - sum_) % 32]


def speakable_code(number: int, level: str) -> str:
    """The code of any place, without an official one or beside it; 6 to 13 characters, upper case."""
    value = number >> _SHIFT[level]
    digits = ""
    while value:
        value, rest = divmod(value, 32)
        digits = _ALPHABET[rest] + digits
    body = _LETTER[level] + digits
    return body + _check_character(body)


def parse_speakable(text: str) -> tuple[int, str]:
    """(number, level) of a speakable code. Hyphens, spaces, lower case, O for 0, I or L for 1 are forgiven.

    Raises Refused when it is none or when its check character is wrong.
    """
    if not isinstance(text, str) or len(text) > 40:
        raise _bad(str(text))
    plain = unicodedata.normalize("NFKC", text).upper().replace("-", "").replace(" ", "")
    level = _LEVEL.get(plain[:1])
    if level is None or not 3 <= len(plain) <= 15 or any(c not in _VALUE for c in plain):
        raise _bad(text)
    plain = "".join(_ALPHABET[_VALUE[c]] for c in plain)
    if _check_character(plain[:-1]) != plain[-1]:
        raise Refused(
            "bad_place_code",
            "地点编码的校验位不对，可能抄错了一个字符。请再核对一遍，或扫描二维码。",
            field="code",
        )
    value = 0
    for character in plain[1:-1]:
        value = value * 32 + _VALUE[character]
    number = value << _SHIFT[level]
    if number >= 1 << 63:
        raise _bad(text)
    return number, level


def is_official(text: str) -> bool:
    """Whether the text has the form of an official code: digits only."""
    return isinstance(text, str) and text.isascii() and text.isdigit()
