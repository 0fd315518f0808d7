"""The time as actions see it. Simulation and tests may set it; rules get it as an argument."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_virtual: ContextVar[datetime | None] = ContextVar("virtual_time", default=None)


def now() -> datetime:
    """The present moment, aware, UTC."""
    return _virtual.get() or datetime.now(UTC)


def is_virtual() -> bool:
    """True while somebody plays with a clock of his own."""
    return _virtual.get() is not None


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let ``now()`` answer ``moment`` inside the block. ``moment`` is aware."""
    if moment.tzinfo is None:
        raise ValueError("a moment has a zone")
    token = _virtual.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _virtual.reset(token)
