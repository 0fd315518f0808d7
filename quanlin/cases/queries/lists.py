"""Lists of cases: one statement a page, by keyset, each filter on an index that the desk's pages use."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from django.db import connection

from quanlin.cases.queries.kinds import kind_of
from quanlin.cases.rules import clocks, words
from quanlin.cases.rules.catalogue import GROUPS
from quanlin.cases.rules.moves import OPEN, STATES
from quanlin.cases.rules.numbers import parse_number
from quanlin.cases.rules.words import CHANNELS
from quanlin.kit import clock
from quanlin.kit.actor import Actor
from quanlin.kit.errors import NotAllowed, Refused
from quanlin.kit.placenumber import ancestor, level_of
from quanlin.places import queries as places
from quanlin.staff import queries as staff_queries
from quanlin.staff import rules as staff

Order = Literal["newest", "due"]
MOST = 100
SEARCHED = 5000
"""A search for words looks through the newest so many cases that the other filters leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list shows. place: number; state: codes, () for all; group: codes with commas; mine: held by the viewer's unit."""

    place: int = 0
    state: tuple[str, ...] = ()
    kind: str = ""
    group: str = ""
    overdue: bool = False
    q: str = ""
    mine: bool = False
    held: bool = False  # what the viewer's unit ever held
    reporter: UUID | None = None
    channel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One row. left_minutes: working minutes left in the step, negative when over; paused_until: of a hold."""

    id: int
    number: str
    title: str
    state: str
    state_name: str
    kind: str
    kind_name: str
    glyph: str
    group: str
    channel_name: str
    place: int
    place_text: str
    holder_unit: int
    holder_text: str
    level: str
    opened_at: datetime
    changed_at: datetime
    due_at: datetime | None
    promised_at: datetime
    allowed_minutes: int | None
    left_minutes: float
    clock: clocks.Clock
    paused_until: datetime | None
    closed_at: datetime | None
    early_minutes: float | None
    tags: tuple[str, ...]
    urgent: bool
    card: str
    reporters: int
    rounds: int
    rating: int | None
    version: int
    round_the_clock: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of a list. next: cursor of the following page, '' at the end."""

    rows: tuple[CaseRow, ...]
    next: str


COLUMNS = """c.id, c.number, c.title, c.state, c.kind, c.kind_version, c."group", c.place, c.place_text, c.holder_unit, c.level,
c.opened_at, c.changed_at, c.due_at, c.promised_at, c.step_started_at, c.step_allowed, c.closed_at, c.urgent, c.rounds, c.urges,
c.version, c.community, c.work_late, c.returns, c.whistled, c.rating, c.drill, c.channel"""


def case_list(
    filters: Filters, *, viewer: Actor, cursor: str = "", limit: int = 20, order: Order = "newest"
) -> Page:
    """One page of the cases that the viewer may see. Raises Refused for a broken cursor or limit."""
    if not 1 <= limit <= MOST:
        raise Refused("limit", f"一页 1 到 {MOST} 条。", field="limit")
    if viewer.sort != "resident" and not staff.may(viewer, "case.see"):
        raise NotAllowed("not_allowed", staff.decide(viewer, "case.see", staff.Resource()).reason)
    said = words.clean(filters.q, field="q", longest=100, what="搜索的话", required=False)
    for name in ("kind", "group", "channel"):
        if not getattr(filters, name).isprintable():
            raise Refused("not_a_code", "筛选的代码里有看不见的字符，请重新选。", field=name)
    filters = replace(filters, q=said)
    where, values = conditions(filters, viewer)
    if order == "due":
        where.append("c.due_at IS NOT NULL")
        where.append(state_sql(OPEN))
    if cursor:
        where.append(
            "(c.due_at, c.id) > (%(at)s, %(id)s)"
            if order == "due"
            else "(c.opened_at, c.id) < (%(at)s, %(id)s)"
        )
        values["at"], values["id"] = _read_cursor(cursor)
    by = "c.due_at, c.id" if order == "due" else "c.opened_at DESC, c.id DESC"
    values["limit"] = limit + 1
    sql = f"SELECT {COLUMNS} FROM cases_case c WHERE {' AND '.join(where)} ORDER BY {by} LIMIT %(limit)s"  # noqa: S608
    if filters.q and not parse_number(filters.q):
        values["searched"] = SEARCHED
        values["q"] = filters.q
        sql = (
            f"SELECT {COLUMNS} FROM (SELECT * FROM cases_case c WHERE {' AND '.join(where)} ORDER BY {by}"  # noqa: S608
            f" LIMIT %(searched)s) c WHERE position(lower(%(q)s) in lower(c.title || ' ' || c.words || ' ' || c.place_text)) > 0"
            f" ORDER BY {by} LIMIT %(limit)s"
        )
    with connection.cursor() as db:
        db.execute(sql, values)
        found = db.fetchall()
    now = clock.now()
    rows = tuple(row_from(r, now=now) for r in found[:limit])
    last = found[limit - 1] if len(found) > limit else None
    return Page(rows=rows, next=_cursor(last[13] if order == "due" else last[11], last[0]) if last else "")


def state_sql(states: frozenset[str] | tuple[str, ...]) -> str:
    """A condition on states that a partial index of the open ones recognises. States come from the table, never typed."""
    return "c.state IN (" + ",".join(f"'{s}'" for s in sorted(states)) + ")"


