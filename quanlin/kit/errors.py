"""The four ways to say no. Each has a code for programs and a sentence that tells a person what to do."""

from collections.abc import Mapping
from typing import Any


class QuanlinError(Exception):
    """code: stable word for programs; message: a Chinese sentence; extra: plain JSON values for the caller."""

    status = 400

    def __init__(self, code: str, message: str, *, field: str = "", extra: Mapping[str, Any] | None = None):
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.extra = dict(extra or {})


class NotAllowed(QuanlinError):
    """The actor may not do this. Never says whether the thing exists."""

    status = 403


class NotFound(QuanlinError):
    """There is no such thing in what the actor may see."""

    status = 404


class Conflict(QuanlinError):
    """Somebody else was first; ``extra`` says what changed."""

    status = 409


class Refused(QuanlinError):
    """The request is understood and cannot be done; ``field`` names what is wrong."""

    status = 422


class TooMany(QuanlinError):
    """Asked too often; the sentence says when to come again."""

    status = 429
