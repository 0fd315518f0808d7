"""Pages of the room staff: signing in with a second factor, one's own account, the switch of hats."""

from quanlin.staff.web.routes import pages, routes

__all__ = ["pages", "routes"]
