"""What can happen to what people are told."""

from dataclasses import dataclass
from typing import ClassVar

from quanlin.kit.facts import Fact, RecordKind, declare


@declare
@dataclass(frozen=True, slots=True, kw_only=True)
class SmsQueued(Fact):
    """An SMS waits in the outbox. Number and words stay there, sealed."""

    name: ClassVar[str] = "notices.sms_queued"
    subject: ClassVar[str] = "sms"
    record_kind: ClassVar[RecordKind] = "thing"
