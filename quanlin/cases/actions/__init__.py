"""Every write to cases."""

from quanlin.cases.actions.catalogue import publish_kind, publish_shipped
from quanlin.cases.actions.moving import Moved, move_case
from quanlin.cases.actions.opening import Opened, Reporter, open_case
from quanlin.cases.actions.overdue import sweep
from quanlin.cases.actions.photos import Picture, attach_photos, prepare
from quanlin.cases.actions.reading import reveal_reporter
from quanlin.cases.actions.turn import Given

__all__ = [
    "Given",
    "Moved",
    "Opened",
    "Picture",
    "Reporter",
    "attach_photos",
    "move_case",
    "open_case",
    "prepare",
    "publish_kind",
    "publish_shipped",
    "reveal_reporter",
    "sweep",
]
