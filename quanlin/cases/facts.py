"""What can happen to a case. Ids only: words and photos live beside the case and are named by id."""

from dataclasses import dataclass
from typing import ClassVar

from quanlin.kit.facts import Fact, RecordKind, declare


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFact(Fact):
    """What all facts of a case carry, so that counters and screens need no second look.

    number: the case's number; kind, group: catalogue codes; state, level: after the fact; was: state before;
    holder: unit that holds it now; remark: id of the words that came with it, 0 for none; step: the holding's number.
    """

    subject: ClassVar[str] = "case"
    record_kind: ClassVar[RecordKind] = "situation"
    number: str
    kind: str
    group: str
    state: str
    was: str
    level: str
    holder: int
    remark: int = 0
    urgent: bool = False


def _case_fact(name: str, doc: str, **extra: type) -> type[CaseFact]:
    """A fact of a case: most differ only in name and one or two fields."""
    body = {
        "__annotations__": {"name": ClassVar[str], **extra},
        "name": f"cases.{name}",
        "__doc__": doc,
        "__module__": __name__,
    }
    title = "".join(part.title() for part in name.split("_"))
    return declare(dataclass(frozen=True, slots=True, kw_only=True)(type(title, (CaseFact,), body)))


Reported = _case_fact(
    "reported",
    "A case was opened. channel: page, api, desk, import, qr; sort: who reported.",
    channel=str,
    sort=str,
)
Accepted = _case_fact("accepted", "The desk took it in.")
Declined = _case_fact("declined", "The desk declined it, with a reason and where to turn.", reason=str)
KindChanged = _case_fact(
    "kind_changed", "It was put under another kind; limits were computed anew.", old_kind=str, old_group=str
)
Assigned = _case_fact("assigned", "It was given to a unit.", unit=int)
Taken = _case_fact("taken", "The unit took it.")
Returned = _case_fact(
    "returned",
    "The unit gave it back with a reason and, if it can, a proposed owner.",
    reason=str,
    proposed=int,
)
Escalated = _case_fact("escalated", "It was handed to the level above.", old_level=str)
Whistled = _case_fact("whistled", "A department was called.", unit=int)
Arrived = _case_fact("arrived", "The department that was called reported in.")
Held = _case_fact("held", "The unit put it on hold until a day.", reason=str, until=str)
Resumed = _case_fact("resumed", "Work goes on.")
Resolved = _case_fact("resolved", "The unit says it is done.", photos=int)
Closed = _case_fact(
    "closed", "It was verified and closed.", reason=str, on_time=bool, closed_level=str, minutes=int
)
Rejected = _case_fact("rejected", "Verification found it not done.")
Rated = _case_fact("rated", "The reporter rated it.", rating=int)
Refused = _case_fact(
    "refused",
    "The reporter does not accept the closure; it is open again one level above.",
    old_level=str,
    old_closed_level=str,
    old_rating=int,
    was_on_time=bool,
)
Urged = _case_fact("urged", "Somebody asked to hurry.", times=int)
Noted = _case_fact("noted", "Somebody wrote a note.")
PhotosAdded = _case_fact("photos_added", "Photos were added.", photos=int)
BecameOverdue = _case_fact("became_overdue", "The running step passed its limit.", overdue_step=str)


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class KindPublished(Fact):
    """A version of a kind came into force."""

    name: ClassVar[str] = "cases.kind_published"
    subject: ClassVar[str] = "kind"
    record_kind: ClassVar[RecordKind] = "matter"
    version: int
