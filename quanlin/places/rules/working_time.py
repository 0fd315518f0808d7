"""The working calendar: which minutes count. Case limits and the responsibility axis are measured with it.

Holidays and make-up days come from the library ``chinesecalendar``, which follows the State Council's yearly
notice. A year that the library does not know yet counts plain Monday to Friday, and a warning says so once.

A calendar keeps one table per year of the microseconds worked before each day, so that both directions are
one look-up and one bisection however far apart the two moments are.
"""

import warnings
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar

ZONE = ZoneInfo("Asia/Shanghai")
OFFICE_SPANS = ((time(8, 30), time(12, 0)), (time(13, 30), time(17, 30)))
_MINUTE = 60_000_000
_DAY = 24 * 60 * _MINUTE
_warned: set[int] = set()


def _microseconds(moment: time) -> int:
    return ((moment.hour * 60 + moment.minute) * 60 + moment.second) * 1_000_000 + moment.microsecond


@dataclass(frozen=True, slots=True)
class Calendar:
    """When people at a place work.

    zone:            the zone in which days begin and spans are read
    spans:           (from, until) within a working day, in order, not overlapping
    own_off:         days off here although the country works (for example a flood day)
    own_work:        days worked here although the country rests
    round_the_clock: every minute counts (fire, SOS, leaks); the other fields are then without effect
    """

    zone: ZoneInfo = ZONE
    spans: tuple[tuple[time, time], ...] = OFFICE_SPANS
    own_off: frozenset[date] = frozenset()
    own_work: frozenset[date] = frozenset()
    round_the_clock: bool = False
    _years: dict[int, tuple[int, ...]] = field(default_factory=dict, init=False, compare=False, repr=False)
    _spans: tuple[tuple[int, int], ...] = field(default=(), init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        spans = tuple((_microseconds(start), _microseconds(end)) for start, end in self.spans)
        edges = [edge for span in spans for edge in span]
        if not edges or any(b <= a for a, b in zip(edges, edges[1:], strict=False)):
            raise ValueError("spans of a day are in order, not empty and do not overlap")
        object.__setattr__(self, "_spans", spans)

    def worked_before(self, year: int) -> tuple[int, ...]:
        """Microseconds worked from 1 January until the start of each day; last, those of the whole year."""
        table = self._years.get(year)
        if table is None:
            whole = sum(end - start for start, end in self._spans)
            total, sums = 0, [0]
            day, last = date(year, 1, 1), date(year, 12, 31)
            while True:
                total += whole if is_working_day(day, self) else 0
                sums.append(total)
                if day == last:
                    break
                day += timedelta(days=1)
            table = self._years[year] = tuple(sums)
        return table

    def until(self, moment: datetime) -> tuple[int, int]:
        """(year, microseconds worked in that year before the moment)."""
        local = moment.astimezone(self.zone)
        table = self.worked_before(local.year)
        index = local.timetuple().tm_yday - 1
        before = table[index]
        if table[index + 1] == before:
            return local.year, before
        clock = _microseconds(local.time())
        for start, end in self._spans:
            if clock <= start:
                break
            before += min(clock, end) - start
        return local.year, before


OFFICE_HOURS = Calendar()
ROUND_THE_CLOCK = Calendar(round_the_clock=True)


def is_working_day(day: date, calendar: Calendar = OFFICE_HOURS) -> bool:
    """Whether people work there on the day: own days first, then the country's, then Mon–Fri."""
    if calendar.round_the_clock or day in calendar.own_work:
        return True
    if day in calendar.own_off:
        return False
    try:
        return chinese_calendar.is_workday(day)
    except NotImplementedError:
        if day.year not in _warned:
            _warned.add(day.year)
            warnings.warn(
                f"no public holidays are known for {day.year}: Monday to Friday count as working days",
                stacklevel=2,
            )
        return day.weekday() < 5


def _aware(*moments: datetime) -> None:
    if any(moment.tzinfo is None for moment in moments):
        raise ValueError("a moment has a zone")


def working_minutes(start: datetime, end: datetime, calendar: Calendar = OFFICE_HOURS) -> float:
    """Working minutes from ``start`` to ``end`` (both aware); negative when ``end`` lies before ``start``."""
    _aware(start, end)
    if end < start:
        return -working_minutes(end, start, calendar)
    if calendar.round_the_clock:
        return (end - start) / timedelta(minutes=1)
    first_year, before = calendar.until(start)
    last_year, after = calendar.until(end)
    between = sum(calendar.worked_before(year)[-1] for year in range(first_year, last_year))
    return (between + after - before) / _MINUTE


def working_minutes_of(
    spans: Iterable[tuple[datetime, datetime]], calendar: Calendar = OFFICE_HOURS
) -> float:
    """Working minutes of several spans together, as the sum of each (holds and steps do not overlap)."""
    return sum(working_minutes(start, end, calendar) for start, end in spans)


def add_working_minutes(start: datetime, minutes: float, calendar: Calendar = OFFICE_HOURS) -> datetime:
    """The earliest moment (UTC) by which ``minutes`` working minutes have passed since ``start`` (aware).

    No minutes: ``start`` itself. A limit that fills a span ends with it (17:30), not at the next one's start.
    Raises ValueError for a negative or endless number of minutes.
    """
    _aware(start)
    if not 0 <= minutes < 10_000_000:
        raise ValueError("minutes are between 0 and 10,000,000")
    if minutes == 0 or calendar.round_the_clock:
        return (start + timedelta(minutes=minutes)).astimezone(UTC)
    year, before = calendar.until(start)
    target = before + round(minutes * _MINUTE)
    barren = 0
    while target > (total := calendar.worked_before(year)[-1]):
        target -= total
        year += 1
        barren = 0 if total else barren + 1
        if barren > 2:
            raise ValueError("nobody works in this calendar")
    # the day in which the sum first reaches the target
    day_index = bisect_left(calendar.worked_before(year), target) - 1
    left = target - calendar.worked_before(year)[day_index]
    for begin, end in calendar._spans:
        if left <= end - begin:
            midnight = datetime(year, 1, 1, tzinfo=calendar.zone) + timedelta(days=day_index)
            return (midnight + timedelta(microseconds=begin + left)).astimezone(UTC)
        left -= end - begin
    raise AssertionError("a day's sum is the sum of its spans")


def working_spans(
    start: datetime, end: datetime, calendar: Calendar = OFFICE_HOURS
) -> tuple[tuple[datetime, datetime], ...]:
    """The stretches between ``start`` and ``end`` (aware) in which people work: lunch and nights are gaps."""
    _aware(start, end)
    if calendar.round_the_clock:
        return ((start, end),) if start < end else ()
    day, last = start.astimezone(calendar.zone).date(), end.astimezone(calendar.zone).date()
    found = []
    while day <= last:
        if is_working_day(day, calendar):
            for opens, closes in calendar.spans:
                begin = max(start, datetime.combine(day, opens, calendar.zone))
                finish = min(end, datetime.combine(day, closes, calendar.zone))
                if begin < finish:
                    found.append((begin, finish))
        day += timedelta(days=1)
    return tuple(found)
