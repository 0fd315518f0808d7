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
    """One SMS, opened. key: the same when it is sent again after a fault."""

    key: str
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
    return tuple(_opened(row) for row in Outgoing.objects.order_by("-made_at")[:limit])


def waiting_sms(outgoing: int) -> SmsCard | None:
    """An SMS that was not sent yet, opened for the gateway; None when it went. In the system's scope."""
    row = Outgoing.objects.filter(pk=outgoing, sent_at=None).first()
    return _opened(row) if row else None


def _opened(row: Outgoing) -> SmsCard:
    return SmsCard(
        key=row.key,
        to=sealing.open_(bytes(row.to_sealed), field=sealed_field(row.key, "to_sealed")),
        words=sealing.open_(bytes(row.words_sealed), field=sealed_field(row.key, "words_sealed")),
        made_at=row.made_at,
    )
