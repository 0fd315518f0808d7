"""One's own notices by API."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import ConfigDict

from quanlin.notices import actions, queries

router = Router(tags=["notices"])


class NoticeOut(Schema):
    """One line of the bell."""

    id: int
    title: str
    link: str
    at: datetime
    read: bool


class NoticesOut(Schema):
    """The newest fifty, and how many are unread (at most 100)."""

    items: list[NoticeOut]
    unread: int


class ReadIn(Schema):
    """Which lines were read; all of them when ``ids`` is null."""

    model_config = ConfigDict(extra="forbid", strict=True)
    ids: list[int] | None = None


class ReadOut(Schema):
    """How many were marked."""

    read: int


@router.get("/notices", response=NoticesOut, summary="Own notices")
def notices(request: HttpRequest) -> dict:
    """Newest first."""
    return {"items": queries.notices_of(request.actor), "unread": queries.unread_count(request.actor)}


@router.post("/notices/read", response=ReadOut, summary="Mark notices as read")
def read(request: HttpRequest, payload: ReadIn) -> dict:
    """Own ones only; others are left alone."""
    known = None if payload.ids is None else [i for i in payload.ids if 0 < i < 2**63]
    return {"read": actions.mark_read(actor=request.actor, notices=known)}
