"""What a board shows of a place, read from the counters: the same few statements however many cases there are."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

import orjson
from django.db import connection

from quanlin.boards import rules
from quanlin.cases import queries as cases
from quanlin.cases.queries.overdue import MOST_OVERDUE, most_overdue, overdue_count
from quanlin.cases.rules.catalogue import GROUPS
from quanlin.cases.rules.moves import OPEN, STATES
from quanlin.journal import queries as journal
from quanlin.kit import clock
from quanlin.kit.actor import NOBODY, Actor
from quanlin.kit.errors import NotAllowed, NotFound
from quanlin.places import queries as places
from quanlin.staff import rules as staff

BELOW = {"city": "district", "district": "street", "street": "community"}
SILENT_SECONDS = 30
"""The relay shows itself every second; a board whose numbers are older says so."""
NEWEST, LATEST = 5, 3

_DAILY = f"""
SELECT place, day, {", ".join(rules.COLUMNS)} FROM boards_daily WHERE place = ANY(%s) AND day >= %s AND day <= %s
"""  # noqa: S608
_MONTHLY = """
SELECT place, sum(opened), sum(closed), sum(on_time) FROM boards_daily
WHERE place = ANY(%s) AND day >= %s AND day <= %s GROUP BY place
"""
_STOCK = """
SELECT place = ANY(%(own)s), CASE WHEN place = ANY(%(own)s) THEN 0 ELSE place END,
       CASE WHEN place = ANY(%(own)s) THEN "group" ELSE '' END, CASE WHEN place = ANY(%(own)s) THEN state ELSE '' END,
       sum(cases) FILTER (WHERE state = ANY(%(open)s)), sum(cases)
FROM boards_stock WHERE place = ANY(%(own)s) OR place = ANY(%(parts)s) GROUP BY 1, 2, 3, 4
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Closures of the month at one level; share in percent, None when there are none at all."""

    code: str
    name: str
    closed: int
    share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Open cases of a group; states: (code, cases) in the order of a case's life."""

    code: str
    name: str
    cases: int
    states: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A place on the map. rate: percent on time this month; step: 1…5 of the map's ramp, 0 unknown; rank: from 1.

    counted: whether a case was ever counted here.
    """

    card: places.PlaceCard
    name: str
    rank: int | None
    rate: float | None
    step: int
    opened: int
    closed: int
    on_time: int
    running: int
    counted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A case as a wall may show it: what kind, where roughly, how it stands. No words of anybody."""

    number: str
    kind: str
    where: str
    state: str
    state_name: str
    opened_at: datetime
    today: bool
    late_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Everything about one place. Numbers are None before the first case was ever counted there.

    last_week: opened on the same weekday a week ago, the whole day; overdue is capped at ``overdue_most`` + 1;
    trend: (day, percent on time of the seven days up to it, closures in them), oldest first.
    counted_at: up to when facts are counted; behind: that this is longer ago than it should be.
    """

    place: places.PlaceCard
    level: str
    parts_level: str
    day: date
    read_at: datetime
    counted_at: datetime | None
    behind: bool
    opened: int | None
    last_week: int | None
    closed: int | None
    running: int | None
    overdue: int | None
    overdue_most: int
    month_opened: int | None
    month_closed: int | None
    rate: float | None
    target: float
    rated: int | None
    satisfied: float | None
    refused: int | None
    escalated: int | None
    urged: int | None
    trend: tuple[tuple[date, float | None, int], ...]
    levels: tuple[Level, ...]
    groups: tuple[Group, ...]
    parts: tuple[Part, ...]
    newest: tuple[Line, ...]
    latest: tuple[Line, ...]


def start_of(viewer: Actor) -> int:
    """Where the viewer's board begins: the place of his grant. Raises NotAllowed when he has none."""
    decision = staff.decide(viewer, "board.see", staff.Resource())
    if not decision.allow:
        raise NotAllowed("not_allowed", decision.reason)
    if not viewer.place:
        return places.divisions(("city",))[0].number
    card = places.current(viewer.place)
    if card.level not in rules.LEVELS:
        raise NotAllowed("no_board", f"您管的是{viewer.label}，大屏从社区开始。请社区把社区的大屏授权给您。")
    return card.number


