"""Who handles a kind at a place."""

from quanlin.cases.rules.catalogue import Kind
from quanlin.staff import queries as staff_queries


def route(kind: Kind, place: int, *, desk: int) -> int:
    """The unit that handles the kind at the place: the first handler that exists there, else the desk itself."""
    for handler in kind.handlers:
        if handler.sort == "desk":
            return desk
        card = staff_queries.unit_for(handler.sort, place, speciality=handler.speciality)
        if card is not None:
            return card.id
    return desk
