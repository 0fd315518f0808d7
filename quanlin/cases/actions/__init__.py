"""Every write to cases."""

from quanlin.cases.actions.catalogue import publish_kind, publish_shipped
from quanlin.cases.actions.moving import Given, Moved, move_case
from quanlin.cases.actions.opening import Opened, Reporter, open_case
from quanlin.cases.actions.overdue import sweep

__all__ = [
    "Given",
    "Moved",
    "Opened",
    "Reporter",
    "move_case",
    "open_case",
    "publish_kind",
    "publish_shipped",
    "sweep",
]