def conditions(filters: Filters, viewer: Actor) -> tuple[list[str], dict[str, Any]]:
    """SQL conditions on ``cases_case c`` and their values for what the viewer asks for."""
    where: list[str] = ["true"]
    values: dict[str, Any] = {}
    if viewer.sort == "resident":
        where.append("c.reporter = %(me)s")
        values["me"] = viewer.person
    elif filters.held and viewer.unit:
        where.append("c.id IN (SELECT case_id FROM cases_holding WHERE unit = %(unit)s)")
        values["unit"] = viewer.unit
    elif filters.mine and viewer.unit:
        where.append("c.holder_unit = %(unit)s")
        where.append(state_sql(OPEN))
        values["unit"] = viewer.unit
    else:
        ranges = places.ranges_of(filters.place) if filters.place else viewer.ranges
        if filters.place and not viewer.covers(filters.place) and viewer.sort != "system":
            raise NotAllowed(
                "not_allowed", f"您管的是{viewer.label}，看不了那里的案件。", extra={"field": "place"}
            )
        where.append(_within(filters.place or viewer.place, ranges, values))
    unknown = set(filters.state) - set(STATES)
    if unknown:
        raise Refused(
            "state",
            f"没有「{'、'.join(sorted(unknown))}」这个状态。可以用：{'、'.join(STATES)}。",
            field="state",
        )
    if filters.state:
        where.append(state_sql(filters.state))
    for column in ("kind", "channel"):
        if getattr(filters, column):
            where.append(f"c.{column} = %({column})s")
            values[column] = getattr(filters, column)
    if filters.group:
        groups = filters.group.split(",")
        if set(groups) - set(GROUPS):
            raise Refused("group", f"没有这个分类。可以用：{'、'.join(GROUPS)}。", field="group")
        where.append('c."group" = ANY(%(groups)s)')
        values["groups"] = groups
    if filters.overdue:
        where.append(state_sql(OPEN - {"on_hold"}))
        where.append("c.due_at < %(now)s")
        values["now"] = clock.now()
    number = parse_number(filters.q) if filters.q else None
    if number:
        where.append("c.number = %(number)s")
        values["number"] = number
    return where, values


def _within(place: int, ranges: tuple[tuple[int, int], ...], values: dict[str, Any]) -> str:
    """The narrowest condition for a place: equality on the column of its level, so that an index gives the order too."""
    if not ranges:
        return "false"
    if len(ranges) == 1 and place:
        level = level_of(place)
        if level == "city" or (ranges[0] == (0, 2**63 - 1)):
            return "c.opened_at IS NOT NULL"
        if level in ("district", "street", "community"):
            values["within"] = place
            return f"c.{level} = %(within)s"
        values["low"], values["high"] = ranges[0]
        values["within"] = ancestor(place, "community")
        return "c.community = %(within)s AND c.place BETWEEN %(low)s AND %(high)s"
    parts = []
    for i, (low, high) in enumerate(ranges):
        values[f"low{i}"], values[f"high{i}"] = low, high
        parts.append(f"c.place BETWEEN %(low{i})s AND %(high{i})s")
    return "(" + " OR ".join(parts) + ")"


def row_from(r: tuple, *, now: datetime) -> CaseRow:
    """A CaseRow from the tuple of COLUMNS."""
    kind = kind_of(r[4], r[5])
    state, due, allowed, closed = r[3], r[13], r[16], r[17]
    calendar = places.calendar_for(r[22])
    the_clock = clocks.clock_of(
        state=state, started_at=r[15], due_at=due, allowed=allowed, now=now, kind=kind, calendar=calendar
    )
    early = clocks.minutes_between(closed, r[14], kind=kind, calendar=calendar) if closed else None
    units = staff_queries.units()
    holder = units.get(r[9])
    tags = tuple(
        word
        for word, shown in (
            ("加急", r[18]),
            ("重开", r[19] > 1),
            (f"催 {r[20]} 次", r[20] > 0),
            ("退回", r[24] > 0 and state == "accepted"),
            ("吹哨", r[25]),
            ("演练", r[27]),
        )
        if shown
    )
    return CaseRow(
        id=r[0],
        number=r[1],
        title=r[2],
        state=state,
        state_name=STATES[state],
        kind=r[4],
        kind_name=kind.name,
        glyph=kind.glyph,
        group=r[6],
        channel_name=CHANNELS.get(r[28], r[28]),
        place=r[7],
        place_text=r[8],
        holder_unit=r[9],
        holder_text=holder.name if holder else "",
        level=r[10],
        opened_at=r[11],
        changed_at=r[12],
        due_at=due,
        promised_at=r[14],
        allowed_minutes=allowed,
        left_minutes=the_clock.left,
        clock=the_clock,
        paused_until=due if state == "on_hold" else None,
        closed_at=closed,
        early_minutes=early,
        tags=tags,
        urgent=r[18],
        card="",
        reporters=1,
        rounds=r[19],
        rating=r[26],
        version=r[21],
        round_the_clock=kind.round_the_clock,
    )


def _cursor(at: datetime, id_: int) -> str:
    return urlsafe_b64encode(f"{at.isoformat()} {id_}".encode()).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[datetime, int]:
    try:
        at, id_ = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().rsplit(" ", 1)
        moment, number = datetime.fromisoformat(at).astimezone(UTC), int(id_)
        if not 0 <= number < 2**63:
            raise ValueError
    except (ValueError, OverflowError):
        raise Refused("cursor", "翻页的标记不对。请从第一页重新翻。", field="cursor") from None
    return moment, number
