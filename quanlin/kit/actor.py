"""Who is doing something, as every action and query is told."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

Sort = Literal["staff", "resident", "device", "system", "partner", "nobody"]

WHOLE: tuple[tuple[int, int], ...] = ((0, 2**63 - 1),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """One account acting under one grant. ``ranges`` are inclusive ranges of place numbers.

    A person with several grants acts under one at a time (docs/adr/0003), so that a permission and an audit
    entry always name a single reason.
    """

    sort: Sort
    account: int | None = None
    role: str = ""
    grant: int | None = None
    unit: int | None = None
    unit_sort: str = ""
    level: str = ""
    place: int = 0
    ranges: tuple[tuple[int, int], ...] = ()
    person: UUID | None = None
    label: str = ""
    session: str = ""
    purposes: frozenset[str] = field(default_factory=frozenset)
    can_write: bool = True

    def covers(self, place: int) -> bool:
        """Whether the place number lies in what the grant covers."""
        return any(low <= place <= high for low, high in self.ranges)


SYSTEM = Actor(sort="system", role="system", ranges=WHOLE, label="系统")
NOBODY = Actor(sort="nobody", label="未登录")
