"""Limits on codes and readings. Pure."""

from datetime import datetime, timedelta

from quanlin.kit.errors import Refused

CODE_LIFE = timedelta(minutes=5)
CODE_TRIES = 5
CODE_PAUSE = timedelta(seconds=60)
CODES_PER_PHONE_A_DAY = 10
CODES_PER_SOURCE_AN_HOUR = 30
CODES_AN_HOUR = 3000
"""For the whole city: whoever makes it send more wants to spend its money, or to ring many phones."""
CODES_KEPT = timedelta(days=2)


def check_may_send(
    *, now: datetime, last_sent: datetime | None, sent_today: int, from_source_this_hour: int, this_hour: int
) -> None:
    """Raise Refused when another code may not be sent yet. The answer is the same whoever the phone belongs to."""
    if last_sent is not None and now - last_sent < CODE_PAUSE:
        wait = int((CODE_PAUSE - (now - last_sent)).total_seconds()) + 1
        raise Refused(
            "too_soon", f"刚发过一条，请等 {wait} 秒再要。", field="phone", extra={"wait_seconds": wait}
        )
    if sent_today >= CODES_PER_PHONE_A_DAY:
        raise Refused(
            "too_many", "这个号码今天要的验证码太多了。请明天再试，或到社区前台登记。", field="phone"
        )
    if from_source_this_hour >= CODES_PER_SOURCE_AN_HOUR:
        raise Refused("too_many", "这里要的验证码太多了，请过一小时再试。", field="phone")
    if this_hour >= CODES_AN_HOUR:
        raise Refused(
            "too_many", "现在要验证码的人太多，没有发出。请过一小时再试，或到社区前台登记。", field="phone"
        )


def code_is_live(*, now: datetime, sent_at: datetime, tries: int, used: bool) -> bool:
    """Whether a code may still be tried."""
    return not used and tries < CODE_TRIES and now - sent_at <= CODE_LIFE


def check_budget(*, this_hour: int, today: int, per_hour: int, per_day: int) -> str:
    """'' when one more reading is within the budget, else 'hour' or 'day'."""
    if this_hour >= per_hour:
        return "hour"
    return "day" if today >= per_day else ""
