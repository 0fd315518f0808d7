"""Who may change the register of places: a table. The area is asked of the actor, the role of this table."""

from quanlin.kit.actor import Actor
from quanlin.kit.errors import NotAllowed

MAY_CHANGE = {
    "load_divisions": frozenset({"system"}),
    "add_place": frozenset({"system", "business_manager"}),
    "end_place": frozenset({"system", "business_manager"}),
    "set_code": frozenset({"system", "business_manager"}),
    "set_outline": frozenset({"system", "business_manager"}),
    "merge_communities": frozenset({"system", "business_manager"}),
    "split_community": frozenset({"system", "business_manager"}),
    "set_own_day": frozenset({"system", "business_manager"}),
    "lay_out": frozenset({"system", "business_manager"}),
}


def may_change(actor: Actor, verb: str, place: int) -> bool:
    """Whether the actor may do ``verb`` at ``place``."""
    return actor.can_write and actor.role in MAY_CHANGE[verb] and actor.covers(place)


def check_may_change(actor: Actor, verb: str, *places: int) -> None:
    """Raises NotAllowed unless the actor may do ``verb`` at every one of ``places``."""
    if not all(may_change(actor, verb, place) for place in places):
        raise NotAllowed(
            "may_not_change_places",
            "没有改动地点：您当前的岗位或管辖范围不包括这项操作。请联系所在街道的业务管理员。",
        )
