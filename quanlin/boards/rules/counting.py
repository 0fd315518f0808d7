"""What each fact adds to the counters. Pure: the same facts always give the same counters."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from quanlin.kit.placenumber import ancestor, has_level

CHINA = ZoneInfo("Asia/Shanghai")
LEVELS = ("city", "district", "street", "community")
CLOSED_LEVELS = ("grid", "community", "street", "district", "city")
COLUMNS = (
    "opened",
    "closed",
    "on_time",
    "overdue",
    "refused",
    "rated",
    "satisfied",
    "urged",
    "escalated",
    "closed_grid",
    "closed_community",
    "closed_street",
    "closed_district",
    "closed_city",
)
SATISFIED_FROM = 4

Daily = dict[tuple[int, date], Counter[str]]
Stock = Counter[tuple[int, str, str]]


def day_of(moment: datetime) -> date:
    """The day in China."""
    return moment.astimezone(CHINA).date()


def _flow(fact: str, data: Mapping[str, Any]) -> dict[str, int]:
    """Changes of the day's columns by one fact."""
    match fact:
        case "cases.reported":
            return {"opened": 1}
        case "cases.closed":
            return {"closed": 1, "on_time": int(data["on_time"]), f"closed_{data['closed_level']}": 1}
        case "cases.refused":
            stood = data["old_rating"]
            return {
                "refused": 1,
                "closed": -1,
                "on_time": -int(data["was_on_time"]),
                f"closed_{data['old_closed_level']}": -1,
                "rated": -int(stood > 0),
                "satisfied": -int(stood >= SATISFIED_FROM),
            }
        case "cases.rated":
            return {"rated": 1, "satisfied": int(data["rating"] >= SATISFIED_FROM)}
        case "cases.became_overdue":
            return {"overdue": 1}
        case "cases.urged":
            return {"urged": 1}
        case "cases.escalated":
            return {"escalated": 1}
    return {}


def places_of(place: int) -> tuple[int, ...]:
    """The divisions that a place counts in, from the city down to its community."""
    return tuple(ancestor(place, level) for level in LEVELS if has_level(place, level))


def changes(entries: Iterable[tuple[str, int, datetime, bool, Mapping[str, Any]]]) -> tuple[Daily, Stock]:
    """Changes of both counters by facts given as (fact, place, at, drill, data)."""
    daily: Daily = defaultdict(Counter)
    stock: Stock = Counter()
    for fact, place, at, drill, data in entries:
        if drill or not fact.startswith("cases.") or "state" not in data:
            continue
        flow = _flow(fact, data)
        old = (data.get("old_group", data["group"]), data["was"])
        new = (data["group"], data["state"])
        for number in places_of(place):
            if flow:
                daily[number, day_of(at)].update(flow)
            if old != new:
                if old[1]:
                    stock[number, *old] -= 1
                stock[number, *new] += 1
    return daily, Counter({key: n for key, n in stock.items() if n})
