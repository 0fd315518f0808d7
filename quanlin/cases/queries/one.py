"""One case: its page, its timeline, its responsibility axis."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import connection

from quanlin.cases.models import Case, Photo, Remark
from quanlin.cases.queries.axis import AxisRow, axis_of
from quanlin.cases.queries.kinds import kind_of
from quanlin.cases.queries.lists import COLUMNS, CaseRow, row_from
from quanlin.cases.queries.rows import read_case
from quanlin.cases.queries.standing import standing_of
from quanlin.cases.rules import moves
from quanlin.cases.rules.catalogue import Kind
from quanlin.cases.rules.numbers import CHINA, parse_number
from quanlin.cases.rules.story import Told, tell
from quanlin.journal import queries as journal
from quanlin.kit import clock
from quanlin.kit.actor import Actor
from quanlin.kit.errors import NotAllowed, NotFound
from quanlin.people import queries as people
from quanlin.places import queries as places
from quanlin.staff import queries as staff_queries
from quanlin.staff import rules as staff


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoCard:
    """A picture as a page shows it; the address goes through permission each time."""

    id: UUID
    url: str
    alt: str
    stage: str
    width: int
    height: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineItem:
    """One entry of the timeline. node: step, now, late, back, pause, note; words: what was written with it."""

    entry: int
    at: datetime
    fact: str
    verb: str
    who_unit: str
    who_person: str
    words: str
    sentence: str
    photos: tuple[PhotoCard, ...]
    node: str
    internal: bool
    mine: bool
    proof_url: str

    @property
    def public(self) -> bool:
        """Whether the reporter sees it."""
        return not self.internal


@dataclass(frozen=True, slots=True, kw_only=True)
class StepMark:
    """One of the five steps: state done, now, todo."""

    name: str
    state: str
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """Everything that one page of a case shows, but its timeline."""

    row: CaseRow
    words: str
    fields: tuple[tuple[str, str], ...]
    kind: Kind
    opened_at: datetime
    channel: str
    reporter: UUID | None
    reporter_sort: str
    reporter_mask: str
    reporter_phone_mask: str
    place_chain: tuple[str, ...]
    grid_unit: str
    lat: float | None
    lng: float | None
    closing_reason: str
    closed_level: str
    public: bool
    invented: bool
    holder_phone: str
    desk_unit: int
    moves: tuple[moves.Choice, ...]
    steps: tuple[StepMark, ...]
    refusable: bool


def case_row(number: str, *, viewer: Actor) -> CaseRow:
    """One row for a list that is live. Raises NotFound."""
    check_may_see(viewer)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM cases_case c WHERE c.number = %s", [parse_number(number)])  # noqa: S608
        row = cursor.fetchone()
    if row is None:
        raise _not_found()
    return row_from(row, now=clock.now())


def _not_found() -> NotFound:
    return NotFound("no_case", "没有这件事，或不归您看。请核对编号。")


def check_may_see(viewer: Actor) -> None:
    """Raise NotAllowed for a role that sees no cases; which ones the others see is row security's answer."""
    if not staff.may(viewer, "case.see"):
        raise NotAllowed("not_allowed", staff.decide(viewer, "case.see", staff.Resource()).reason)


def the_case(number: str, *, viewer: Actor) -> Case:
    """The row behind a number in the viewer's scope. Raises NotFound, NotAllowed."""
    check_may_see(viewer)
    parsed = parse_number(number)
    case = read_case(parsed) if parsed else None
    if case is None:
        raise _not_found()
    return case


