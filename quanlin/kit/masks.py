"""One written form for phones and names before they are sealed or looked up, and what lists show of them."""

import re
import unicodedata

from quanlin.kit.errors import Refused

_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_COUNTRY = re.compile(r"^(?:\+|00)?86(?=1\d{10}$)", re.ASCII)
_DOTS = re.compile(r"[•・‧∙⋅●.]")
# Family names of two characters, when a given name follows.
_COMPOUND = re.compile(
    r"(?:欧阳|司马|上官|诸葛|司徒|司空|东方|独孤|南宫|夏侯|皇甫|尉迟|公孙|慕容|长孙|宇文|轩辕|令狐|"
    r"端木|百里|东郭|呼延|闻人|澹台|公冶|宗政|濮阳|淳于|单于|太叔|申屠|公羊|赫连|钟离|鲜于|闾丘|"
    r"司寇|仲孙|拓跋|万俟|西门|第五|左丘|梁丘|即墨|谷梁|南门|羊舌|微生)."
)


def normalise_phone(text: str) -> str:
    """Eleven digits of a mobile number of mainland China; +86, spaces, dashes and full width are taken away.

    Raises Refused (``phone_wrong``).
    """
    plain = re.sub(r"[\s\-‐-―()]", "", unicodedata.normalize("NFKC", text))
    plain = _COUNTRY.sub("", plain)
    if not _MOBILE.fullmatch(plain):
        raise Refused(
            "phone_wrong", "手机号没有通过：应为 11 位、以 1 开头的手机号，请检查后重填。", field="phone"
        )
    return plain


def normalise_name(text: str) -> str:
    """A name in NFKC without spaces or invisible characters, one kind of middle dot, 1 to 50 characters.

    Raises Refused (``name_wrong``).
    """
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(c for c in plain if not c.isspace() and unicodedata.category(c) != "Cf")
    plain = _DOTS.sub("·", plain)
    letters = all(c == "·" or c in "-'" or unicodedata.category(c)[0] in "LM" for c in plain)
    if not 1 <= len(plain) <= 50 or not letters:
        raise Refused(
            "name_wrong", "姓名没有通过：应为 1 到 50 个字，不含数字和符号，请检查后重填。", field="name"
        )
    return plain


def mask_name(name: str) -> str:
    """周婷 → 周*, 欧阳娜娜 → 欧阳**; at most three stars, so that a long name does not show its length."""
    shown = 2 if _COMPOUND.match(name) else 1
    return name[:shown] + "*" * min(3, max(1, len(name) - shown)) if name else ""


def mask_phone(phone: str) -> str:
    """13800000027 → 138****0027; any other number shows its last two digits."""
    if len(phone) == 11:
        return f"{phone[:3]}****{phone[-4:]}"
    return "*" * max(0, len(phone) - 2) + phone[-2:] if len(phone) > 4 else "*" * len(phone)


def mask_number(number: str) -> str:
    """An identity or account number shows its first and last character."""
    if len(number) < 5:
        return "*" * len(number)
    return number[0] + "*" * (len(number) - 2) + number[-1]