def check_may_see(number: int, viewer: Actor) -> places.PlaceCard:
    """The card of a place whose board the viewer may see. Raises NotAllowed, NotFound."""
    start_of(viewer)
    card = places.current(number)
    if card.level not in rules.LEVELS:
        raise NotFound("no_board", f"{card.name}没有大屏。大屏到社区为止，请打开它的社区。")
    if not viewer.covers(card.number):
        raise NotAllowed(
            "not_allowed", f"您管的是{viewer.label}，看不了{card.name}的大屏。请回到您自己的大屏。"
        )
    return card


def board(number: int, *, viewer: Actor) -> Board:
    """The board of a place: eight statements. Raises NotAllowed, NotFound."""
    card = check_may_see(number, viewer)
    now = clock.now()
    today = rules.day_of(now)
    month = today.replace(day=1)
    shown = _shown(card, viewer)
    own = rules.counted_numbers(card.number, places.ranges_of(card.number))
    of = {n: c.number for c in shown for n in rules.counted_numbers(c.number, places.ranges_of(c.number))}
    days = _days(own, min(month, today - timedelta(days=rules.TREND_DAYS + rules.WINDOW_DAYS)), today)
    monthly = _monthly(of, month, today)
    stock, running, counted = _stock(own, of)
    counted_ever = bool(stock)
    totals = Counter({name: sum(c[name] for d, c in days.items() if d >= month) for name in rules.COLUMNS})
    lag = journal.lag()
    behind = lag.seen_at is None or (now - lag.seen_at).total_seconds() > SILENT_SECONDS

    def known(value: int) -> int | None:
        return max(value, 0) if counted_ever else None

    return Board(
        place=card,
        level=card.level,
        parts_level=shown[0].level if shown else "",
        day=today,
        read_at=now,
        counted_at=now - timedelta(seconds=lag.seconds) if not behind else lag.seen_at,
        behind=behind,
        opened=known(days[today]["opened"]),
        last_week=known(days[today - timedelta(days=7)]["opened"]),
        closed=known(days[today]["closed"]),
        running=known(sum(n for (_, state), n in stock.items() if state in OPEN)),
        overdue=overdue_count(card.number, viewer) if counted_ever else None,
        overdue_most=MOST_OVERDUE,
        month_opened=known(totals["opened"]),
        month_closed=known(totals["closed"]),
        rate=rules.rate_of(totals["on_time"], totals["closed"]),
        target=rules.TARGET,
        rated=known(totals["rated"]),
        satisfied=rules.rate_of(totals["satisfied"], totals["rated"]),
        refused=known(totals["refused"]),
        escalated=known(totals["escalated"]),
        urged=known(totals["urged"]),
        trend=rules.windowed({d: (c["on_time"], c["closed"]) for d, c in days.items()}, today),
        levels=_levels(totals),
        groups=_groups(stock),
        parts=_parts(shown, monthly, running, counted),
        newest=_lines(
            cases.case_list(cases.Filters(place=card.number), viewer=viewer, limit=NEWEST).rows, card
        ),
        latest=_lines(most_overdue(card.number, viewer, LATEST), card) if counted_ever else (),
    )


def _shown(card: places.PlaceCard, viewer: Actor) -> tuple[places.PlaceCard, ...]:
    """The places that are ranked: those below, or a community and its neighbours, as far as the viewer's range goes."""
    if card.level in BELOW:
        return tuple(c for c in places.children(card.number, viewer=viewer) if c.level == BELOW[card.level])
    street = places.at_level(card.number, "street")
    beside = places.children(street.number, viewer=viewer) if street else (card,)
    return tuple(c for c in beside if c.level == "community" and viewer.covers(c.number))


def _days(own: tuple[int, ...], first: date, last: date) -> "_Days":
    found: dict[date, Counter[str]] = {}
    for _, day, *values in _rows(_DAILY, [list(own), first, last]):
        found.setdefault(day, Counter()).update(dict(zip(rules.COLUMNS, values, strict=True)))
    return _Days(found)


class _Days(dict[date, Counter[str]]):
    """Days without a row count nothing."""

    def __missing__(self, day: date) -> Counter[str]:
        return Counter()


def _monthly(of: Mapping[int, int], month: date, today: date) -> dict[int, Counter[str]]:
    found: dict[int, Counter[str]] = {}
    for place, opened, closed, on_time in _rows(_MONTHLY, [list(of), month, today]):
        found.setdefault(of[place], Counter()).update(
            {"opened": opened, "closed": closed, "on_time": on_time}
        )
    return found


