"""Telling people: a line in the bell, an SMS that waits in the outbox."""

from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction

from quanlin.kit import clock, masks, sealing
from quanlin.kit.actor import Actor
from quanlin.notices.models import Notice, Outgoing
from quanlin.notices.queries import sealed_field


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
    return True


def mark_read(*, actor: Actor, notices: Sequence[int] | None = None) -> int:
    """Mark one's own lines as read; all of them when none are named."""
    mine = Notice.objects.filter(account=actor.account, read_at=None)
    if notices is not None:
        mine = mine.filter(pk__in=notices)
    return mine.update(read_at=clock.now())
