"""Telling people: a line in the bell, an SMS that waits in the outbox."""

from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction

from quanlin.journal.actions import record
from quanlin.kit import clock, masks, sealing
from quanlin.kit.actor import SYSTEM, Actor
from quanlin.kit.errors import NotFound
from quanlin.notices.facts import SmsQueued
from quanlin.notices.models import Notice, Outgoing
from quanlin.notices.queries import sealed_field
from quanlin.people import actions as people
from quanlin.staff.actions import as_system


def tell(*, entry: int, accounts: Iterable[int], title: str, link: str) -> int:
    """Put one line into the bells of accounts. Twice for the same entry and account tells once; answers how many new."""
    rows = [
        Notice(entry=entry, account=a, title=title[:120], link=link, at=clock.now())
        for a in sorted(set(accounts))
    ]
    before = Notice.objects.filter(entry=entry).count()
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    return Notice.objects.filter(entry=entry).count() - before


def queue_sms(*, key: str, phone: str, words: str) -> bool:
    """Put an SMS into the outbox; the same key queues once. Answers whether it was new. In the system's scope."""
    number = masks.normalise_phone(phone)
    row = Outgoing(
        key=key,
        channel="sms",
        to_mask=masks.mask_phone(number),
        made_at=clock.now(),
        to_sealed=sealing.seal(number, field=sealed_field(key, "to_sealed")),
        words_sealed=sealing.seal(words, field=sealed_field(key, "words_sealed")),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return False
    record(SmsQueued(subject_id=str(row.pk)), actor=SYSTEM)
    return True


def send_sign_in_code(*, phone: str, source: str) -> None:
    """Send a resident the code that he signs in with. Raises Refused when asked too often.

    The same happens for a number that is known and one that is not. source: the address that asks.
    """
    with as_system():
        sent = people.send_code(phone=phone, source=source)
        queue_sms(
            key=f"code-{sent.id}",
            phone=phone,
            words=f"【泉邻】验证码 {sent.code}，5 分钟内有效。不要告诉别人。",
        )


def note_delivery(*, outgoing: int, fault: str = "") -> None:
    """Note that a gateway took an SMS, or why it did not. In the system's scope."""
    row = Outgoing.objects.select_for_update().get(pk=outgoing)
    row.tries += 1
    row.last_fault = fault[:200]
    if not fault:
        row.sent_at = clock.now()
    row.save(update_fields=["tries", "last_fault", "sent_at"])


def open_notice(*, notice: int, actor: Actor) -> str:
    """Mark one of one's own lines as read and answer where it leads. Raises NotFound."""
    row = Notice.objects.filter(pk=notice, account=actor.account).first()
    if row is None:
        raise NotFound("no_notice", "没有这条消息。")
    mark_read(actor=actor, notices=[notice])
    return row.link


def mark_read(*, actor: Actor, notices: Sequence[int] | None = None) -> int:
    """Mark one's own lines as read; all of them when none are named."""
    mine = Notice.objects.filter(account=actor.account, read_at=None)
    if notices is not None:
        mine = mine.filter(pk__in=notices)
    return mine.update(read_at=clock.now())
