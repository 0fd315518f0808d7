"""One place, its chain, its children, and who it was before."""

from collections.abc import Sequence
from datetime import date

from quanlin.kit.actor import Actor
from quanlin.kit.errors import NotFound
from quanlin.kit.placenumber import LEVELS, subtree
from quanlin.places import rules
from quanlin.places.models import Place
from quanlin.places.queries.tree import CARD_FIELDS, DIVISIONS, PlaceCard, Tree, today, tree

_DEPTH = {level: depth for depth, level in enumerate(LEVELS)}


def place(number: int, *, viewer: Actor) -> PlaceCard:
    """The card of the place with this number. Raises NotFound."""
    return tree().card(number)


def by_code(code: str, *, viewer: Actor, on: date | None = None) -> PlaceCard:
    """The place that a code meant on a day: an official one of 6, 9 or 12 digits, or a speakable one.

    Without ``on`` an official code that is no longer valid leads to the successor of the place that had it
    last, so that an old poster still works. Raises Refused for no code, NotFound for a code of no place.
    """
    now = tree()
    if not rules.is_official(code.strip() if isinstance(code, str) else ""):
        number, level = rules.parse_speakable(code)
        card = now.card(number)
        if card.level != level:
            raise NotFound("no_such_place", "没有这个编码的地点。请核对编码，或重新扫描地点二维码。")
        return card if on else current(number)
    official = rules.parse_official(code).code12
    spans = now.codes.get(official, ())
    day = on or today()
    for start, end, number in spans:
        if start <= day and (end is None or day < end):
            return now.card(number)
    past = [span for span in spans if span[1] is not None and span[1] <= day]
    if past and on is None:
        return current(max(past)[2])
    sentence = "没有这个编码的地点。请核对 12 位区划代码，或重新扫描地点二维码。"
    if spans and on is not None:
        sentence = f"区划代码 {official} 在 {on:%Y-%m-%d} 没有启用。请核对代码和日期。"
    raise NotFound("no_such_place", sentence)


def _heirs(now: Tree, number: int, on: date) -> tuple[int, ...]:
    return tuple(new for new, day in now.heirs.get(number, ()) if day <= on)


def last_heir(now: Tree, number: int, on: date) -> int:
    """The place as which this one goes on: itself while it lives, or when it went on as several."""
    while True:
        found = _heirs(now, number, on)
        if len(found) != 1 or now.card(number).living(on):
            return number
        number = found[0]


def current(number: int, on: date | None = None) -> PlaceCard:
    """The place that is shown for this one on a day (today): its successor after a merge, else itself."""
    now = tree()
    return now.card(last_heir(now, number, on or today()) if now.heirs else number)


def _above(now: Tree, number: int, on: date) -> int | None:
    found = _heirs(now, number, on)
    if len(found) == 1:  # a living part that was given to another community
        return last_heir(now, found[0], on)
    parent = now.card(number).parent
    return None if parent is None else last_heir(now, parent, on)


def chain(number: int, on: date | None = None) -> tuple[PlaceCard, ...]:
    """The places from the city down to this one, as they stand on a day (today). Raises NotFound."""
    now, day = tree(), on or today()
    return now.remember(("chain", number, day if now.heirs else None), lambda: _chain(now, number, day))


def _chain(now: Tree, number: int, day: date) -> tuple[PlaceCard, ...]:
    if not now.heirs:
        line = [now.card(number)]
        while line[-1].parent is not None:
            line.append(now.card(line[-1].parent))
        return tuple(reversed(line))
    step: int | None = last_heir(now, number, day)
    line = []
    while step is not None:
        line.append(now.card(step))
        step = _above(now, step, day)
    return tuple(reversed(line))


def at_level(number: int, level: str, on: date | None = None) -> PlaceCard | None:
    """The place of ``level`` in the chain of this one, or None when there is none."""
    return next((card for card in chain(number, on) if card.level == level), None)


def children(number: int, *, viewer: Actor) -> tuple[PlaceCard, ...]:
    """The places directly below that exist today, in order, with those taken over from predecessors."""
    now, day = tree(), today()
    now.card(number)
    return now.remember(("children", number, day), lambda: _children(now, number, day))


def _children(now: Tree, number: int, day: date) -> tuple[PlaceCard, ...]:
    if now.card(number).level in DIVISIONS[:-1]:
        own = [now.cards[child] for child in now.below.get(number, ())]
    else:
        rows = Place.objects.filter(parent_id=number).order_by("number").values_list(*CARD_FIELDS)
        own = [PlaceCard(*row) for row in rows]
        now.lower.update((card.number, card) for card in own)
    found = [card for card in own if card.living(day) and not _heirs(now, card.number, day)]
    for old, since in now.forebears.get(number, ()):
        if since > day:
            continue
        if now.card(old).living(day):
            found.append(now.card(old))
        elif len(_heirs(now, old, day)) == 1:
            found.extend(_children(now, old, day))
    return tuple(sorted(found, key=lambda card: (_DEPTH[card.level], card.number)))


def divisions(levels: Sequence[str]) -> tuple[PlaceCard, ...]:
    """All places of these levels (city to community) that exist today, in the order of their numbers."""
    day = today()
    return tuple(card for card in tree().cards.values() if card.level in levels and card.living(day))


def ranges_of(number: int, on: date | None = None) -> tuple[tuple[int, int], ...]:
    """Inclusive number ranges of all that belongs to the place on a day (today), few and in order.

    The subtree; what other places handed to it or to a place below it (story 13); without what left it. After
    a split, what lies directly on the old community belongs to each of the new ones, its parts to one.
    """
    now, day = tree(), on or today()
    if not now.heirs:
        return (subtree(number, now.card(number).level),)
    return now.remember(("ranges", number, day), lambda: _ranges(now, number, day))


def _ranges(now: Tree, number: int, day: date) -> tuple[tuple[int, int], ...]:
    number = last_heir(now, number, day)
    card = now.card(number)
    low, high = subtree(number, card.level)
    ranges = [(low, high)]
    if not card.living(day):
        return tuple(ranges)
    pieces = []
    for old in now.heirs:
        found = _heirs(now, old, day)
        if not found:
            continue
        mine = any(low <= end <= high for end in _ends(now, found, day))
        span = subtree(old, now.card(old).level) if len(found) == 1 else (old, old)
        pieces.append((span, mine))
    # from the largest to the smallest: what was handed on later, in part, has the last word
    for span, mine in sorted(pieces, key=lambda piece: piece[0][0] - piece[0][1]):
        ranges = _with(ranges, span) if mine else _without(ranges, span)
    return tuple(ranges)


def _ends(now: Tree, heirs: tuple[int, ...], day: date) -> set[int]:
    ends: set[int] = set()
    waiting = list(heirs)
    while waiting:
        number = waiting.pop()
        further = () if now.card(number).living(day) else _heirs(now, number, day)
        if further:
            waiting.extend(further)
        else:
            ends.add(number)
    return ends


def _with(ranges: list[tuple[int, int]], span: tuple[int, int]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for low, high in sorted([*ranges, span]):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return merged


def _without(ranges: list[tuple[int, int]], span: tuple[int, int]) -> list[tuple[int, int]]:
    left: list[tuple[int, int]] = []
    for low, high in ranges:
        if span[1] < low or high < span[0]:
            left.append((low, high))
            continue
        if low < span[0]:
            left.append((low, span[0] - 1))
        if span[1] < high:
            left.append((span[1] + 1, high))
    return left
