"""Choosing one's home step by step, from the city down, without scripts."""

from dataclasses import dataclass

from quanlin.kit.actor import Actor
from quanlin.kit.errors import NotFound, Refused
from quanlin.kit.placenumber import LEVEL_NAMES
from quanlin.places import queries as places
from quanlin.places.queries import PlaceCard


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: the way that was gone, and what to choose from. what: the level's Chinese name."""

    path: tuple[PlaceCard, ...]
    choices: tuple[PlaceCard, ...]
    what: str


def place_number(text: str) -> int:
    """A place number from a form. Raises Refused."""
    if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) >= 2**63:
        raise Refused("place", "没有选上：请从列表里选一个地点。", field="home")
    return int(text)


def step(at: str, *, viewer: Actor) -> Step:
    """The step below the place ``at`` (a number as text); the first one, of districts, for ''."""
    if not at:
        choices = places.divisions(("district",))
        return Step(path=(), choices=choices, what=LEVEL_NAMES["district"])
    number = place_number(at)
    try:
        here = places.chain(number)
    except NotFound:
        raise Refused("place", "没有选上：这个地点已经不在了。请从头再选。", field="home") from None
    choices = places.children(number, viewer=viewer)
    what = "、".join(dict.fromkeys(LEVEL_NAMES[card.level] for card in choices))
    return Step(path=here[1:], choices=choices, what=what)
