"""What follows later: handing SMS to whoever sends them, and telling the security officers."""

from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string
from procrastinate.contrib.django import app

from quanlin.journal import queries as journal
from quanlin.kit.actor import SYSTEM
from quanlin.notices import actions, queries
from quanlin.staff import queries as staff_queries
from quanlin.staff.actions import act_as


class Gateway(Protocol):
    """What sends an SMS: QUANLIN_SMS_GATEWAY names one, as ``package.module.function``.

    phone: 11 digits. key: the same when a message is repeated after a fault, so that a repeat can be dropped.
    Raises when the message was not taken; it is then tried again.
    """

    def __call__(self, *, phone: str, words: str, key: str) -> None: ...


@app.task(queue="notices", name="notices.deliver_sms", retry=4)
def deliver_sms(entry_id: int) -> None:
    """Hand one SMS to the gateway, outside of any transaction. Without a gateway it stays in the outbox."""
    if not settings.SMS_GATEWAY:
        return
    gateway: Gateway = import_string(settings.SMS_GATEWAY)
    with act_as(SYSTEM):
        outgoing = int(journal.entry(entry_id, viewer=SYSTEM).subject_id)
        sms = queries.waiting_sms(outgoing)
    if sms is None:
        return
    try:
        gateway(phone=sms.to, words=sms.words, key=sms.key)
    except Exception as fault:
        with act_as(SYSTEM):
            actions.note_delivery(outgoing=outgoing, fault=type(fault).__name__)
        raise
    with act_as(SYSTEM):
        actions.note_delivery(outgoing=outgoing)


@app.task(queue="notices", name="notices.tell_security")
def tell_security(entry_id: int) -> None:
    """Tell the security officers, once an hour or day, that somebody's budget of readings is used up."""
    with act_as(SYSTEM):
        fact = journal.entry(entry_id, viewer=SYSTEM)
        if not fact.data["first"] or fact.actor_account is None:
            return
        officers = staff_queries.holders_of("security_admin", fact.place)
        span = "一小时" if fact.data["within"] == "hour" else "一天"
        actions.tell(
            entry=entry_id, accounts=officers, title=f"{fact.actor_account} 号账号{span}内查看的个人信息到了上限，已停住",
            link="/notices/",
        )  # fmt: skip