def _stock(
    own: tuple[int, ...], of: Mapping[int, int]
) -> tuple[Counter[tuple[str, str]], Counter[int], set[int]]:
    """Own cases by (group, state); open cases of each place shown; places where a case was ever counted."""
    stock: Counter[tuple[str, str]] = Counter()
    running: Counter[int] = Counter()
    counted: set[int] = set()
    values = {"own": list(own), "parts": [n for n in of if n not in own], "open": sorted(OPEN)}
    for mine, place, group, state, in_work, every in _rows(_STOCK, values):
        if mine:
            stock[group, state] += every
            continue
        running[of[place]] += in_work or 0
        counted.add(of[place])
    for number in {of[n] for n in own if n in of}:  # a community among its neighbours
        running[number] += sum(n for (_, state), n in stock.items() if state in OPEN)
        counted.update([number] if stock else [])
    return stock, running, counted


def _levels(totals: Mapping[str, int]) -> tuple[Level, ...]:
    closed = {level: max(totals[f"closed_{level}"], 0) for level in rules.CLOSED_LEVELS}
    every = sum(closed.values())
    return tuple(
        Level(code=code, name=rules.level_name(code), closed=n, share=rules.rate_of(n, every))
        for code, n in closed.items()
    )


def _groups(stock: Mapping[tuple[str, str], int]) -> tuple[Group, ...]:
    order = [state for state in STATES if state in OPEN]
    found = []
    for code, name in GROUPS.items():
        states = tuple((state, max(stock.get((code, state), 0), 0)) for state in order)
        total = sum(n for _, n in states)
        if total:
            found.append(Group(code=code, name=name, cases=total, states=states))
    return tuple(sorted(found, key=lambda group: (-group.cases, group.name)))


def _parts(
    shown: tuple[places.PlaceCard, ...],
    monthly: Mapping[int, Counter[str]],
    running: Counter[int],
    counted: set[int],
) -> tuple[Part, ...]:
    """Ranked by rate, best first; those without closures after them, those without data last."""
    made = []
    for card in shown:
        month = monthly.get(card.number, Counter())
        rate = rules.rate_of(month["on_time"], month["closed"])
        made.append((card, rate, month))
    made.sort(
        key=lambda m: (m[1] is None, -(m[1] or 0), m[0].number not in counted, -m[2]["closed"], m[0].number)
    )
    return tuple(
        Part(
            card=card,
            name=rules.short_name(card.name),
            rank=rank if rate is not None else None,
            rate=rate,
            step=rules.step_of(rate),
            opened=max(month["opened"], 0),
            closed=max(month["closed"], 0),
            on_time=max(month["on_time"], 0),
            running=running[card.number],
            counted=card.number in counted,
        )
        for rank, (card, rate, month) in enumerate(made, start=1)
    )


def _lines(rows: tuple[cases.CaseRow, ...], card: places.PlaceCard) -> tuple[Line, ...]:
    below, today = BELOW.get(card.level, ""), rules.day_of(clock.now())
    lines = []
    for row in rows:
        part = places.at_level(row.place, below) if below else None
        lines.append(
            Line(
                number=row.number,
                kind=row.kind_name,
                where=rules.short_name(part.name) if part else "",
                state=row.state,
                state_name=row.state_name,
                opened_at=row.opened_at,
                today=rules.day_of(row.opened_at) == today,
                late_minutes=max(0, -int(row.left_minutes)) if row.left_minutes is not None else 0,
            )
        )
    return tuple(lines)


def _rows(statement: str, values: list | dict) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """The outlines of a board's places and their names; schematic: drawn for orientation, not surveyed."""

    drawing: rules.Drawing
    names: Mapping[int, str]
    schematic: bool


def map_of(number: int, *, viewer: Actor) -> Map:
    """The map of a place: what lies below it; beside a community its neighbours. Drawn once per state of the register."""
    card = places.current(number)
    if card.level in BELOW:
        outlines = places.outline_geojson(card.number, BELOW[card.level], viewer=viewer)
    else:
        street = places.at_level(card.number, "street")
        outlines = places.outline_geojson((street or card).number, "community", viewer=viewer)
    return _drawn(outlines)


@lru_cache(maxsize=64)
def _drawn(outlines: bytes) -> Map:
    features = orjson.loads(outlines)["features"]
    rings, names = {}, {}
    for feature in features:
        number = places.by_code(feature["properties"]["code"], viewer=NOBODY).number
        rings[number] = [ring for part in feature["geometry"]["coordinates"] for ring in part]
        names[number] = rules.short_name(feature["properties"]["name"])
    return Map(
        drawing=rules.draw(rings, names),
        names=names,
        schematic=any(feature["properties"]["schematic"] for feature in features),
    )
