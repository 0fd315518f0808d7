"""Finding names of places in free text. Nothing is picked silently: every reading comes with a score.

The index is a table from the first two characters of a name to the names that begin so; a text is walked once.
A name without its ending (舜新 for 舜新社区) counts less, a name that many places bear counts less, and a name whose
district or street stands in the text too counts more.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

_FULL, _COMMON, _BARE = 0.85, 0.65, 0.4
_SUPPORT = 0.25
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_NUMBER = "[0-9]{1,4}|[零〇一二两三四五六七八九十百]{1,5}"
BUILDING = re.compile(rf"第?([甲乙丙丁东西南北]?(?:{_NUMBER}))(?:号楼|栋|幢|座|#楼?|号)")
_UNIT = re.compile(rf"\A(?:({_NUMBER})单元|([0-9]{{1,2}})-(?=[0-9]{{3,4}}))")
_DOOR = re.compile(r"\A([0-9]{3,4})(?![0-9])(?:室|号|户)?")
_ENDINGS = {
    "district": ("区", "县"),
    "street": ("街道", "镇", "乡"),
    "community": ("社区", "村"),
    "estate": ("小区", "家园", "花园"),
}


def plain(text: str) -> str:
    """The text without spaces and control characters, full-width forms made plain."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if not c.isspace() and c.isprintable())


def number_of(text: str) -> int | None:
    """3 for 3, 三 or 03; 12 for 十二; 105 for 一百零五. None for what is no number."""
    if text.isascii() and text.isdigit():
        return int(text)
    if not text or any(c not in _DIGITS and c not in "十百" for c in text):
        return None
    if not any(c in "十百" for c in text):
        return int("".join(str(_DIGITS[c]) for c in text))
    total = current = 0
    for character in text:
        if character in "十百":
            total += (current or 1) * (10 if character == "十" else 100)
            current = 0
        else:
            current = _DIGITS[character]
    return total + current


def spellings(name: str, level: str) -> list[tuple[str, float]]:
    """The ways in which a name is written, each with the weight of a reading of it."""
    name = plain(name)
    # villages and towns of other cities are called alike: alone they are not certain
    found = {name: _COMMON if name.endswith(("村", "镇", "乡")) else _FULL}
    for ending in _ENDINGS.get(level, ()):
        bare = name.removesuffix(ending)
        if bare != name and len(bare) >= (3 if ending == "村" else 2):
            found.setdefault(bare, _BARE)
            if level == "community":
                found.setdefault(bare + "居委会", _FULL)
                found.setdefault(bare + "村委会", _COMMON)
    if level == "estate" and "小区" in name[1:-2]:
        found.setdefault(name.replace("小区", ""), 0.75)
    if level == "district" and name.startswith("济南") and len(name) > 4:
        found.setdefault(name.removeprefix("济南"), _COMMON)
    if level == "road":
        found = {name: _BARE}
    return [(spelling, weight) for spelling, weight in found.items() if len(spelling) >= 2]


@dataclass(frozen=True, slots=True)
class Spotted:
    """A name in a text: the words, where they end, and the places that may be meant with their weights."""

    words: str
    start: int
    end: int
    places: tuple[tuple[int, float], ...]


class NameIndex:
    """All names, by their first two characters."""

    def __init__(self, names: Iterable[tuple[int, str, str]]):
        """names: (number, level, name); level may be ``road``, which stands for the place it runs through."""
        spelled: dict[str, dict[int, float]] = {}
        for number, level, name in names:
            for spelling, weight in spellings(name, level):
                places = spelled.setdefault(spelling, {})
                places[number] = max(weight, places.get(number, 0.0))
        self._begin: dict[str, list[tuple[str, tuple[tuple[int, float], ...]]]] = {}
        for spelling in sorted(spelled, key=len, reverse=True):
            places = tuple(sorted(spelled[spelling].items()))
            self._begin.setdefault(spelling[:2], []).append((spelling, places))

    def spot(self, text: str) -> list[Spotted]:
        """Names in a ``plain`` text from left to right, at each place the longest."""
        found, at, last = [], 0, len(text) - 1
        begin = self._begin
        while at < last:
            for spelling, places in begin.get(text[at : at + 2], ()):
                if text.startswith(spelling, at):
                    found.append(Spotted(spelling, at, at + len(spelling), places))
                    at += len(spelling)
                    break
            else:
                at += 1
        return found


def weigh(
    spotted: Sequence[Spotted],
    covers: Callable[[int, int], bool],
    allowed: Callable[[int], bool],
) -> list[tuple[int, float, Spotted]]:
    """(place, score 0…1, where it was read) of the places that are meant, best first.

    covers(high, low): whether the first place contains the second and is another. allowed(place): whether a place
    may be an answer at all. A place that only leads to a finer one in the same text is no answer of its own.
    """
    everything = [(number, weight, words) for words in spotted for number, weight in words.places]
    result: dict[int, tuple[float, Spotted]] = {}
    for words in spotted:
        scored = []
        for number, weight in words.places:
            support = {
                other.words
                for high, _, other in everything
                if other is not words and high != number and covers(high, number)
            }
            scored.append((number, weight, len(support)))
        best = max(count for _, _, count in scored)
        kept = [(number, weight) for number, weight, count in scored if count == best and allowed(number)]
        for number, weight in kept:
            score = min(1.0, weight + _SUPPORT * best) / len(kept)
            if score > result.get(number, (0.0, words))[0]:
                result[number] = (score, words)
    answers = [
        (number, score, words)
        for number, (score, words) in result.items()
        if not any(other != number and covers(number, other) for other in result)
    ]
    return sorted(answers, key=lambda answer: (-answer[1], answer[0]))


@dataclass(frozen=True, slots=True)
class Door:
    """The end of an address: building, unit and home as they are called in the register."""

    building: str
    unit: str = ""
    home: str = ""


def door_after(text: str) -> Door | None:
    """The building (and unit, home) with which a ``plain`` text begins; None when it begins otherwise."""
    found = BUILDING.match(text)
    if not found:
        return None
    prefix = found[1][0] if found[1][0] in "甲乙丙丁东西南北" else ""
    number = number_of(found[1].removeprefix(prefix))
    if number is None:
        return None
    rest = text[found.end() :]
    unit = home = ""
    if entry := _UNIT.match(rest):
        unit = f"{number_of(entry[1] or entry[2])}单元"
        rest = rest[entry.end() :]
    if door := _DOOR.match(rest):
        home = door[1]
    return Door(f"{prefix}{number}号楼", unit, home)
