"""The division tree in the memory of the process: city to community, codes, successions, own days.

Divisions seldom change and every case action asks for them. The tree is as good as the mark in
``places_revision``, which is read at most every five seconds. Whoever changes the register sees his own
change at once, inside his transaction, and nobody else sees it before it is committed.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from django.db import connection, transaction

from quanlin.kit import clock
from quanlin.kit.errors import NotFound
from quanlin.kit.placenumber import LEVELS, ancestor, has_level
from quanlin.places import rules
from quanlin.places.models import OwnDay, Place, PlaceCode, Revision, Succession

DIVISIONS = ("city", "district", "street", "community")
_MOST_LOWER = 100_000
_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class PlaceCard:
    """A place as lists and pages show it. lat and lng are WGS-84 degrees; path has no city and no grid."""

    number: int
    level: str
    name: str
    code: str
    path: str
    parent: int | None
    lat: float | None
    lng: float | None
    ended_on: date | None = None
    statistical: bool = False

    def living(self, on: date) -> bool:
        """Whether the place exists on the day."""
        return self.ended_on is None or on < self.ended_on


CARD_FIELDS = (
    "number",
    "level",
    "name",
    "code",
    "path",
    "parent_id",
    "lat",
    "lng",
    "ended_on",
    "statistical",
)


@dataclass(slots=True)
class Tree:
    """One state of the register. ``lower`` and ``memo`` grow while it is in use."""

    mark: UUID | None
    day: date
    cards: dict[int, PlaceCard]
    below: dict[int, tuple[int, ...]]
    codes: dict[str, tuple[tuple[date, date | None, int], ...]]
    heirs: dict[int, tuple[tuple[int, date], ...]]
    forebears: dict[int, tuple[tuple[int, date], ...]]
    own_days: dict[int, tuple[tuple[date, str], ...]]
    lower: dict[int, PlaceCard] = field(default_factory=dict)
    memo: dict[tuple, object] = field(default_factory=dict)

    def card(self, number: int) -> PlaceCard:
        """The card of any place. Raises NotFound."""
        return self.cards.get(number) or self.lower.get(number) or self._fetched(number)

    def _fetched(self, number: int) -> PlaceCard:
        # with the ancestors that are not known yet: whoever asks for a home asks for its building next
        line = [ancestor(number, level) for level in LEVELS if has_level(number, level)]
        missing = [n for n in {number, *line} if n not in self.cards and n not in self.lower]
        if len(self.lower) > _MOST_LOWER:
            self.lower.clear()
        for row in Place.objects.filter(pk__in=missing).values_list(*CARD_FIELDS):
            self.lower[row[0]] = PlaceCard(*row)
        if number not in self.lower:
            raise NotFound("no_such_place", "没有这个地点。请返回上一页重新选择，或扫描地点二维码。")
        return self.lower[number]

    def remember[T](self, key: tuple, make: Callable[[], T]) -> T:
        """What ``make`` gives, kept as long as this state of the register."""
        try:
            return self.memo[key]  # type: ignore[return-value]
        except KeyError:
            if len(self.memo) > _MOST_LOWER:
                self.memo.clear()
            value = self.memo[key] = make()
            return value


def today() -> date:
    """The day it is in the zone of the places."""
    return clock.now().astimezone(rules.OFFICE_HOURS.zone).date()


_shared: Tree | None = None
_checked_at = float("-inf")
_own = threading.local()


def tree() -> Tree:
    """The present state: this transaction's own if it changed something, else the shared one."""
    global _shared, _checked_at
    own = getattr(_own, "changed", None)
    if own is not None:
        if any(entry[1] is own for entry in connection.run_on_commit):
            if _own.tree is None:
                _own.tree = _load(None)
            return _own.tree
        forget()  # committed or rolled back
    found = _shared
    if found is None or time.monotonic() - _checked_at > _SECONDS:
        mark = Revision.objects.values_list("mark", flat=True).first()
        if found is None or found.mark != mark or found.day != today():
            found = _shared = _load(mark)
        _checked_at = time.monotonic()
    return found


def forget() -> None:
    """Look at the mark again at the next question, whenever the last look was."""
    global _checked_at
    _own.changed = _own.tree = None
    _checked_at = float("-inf")


def changed_here() -> None:
    """The open transaction has changed the register: until it ends, this thread has a tree of its own."""

    def committed() -> None:
        forget()

    transaction.on_commit(committed)
    _own.changed, _own.tree = committed, None


def _load(mark: UUID | None) -> Tree:
    day = today()
    codes: dict[str, list[tuple[date, date | None, int]]] = {}
    present: dict[int, str] = {}
    spans = PlaceCode.objects.values_list("code12", "valid_from", "valid_to", "place_id")
    for code12, start, end, number in spans:
        codes.setdefault(code12, []).append((start, end, number))
        if start <= day and (end is None or day < end):
            present[number] = code12
    cards: dict[int, PlaceCard] = {}
    below: dict[int, list[int]] = {}
    for row in Place.objects.filter(level__in=DIVISIONS).order_by("number").values_list(*CARD_FIELDS):
        card = PlaceCard(*row)
        # a merge that was entered ahead takes the code over on its day, without anybody writing
        code = present.get(card.number) or rules.speakable_code(card.number, card.level)
        cards[card.number] = card if card.code == code else replace(card, code=code)
        if card.parent is not None:
            below.setdefault(card.parent, []).append(card.number)
    heirs: dict[int, list[tuple[int, date]]] = {}
    forebears: dict[int, list[tuple[int, date]]] = {}
    for old, new, day in Succession.objects.order_by("on_day", "id").values_list(
        "old_id", "new_id", "on_day"
    ):
        heirs.setdefault(old, []).append((new, day))
        forebears.setdefault(new, []).append((old, day))
    own_days: dict[int, list[tuple[date, str]]] = {}
    for number, day, sort in OwnDay.objects.values_list("place_id", "day", "sort"):
        own_days.setdefault(number, []).append((day, sort))
    return Tree(
        mark=mark,
        day=day,
        cards=cards,
        below=_tuples(below),
        codes=_tuples(codes),
        heirs=_tuples(heirs),
        forebears=_tuples(forebears),
        own_days=_tuples(own_days),
    )


def _tuples[K, V](lists: dict[K, list[V]]) -> dict[K, tuple[V, ...]]:
    return {key: tuple(values) for key, values in lists.items()}
