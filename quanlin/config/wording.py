"""How times, spans, numbers and states are said in Chinese. Pure: no clock, no database, no framework.

Spans of work are in working minutes; a working day has 450 of them (7.5 h) unless told. Moments are aware
and are said in the zone of the place.
"""

from dataclasses import dataclass
from datetime import date, datetime
from math import floor
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
WORKDAY = 450
SOON = 80  # percent of the allowed time from which a due clock warns
MINUS = "\N{MINUS SIGN}"
WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True)
class StateWords:
    """word: what is written; role: the colour's role, CSS class ``s-<role>``; glyph: symbol of the sprite."""

    word: str
    role: str

    @property
    def glyph(self) -> str:
        return f"s-{self.role}"


STATES = {
    "reported": StateWords("待受理", "waiting"),
    "accepted": StateWords("待派单", "waiting"),
    "assigned": StateWords("已派单", "waiting"),
    "working": StateWords("处置中", "active"),
    "on_hold": StateWords("挂起", "paused"),
    "resolved": StateWords("待核实", "checking"),
    "closed": StateWords("已办结", "done"),
    "declined": StateWords("不予受理", "void"),
    "merged": StateWords("已合并", "void"),
    "returned": StateWords("退回", "back"),
    "reopened": StateWords("重开", "back"),
}


def state_words(code: str) -> StateWords:
    """The words of a state; KeyError for a code that the table does not know."""
    return STATES[code]


def thousands(number: float | None, places: int = 0) -> str:
    """1286 → 1,286; −3.5 with a true minus; unknown is —, never 0."""
    if number is None:
        return "—"
    said = f"{abs(number):,.{places}f}"
    return MINUS + said if number < 0 and float(said.replace(",", "")) else said


def about(number: int) -> str:
    """Totals above ten thousand come from counters and are said roughly: 12345 → 约 1.2 万."""
    return thousands(number) if number < 10_000 else f"约 {number / 10_000:.1f} 万"


def percent(part: float | None, places: int = 1) -> str:
    """A share 0…1 → 95.7%; unknown is —."""
    return "—" if part is None else f"{part * 100:.{places}f}%"


def case_number(number: object) -> str:
    """Digits in fours, to be read aloud: 261123004768 → 2611-2300-4768."""
    digits = str(number)
    return "-".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def span_words(minutes: float, day: int = WORKDAY) -> str:
    """6 分, 1 时 40 分, 1 天 2 时. Two units at most; what is smaller is dropped. ``day`` in minutes."""
    minutes = abs(int(minutes))
    days, rest = divmod(minutes, day)
    hours, left = divmod(rest, 60)
    if days:
        return f"{days} 天 {hours} 时" if hours else f"{days} 天 {left} 分" if left else f"{days} 天"
    if hours:
        return f"{hours} 时 {left} 分" if left else f"{hours} 时"
    return f"{left} 分"


def hours_words(minutes: float) -> str:
    """Never in days, so that a column of them can be added up: 8 时 20 分."""
    return span_words(minutes, day=10**9)


def spoken_span(minutes: int, day: int = WORKDAY) -> str:
    """The same for the ear: 5 小时 15 分钟."""
    return span_words(minutes, day).replace("时", "小时").replace("分", "分钟")


def clock_words(moment: datetime) -> str:
    """9:20, in the place's zone."""
    here = moment.astimezone(ZONE)
    return f"{here.hour}:{here.minute:02d}"


def when_words(moment: datetime, now: datetime) -> str:
    """9:20 today, 昨 16:20, 明 9:00, 11-23 8:36 this year, else 2025-11-23."""
    here, today = moment.astimezone(ZONE), now.astimezone(ZONE).date()
    days = (here.date() - today).days
    if days == 0:
        return clock_words(moment)
    if days in (-1, 1):
        return f"{'昨' if days < 0 else '明'} {clock_words(moment)}"
    if here.year == today.year:
        return f"{here.month:02d}-{here.day:02d} {clock_words(moment)}"
    return here.date().isoformat()


def full_when(moment: datetime) -> str:
    """2026年11月24日 星期二 09:20: on hover and in print."""
    here = moment.astimezone(ZONE)
    return f"{here.year}年{here.month}月{here.day}日 星期{WEEKDAYS[here.weekday()]} {here:%H:%M}"


