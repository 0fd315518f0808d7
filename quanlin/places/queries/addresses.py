"""Places by words: in a free text, and as somebody types."""

import contextlib
from dataclasses import dataclass

from quanlin.kit.actor import Actor
from quanlin.kit.errors import NotFound, Refused
from quanlin.kit.placenumber import subtree
from quanlin.places.models import Place, Road
from quanlin.places.queries.cards import by_code, children, last_heir, ranges_of
from quanlin.places.queries.tree import CARD_FIELDS, PlaceCard, Tree, today, tree
from quanlin.places.rules.addresses import BUILDING, Door, NameIndex, door_after, plain, weigh

_CERTAIN, _CLEAR = 0.8, 0.25
_MOST_TEXT = 10_000
_MOST_MATCHES = 10


@dataclass(frozen=True, slots=True)
class Match:
    """A place that a text may mean. score 0…1; ``words`` are those of the text."""

    place: PlaceCard
    score: float
    words: str


def match_address(text: str, *, viewer: Actor, within: int | None = None) -> tuple[Match, ...]:
    """Places that the text may mean, best first, at most ten; empty when it names none.

    Full and shortened names of districts, streets, communities, estates and roads are found anywhere in the text;
    3号楼, 三号楼, 3栋 with unit and door after an estate, or anywhere when ``within`` is a community or finer.
    """
    now = tree()
    said = plain(text[:_MOST_TEXT]) if isinstance(text, str) else ""
    spans = ranges_of(within) if within else None

    def allowed(number: int) -> bool:
        return spans is None or any(low <= number <= high for low, high in spans)

    def covers(high: int, low: int) -> bool:
        if high >= low:
            return False
        return low <= subtree(high, now.card(high).level)[1]

    found = []
    for number, score, spotted in weigh(_names(now).spot(said), covers, allowed):
        card = now.card(number)
        door = door_after(said[spotted.end :]) if card.level in ("estate", "community", "grid") else None
        for finer, words in _behind(now, card, door, viewer):
            bonus = 0.1 if finer.number != number else 0.0
            found.append(Match(finer, round(min(1.0, score + bonus), 3), spotted.words + words))
    if not found and within and now.card(within).level not in ("city", "district", "street"):
        found = _doors_within(now, said, now.card(within), viewer)
    return tuple(sorted(found, key=lambda match: (-match.score, match.place.number)))[:_MOST_MATCHES]


def certain(matches: tuple[Match, ...]) -> PlaceCard | None:
    """The place that is meant beyond reasonable doubt: a high score and no other near it."""
    if not matches or matches[0].score < _CERTAIN:
        return None
    if len(matches) > 1 and matches[0].score - matches[1].score < _CLEAR:
        return None
    return matches[0].place


def _names(now: Tree) -> NameIndex:
    return now.remember(("names",), lambda: _index(now))


def _index(now: Tree) -> NameIndex:
    day = today()
    names = [
        (last_heir(now, card.number, day), card.level, card.name)
        for card in now.cards.values()
        if card.level != "city"
    ]
    estates = Place.objects.filter(level="estate", ended_on=None).values_list(*CARD_FIELDS)
    for row in estates:
        card = now.lower[row[0]] = PlaceCard(*row)
        names.append((card.number, "estate", card.name))
    roads = Road.objects.filter(removed_on=None).values_list("place_id", "name")
    names.extend((last_heir(now, number, day), "road", name) for number, name in roads)
    return NameIndex(names)


def _behind(now: Tree, card: PlaceCard, door: Door | None, viewer: Actor) -> list[tuple[PlaceCard, str]]:
    """The finest places that the door leads to, or the place itself."""
    if door is None:
        return [(card, "")]
    buildings = _named(now, card, "building", door.building, viewer)
    if len(buildings) != 1:
        return [(building, door.building) for building in buildings[:_MOST_MATCHES]] or [(card, "")]
    finest, words = buildings[0], door.building
    for level, name in (("unit", door.unit), ("home", door.home)):
        below = [c for c in children(finest.number, viewer=viewer) if c.level == level and c.name == name]
        if not name or len(below) != 1:
            break
        finest, words = below[0], words + name
    return [(finest, words)]


def _named(now: Tree, card: PlaceCard, level: str, name: str, viewer: Actor) -> list[PlaceCard]:
    below = children(card.number, viewer=viewer)
    found = [child for child in below if child.level == level and child.name == name]
    for child in below:
        if child.level in ("grid", "estate"):
            found.extend(_named(now, child, level, name, viewer))
    return found


def _doors_within(now: Tree, said: str, card: PlaceCard, viewer: Actor) -> list[Match]:
    spot = BUILDING.search(said)
    door = door_after(said[spot.start() :]) if spot else None
    if door is None:
        return []
    found = [pair for pair in _behind(now, card, door, viewer) if pair[0].number != card.number]
    return [Match(place, round(0.9 / len(found), 3), words) for place, words in found]


def search_places(
    text: str, *, viewer: Actor, within: int | None = None, limit: int = 20
) -> tuple[PlaceCard, ...]:
    """Places for a search field, best first: by code, by address, then by any part of a name or path.

    within: number of a place whose subtree is searched. Empty for a text that says nothing. ``limit`` 1…100.
    """
    if not 1 <= limit <= 100:
        raise Refused("bad_limit", "没有查找：每次最多列出 100 个地点。", field="limit")
    said = plain(text[:200]) if isinstance(text, str) else ""
    if not said:
        return ()
    now, day = tree(), today()
    spans = ranges_of(within) if within else ((0, 2**63 - 1),)
    found: dict[int, PlaceCard] = {}

    def take(card: PlaceCard) -> None:
        if card.living(day) and any(low <= card.number <= high for low, high in spans):
            found.setdefault(card.number, card)

    if said.isascii():
        with contextlib.suppress(Refused, NotFound):
            take(by_code(said, viewer=viewer))
    for match in match_address(said, viewer=viewer, within=within):
        take(match.place)
    for card in (*now.cards.values(), *_estates(now)):
        if len(found) >= limit:
            break
        if said in card.name:
            take(card)
    return tuple(found.values())[:limit]


def _estates(now: Tree) -> list[PlaceCard]:
    _names(now)
    return [card for card in list(now.lower.values()) if card.level == "estate"]
