"""What the API answers of a board."""

from datetime import date, datetime

from ninja import Schema

from quanlin.boards.queries import Board, Line


class LevelOut(Schema):
    """Closures of the month at one level; share in percent."""

    code: str
    name: str
    closed: int
    share: float | None


class StateOut(Schema):
    """Open cases in a state."""

    state: str
    cases: int


class GroupOut(Schema):
    """Open cases of a group."""

    code: str
    name: str
    cases: int
    states: list[StateOut]


class PartOut(Schema):
    """A place below (of a community: it and its neighbours). rate: percent on time this month."""

    code: str
    name: str
    rank: int | None
    rate: float | None
    opened: int
    closed: int
    on_time: int
    running: int
    counted: bool


class DayOut(Schema):
    """rate: percent on time of the seven days up to this one, closed: closures in them."""

    day: date
    rate: float | None
    closed: int


class LineOut(Schema):
    """A case without anybody's words. late_minutes: working minutes past the limit."""

    number: str
    kind: str
    where: str
    state: str
    opened_at: datetime
    late_minutes: int

    @classmethod
    def of(cls, line: Line) -> "LineOut":
        """From the board's line."""
        return cls(
            number=line.number,
            kind=line.kind,
            where=line.where,
            state=line.state,
            opened_at=line.opened_at,
            late_minutes=line.late_minutes,
        )


class TodayOut(Schema):
    """last_week: opened on the whole same day a week ago."""

    opened: int | None
    last_week: int | None
    closed: int | None


class MonthOut(Schema):
    """From the first of the month. rate, satisfied: percent."""

    opened: int | None
    closed: int | None
    rate: float | None
    rated: int | None
    satisfied: float | None
    refused: int | None
    escalated: int | None
    urged: int | None


class BoardOut(Schema):
    """The numbers of the wall. null: nothing was ever counted there. overdue stops at overdue_most + 1."""

    code: str
    name: str
    level: str
    day: date
    read_at: datetime
    counted_at: datetime | None
    behind: bool
    target: float
    running: int | None
    overdue: int | None
    overdue_most: int
    today: TodayOut
    month: MonthOut
    trend: list[DayOut]
    levels: list[LevelOut]
    groups: list[GroupOut]
    parts: list[PartOut]
    newest: list[LineOut]
    latest: list[LineOut]

    @classmethod
    def of(cls, board: Board) -> "BoardOut":
        """From the board that the page shows."""
        return cls(
            code=board.place.code,
            name=board.place.name,
            level=board.level,
            day=board.day,
            read_at=board.read_at,
            counted_at=board.counted_at,
            behind=board.behind,
            target=board.target,
            running=board.running,
            overdue=board.overdue,
            overdue_most=board.overdue_most,
            today=TodayOut(opened=board.opened, last_week=board.last_week, closed=board.closed),
            month=MonthOut(
                opened=board.month_opened,
                closed=board.month_closed,
                rate=board.rate,
                rated=board.rated,
                satisfied=board.satisfied,
                refused=board.refused,
                escalated=board.escalated,
                urged=board.urged,
            ),
            trend=[DayOut(day=day, rate=rate, closed=closed) for day, rate, closed in board.trend],
            levels=[
                LevelOut(code=level.code, name=level.name, closed=level.closed, share=level.share)
                for level in board.levels
            ],
            groups=[
                GroupOut(
                    code=group.code,
                    name=group.name,
                    cases=group.cases,
                    states=[StateOut(state=state, cases=cases) for state, cases in group.states],
                )
                for group in board.groups
            ],
            parts=[
                PartOut(
                    code=part.card.code,
                    name=part.card.name,
                    rank=part.rank,
                    rate=part.rate,
                    opened=part.opened,
                    closed=part.closed,
                    on_time=part.on_time,
                    running=part.running,
                    counted=part.counted,
                )
                for part in board.parts
            ],
            newest=[LineOut.of(line) for line in board.newest],
            latest=[LineOut.of(line) for line in board.latest],
        )
