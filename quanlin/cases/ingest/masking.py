"""Personal numbers inside texts are masked before anything is stored. Pure."""

import re

from quanlin.kit import masks

_IDENTITY = re.compile(
    r"(?<![0-9A-Za-z])[1-9][0-9]{5}(?:18|19|20)[0-9]{2}[01][0-9][0-3][0-9]{4}[0-9Xx](?![0-9A-Za-z])"
)
_OLD_IDENTITY = re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{5}[0-9]{2}[01][0-9][0-3][0-9]{4}(?![0-9A-Za-z])")
_CARD = re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{15,18}(?![0-9A-Za-z])")
_MOBILE = re.compile(r"(?<![0-9])(?:\+?86[- ]?)?(1[3-9][0-9])[- ]?([0-9]{4})[- ]?([0-9]{4})(?![0-9])")
_LANDLINE = re.compile(r"(?<![0-9])(0[1-9][0-9]{1,2})[-— ]?([2-9][0-9]{6,7})(?![0-9])")
_MAIL = re.compile(r"[A-Za-z0-9._%+-]+@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)")
_WIDE = str.maketrans("０１２３４５６７８９", "0123456789")


def mask_numbers(text: str, *, landlines: bool = True) -> str:
    """The text with identity, card, phone and mail numbers masked: 138****0027, 3***…***1.

    landlines: False for replies of an office, whose public number is meant to be called.
    """
    if any(c in text for c in "０１２３４５６７８９"):
        text = text.translate(_WIDE)
    for pattern in (_IDENTITY, _CARD, _OLD_IDENTITY):
        text = pattern.sub(lambda found: masks.mask_number(found[0]), text)
    text = _MOBILE.sub(lambda found: masks.mask_phone(found[1] + found[2] + found[3]), text)
    if landlines:
        text = _LANDLINE.sub(lambda found: f"{found[1]}-{'*' * (len(found[2]) - 2)}{found[2][-2:]}", text)
    return _MAIL.sub(lambda found: f"***@{found[1]}", text)