_ROW = [
    "id",
    "number",
    "title",
    "state",
    "kind",
    "kind_version",
    "group",
    "place",
    "place_text",
    "holder_unit",
    "level",
    "opened_at",
    "changed_at",
    "due_at",
    "promised_at",
    "step_started_at",
    "step_allowed",
    "closed_at",
    "urgent",
    "rounds",
    "urges",
    "version",
    "community",
    "work_late",
    "returns",
    "whistled",
    "rating",
    "drill",
    "channel",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeCase:
    """A case with all that a page of it shows."""

    page: CasePage
    timeline: tuple[TimelineItem, ...]
    axis: tuple[AxisRow, ...]


def whole_case(number: str, *, viewer: Actor) -> WholeCase:
    """Page, timeline and axis of a case, its row read once. Six statements at most. Raises NotFound."""
    case = the_case(number, viewer=viewer)
    return WholeCase(page=_page_of(case, viewer), timeline=_timeline_of(case, viewer), axis=axis_of(case))


def case_page(number: str, *, viewer: Actor) -> CasePage:
    """A case with what the viewer may do now. One statement. Raises NotFound."""
    return _page_of(the_case(number, viewer=viewer), viewer)


def axis(number: str, *, viewer: Actor) -> tuple[AxisRow, ...]:
    """The responsibility axis of a case. Raises NotFound."""
    return axis_of(the_case(number, viewer=viewer))


def _page_of(case: Case, viewer: Actor) -> CasePage:
    now = clock.now()
    kind = kind_of(case.kind, case.kind_version)
    row = row_from(tuple(getattr(case, name) for name in _ROW), now=now)
    standing = standing_of(case)
    choices = moves.possible_moves(viewer, standing, now)
    labels = {f.code: f for f in kind.fields}
    shown = tuple(
        (labels[c].label if c in labels else c, _value_words(labels.get(c), v))
        for c, v in case.fields.items()
    )
    holder = staff_queries.units().get(case.holder_unit)
    grid = staff_queries.unit_for("grid", case.place)
    return CasePage(
        row=row,
        words=case.words,
        fields=shown,
        kind=kind,
        opened_at=case.opened_at,
        channel=case.channel,
        reporter=case.reporter,
        reporter_sort=case.reporter_sort,
        reporter_mask=case.reporter_mask,
        reporter_phone_mask=case.reporter_phone_mask,
        place_chain=tuple(p.name for p in places.chain(case.place)),
        grid_unit=grid.name if grid else "",
        lat=case.lat,
        lng=case.lng,
        closing_reason=moves.CLOSING_REASONS.get(case.closing_reason, ""),
        closed_level=moves.level_name(case.closed_level),
        public=case.public,
        invented=case.invented,
        holder_phone=holder.phone if holder else "",
        desk_unit=case.desk_unit,
        moves=choices,
        steps=_steps(case),
        refusable=any(c.code == "refuse" for c in choices),
    )


def _value_words(field: object, value: object) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    choices = dict(getattr(field, "choices", ()) or ())
    unit = getattr(field, "unit", "")
    return choices.get(str(value), str(value)) + (f" {unit}" if unit else "")


_FIVE = (
    ("受理", "reported"),
    ("派单", "accepted"),
    ("处置", "assigned working on_hold"),
    ("核实", "resolved"),
    ("办结", "closed"),
)


def _steps(case: Case) -> tuple[StepMark, ...]:
    at = next((i for i, (_, states) in enumerate(_FIVE) if case.state in states.split()), 0)
    over = case.state in moves.ENDED
    return tuple(
        StepMark(
            name=name, state="done" if i < at or (over and i <= at) else "now" if i == at else "todo", at=None
        )
        for i, (name, _) in enumerate(_FIVE)
    )


def timeline(number: str, *, viewer: Actor) -> tuple[TimelineItem, ...]:
    """The timeline, newest first: facts, the words and the pictures that came with them. Four statements at most.

    Residents never see internal notes nor the names of those who work below the community.
    """
    return _timeline_of(the_case(number, viewer=viewer), viewer)


def _timeline_of(case: Case, viewer: Actor) -> tuple[TimelineItem, ...]:
    kind = kind_of(case.kind, case.kind_version)
    entries = journal.timeline("case", str(case.pk), viewer=viewer)
    outside = viewer.sort == "resident"
    remarks = {r.pk: r for r in Remark.objects.filter(case=case)}
    photos: dict[int, list[PhotoCard]] = {}
    for p in Photo.objects.filter(case=case).order_by("at"):
        photos.setdefault(p.entry, []).append(photo_card(p))
    names = people.staff_names(
        {e.actor_account for e in entries if e.actor_sort == "staff" and e.actor_account}
    )
    units = staff_queries.units()
    items = []
    for entry in entries:
        remark = remarks.get(entry.data.get("remark", 0))
        if remark is not None and remark.internal and outside:
            continue
        unit = units.get(entry.actor_unit or 0)
        told: Told = tell(
            entry.fact,
            entry.data,
            kind_name=kind.name,
            units={i: u.name for i, u in units.items()},
            outside=outside,
        )
        name = names.get(entry.actor_account or 0, "")
        items.append(
            TimelineItem(
                entry=entry.id,
                at=entry.at,
                fact=entry.fact,
                verb=told.verb,
                sentence=told.sentence,
                node=told.node,
                who_unit=_who(entry, unit, outside=outside),
                who_person="" if outside and unit and unit.sort != "desk" else name,
                words=remark.words if remark else case.words if entry.fact == "cases.reported" else "",
                photos=tuple(photos.get(entry.id, ())),
                internal=bool(remark and remark.internal),
                mine=entry.actor_sort == "resident",
                proof_url=f"/desk/cases/{case.number}/proof/{entry.id}/" if entry.idx is not None else "",
            )
        )
    if case.state in moves.OPEN and items:
        items[-1] = _as_now(items[-1])
    return tuple(reversed(items))


def _who(entry: journal.Entry, unit: staff_queries.UnitCard | None, *, outside: bool) -> str:
    if unit is not None:
        return unit.name
    return {"resident": "您" if outside else "报事人", "system": "系统", "partner": "其他平台"}.get(
        entry.actor_sort, ""
    )


def _as_now(item: TimelineItem) -> TimelineItem:
    return replace(item, node="now") if item.node == "step" else item


def photo_card(p: Photo) -> PhotoCard:
    """A picture's card; its address is opened through permission each time."""
    stage = (
        "报事时" if p.stage == "report" else moves.MOVES[p.stage].verb if p.stage in moves.MOVES else "现场"
    )
    when = p.at.astimezone(CHINA).strftime("%-H:%M")
    return PhotoCard(
        id=p.pk,
        url=f"/photo/{p.pk}",
        alt=f"{stage}照片，{when}",
        stage=p.stage,
        width=p.width,
        height=p.height,
        at=p.at,
    )
