"""Every write of the room places. Each runs in the scope that ``staff.actions.act_as`` has set."""

from quanlin.places.actions.divisions import Loaded, load_divisions
from quanlin.places.actions.layout import lay_out_community, load_demo
from quanlin.places.actions.outlines import set_outline
from quanlin.places.actions.register import (
    BuildingFacts,
    EstateFacts,
    HomeFacts,
    add_place,
    end_place,
    set_code,
    set_own_day,
)
from quanlin.places.actions.succession import Part, merge_communities, split_community

__all__ = [
    "BuildingFacts",
    "EstateFacts",
    "HomeFacts",
    "Loaded",
    "Part",
    "add_place",
    "end_place",
    "lay_out_community",
    "load_demo",
    "load_divisions",
    "merge_communities",
    "set_code",
    "set_outline",
    "set_own_day",
    "split_community",
]
