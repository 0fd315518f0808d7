"""Reading notices and, in the demonstration, the outbox."""

from dataclasses import dataclass
from datetime import datetime

from quanlin.kit import sealing
from quanlin.kit.actor import Actor
from quanlin.notices.models import Notice, Outgoing


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeCard:
    """One line of the bell."""

    id: int
    title: str
    link: str
    at: datetime
    read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsCard:
    """One SMS as the demonstration's outbox shows it."""

    to: str
    words: str
    made_at: datetime


def sealed_field(key: str, column: str) -> sealing.Field:
    """Where a sealed value of the outbox lives."""
    return sealing.Field("notices_outgoing", column, key.replace("|", "/"))


def notices_of(viewer: Actor, *, limit: int = 50) -> tuple[NoticeCard, ...]:
    """One's own newest lines."""
    rows = Notice.objects.filter(account=viewer.account).order_by("-at")[:limit]
    return tuple(
        NoticeCard(id=n.pk, title=n.title, link=n.link, at=n.at, read=n.read_at is not None) for n in rows
    )


def unread_count(viewer: Actor) -> int:
    """How many of one's own lines are unread, at most 100."""
    return len(Notice.objects.filter(account=viewer.account, read_at=None).values_list("pk", flat=True)[:100])


def outbox(*, limit: int = 30) -> tuple[SmsCard, ...]:
    """The newest messages, opened: for the demonstration's page only, in the system's scope."""
    return tuple(
        SmsCard(
            to=sealing.open_(bytes(o.to_sealed), field=sealed_field(o.key, "to_sealed")),
            words=sealing.open_(bytes(o.words_sealed), field=sealed_field(o.key, "words_sealed")),
            made_at=o.made_at,
        )
        for o in Outgoing.objects.order_by("-made_at")[:limit]
    )
