"""What every page's frame needs."""

from django.conf import settings
from django.http import HttpRequest

from quanlin.kit.actor import NOBODY
from quanlin.staff import rules as staff


def frame(request: HttpRequest) -> dict:
    """actor, role name, elder mode; costs no statement."""
    actor = getattr(request, "actor", NOBODY)
    return {
        "actor": actor,
        "role_name": staff.role_name(actor),
        "elder": request.COOKIES.get("elder") == "1",
        "demo": settings.DEMO,
        "here": request.path,
    }