def day_words(day: date, today: date) -> str:
    """今天, 昨天, 明天, 后天, else 11月24日, with the year when it is another one."""
    near = {-1: "昨天", 0: "今天", 1: "明天", 2: "后天"}.get((day - today).days)
    if near:
        return near
    said = f"{day.month}月{day.day}日"
    return said if day.year == today.year else f"{day.year}年{said}"


def promise_words(due_at: datetime, now: datetime) -> str:
    """What residents are told: 今天 16:55 前, 11月26日 9:00 前."""
    return (
        f"{day_words(due_at.astimezone(ZONE).date(), now.astimezone(ZONE).date())} {clock_words(due_at)} 前"
    )


@dataclass(frozen=True)
class DueWords:
    """level: ok, soon, over, paused, done, late or none; used: percent of the allowed time, 0…100."""

    level: str
    words: str
    spoken: str
    used: int = 0


def due_words(
    *,
    now: datetime,
    due_at: datetime | None,
    allowed_minutes: int | None,
    left_minutes: float | None,
    paused: datetime | bool | None = None,
    early_minutes: float | None = None,
    audience: str = "staff",
    day: int = WORKDAY,
) -> DueWords:
    """Time against the promise. Staff read what is left, in working time; residents read the date.

    left_minutes is negative when over; early_minutes says that the work is done, and is negative when late;
    paused is the moment until which it waits, or True. Parts of a minute are dropped, an overdue one counts whole.
    """
    left_minutes = None if left_minutes is None else floor(left_minutes)
    if early_minutes is not None:
        early_minutes = int(early_minutes)
        late = early_minutes < 0
        if early_minutes == 0:
            words = "按时办结"
        else:
            words = f"{'晚' if late else '提前'} {span_words(early_minutes, day)}办结"
        return DueWords("late" if late else "done", words, words, 100)
    if paused:
        until = f"，到 {day_mark(paused, now)}" if isinstance(paused, datetime) else ""
        return DueWords("paused", f"挂起{until}", f"挂起{until}，不计时")
    if due_at is None or left_minutes is None:
        return DueWords("none", "不限时", "不限时")
    if audience == "resident":
        promise = promise_words(due_at, now)
        if left_minutes < 0:
            said = f"超过约定 {span_words(left_minutes, day)}"
            return DueWords("over", said, f"{said}，原定{promise}", 100)
        return DueWords("ok", promise, promise, used_share(allowed_minutes, left_minutes))
    ends = f"{day_words(due_at.astimezone(ZONE).date(), now.astimezone(ZONE).date())} {clock_words(due_at)}"
    if left_minutes < 0:
        return DueWords(
            "over",
            f"超 {span_words(left_minutes, day)}",
            f"超时 {spoken_span(left_minutes, day)}，{ends}到期",
            100,
        )
    used = used_share(allowed_minutes, left_minutes)
    left = "剩不到 1 分" if left_minutes == 0 else f"剩 {span_words(left_minutes, day)}"
    spoken = f"剩余 {spoken_span(left_minutes, day)}，{ends}到期"
    return DueWords("soon" if used >= SOON else "ok", left, spoken, used)


def used_share(allowed_minutes: int | None, left_minutes: int) -> int:
    """Percent of the allowed time that is gone, 0…100; 0 when nothing is known."""
    if not allowed_minutes:
        return 0
    return max(0, min(100, (allowed_minutes - left_minutes) * 100 // allowed_minutes))


def day_mark(moment: datetime, now: datetime) -> str:
    """12-01, or 16:20 when it is today: what stands beside 挂起，到."""
    here = moment.astimezone(ZONE)
    if here.date() == now.astimezone(ZONE).date():
        return clock_words(moment)
    return (
        f"{here.month:02d}-{here.day:02d}"
        if here.year == now.astimezone(ZONE).year
        else here.date().isoformat()
    )


def middle_cut(text: str, longest: int = 22) -> str:
    """A place is cut in the middle, for both ends say something: 市中区…3 号楼 1502."""
    if len(text) <= longest:
        return text
    front = (longest - 1) // 3
    return f"{text[:front].rstrip()}…{text[len(text) - (longest - 1 - front) :].lstrip()}"


def greeting(now: datetime) -> str:
    """早上好, 上午好, 中午好, 下午好, 晚上好 by the hour of the place."""
    hour = now.astimezone(ZONE).hour
    for until, words in (
        (5, "夜深了"),
        (9, "早上好"),
        (11, "上午好"),
        (13, "中午好"),
        (18, "下午好"),
        (24, "晚上好"),
    ):
        if hour < until:
            return words
    raise AssertionError("an hour is below 24")
