"""What the API takes and answers, as OpenAPI shows it.

Answers are built from the queries' own dataclasses and are not validated again on the way out (a list of twenty
would cost a quarter more); tests/agreed.py holds each answer of the tests to these schemas instead.
"""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field, Strict, WithJsonSchema

from quanlin.cases.rules.catalogue import FIELD_TYPES, GROUPS
from quanlin.cases.rules.moves import MOVES, STATES
from quanlin.staff.rules import PURPOSES


def _is_text(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("a moment is a text like 2026-11-24T09:30:00+08:00")
    return value


Moment = Annotated[AwareDatetime, Strict(False), BeforeValidator(_is_text)]
"""ISO 8601 with zone."""

FieldValues = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
            "maxProperties": 60,
        }
    ),
]
State = Literal[tuple(STATES)]  # type: ignore[valid-type]
Group = Literal[tuple(GROUPS)]  # type: ignore[valid-type]


class Given(Schema):
    """Base of what is taken: exact types, and nothing that we do not know."""

    model_config = ConfigDict(extra="forbid", strict=True)


class CaseIn(Given):
    """A new case. Where: ``place``, or ``lat`` and ``lng`` (with ``crs``), or both."""

    kind: str = Field(description="Code of a kind, see /kinds.", examples=["street_light"])
    text: str = Field(description="What it is about: 1 to 5,000 characters.", examples=["楼下路灯三天不亮了"])
    title: str = Field("", description="At most 80 characters; made from the text when empty.")
    place: str = Field(
        "", description="Code of a community or something below it.", examples=["370103012001"]
    )
    lat: float | None = Field(None, description="Latitude of the matter, in the system that crs names.")
    lng: float | None = None
    crs: Literal["wgs84", "gcj02", "bd09"] = "wgs84"
    place_text: str = Field("", description="Where exactly, in words; at most 160 characters.")
    fields: FieldValues = Field(default_factory=dict, description="The kind's own fields by code.")
    urgent: bool = False
    public: bool = Field(False, description="May be shown to neighbours without the reporter.")
    reporter_sort: Literal["", "resident", "grid_worker", "staff", "partner"] = Field(
        "", description="For staff who report on behalf of somebody. Residents always report as themselves."
    )


class CaseMade(Schema):
    """The case that a submission made; the same for each repetition of it."""

    number: str
    url: str
    promised_at: datetime = Field(description="By when it is handled if every step takes what it may.")


class CaseOut(Schema):
    """One case in a list."""

    number: str
    title: str
    state: State
    state_name: str
    kind: str
    kind_name: str
    group: str
    place: str = Field(description="Code of the place.")
    place_text: str
    level: str = Field(description="Level of the desk that answers for it now.")
    holder_unit: int
    holder: str
    opened_at: datetime
    changed_at: datetime
    due_at: datetime | None = Field(description="When the running step is due.")
    promised_at: datetime
    closed_at: datetime | None
    clock: Literal["ok", "soon", "over", "paused", "done", "none"]
    left_minutes: float = Field(
        description="Minutes of the kind's time left in the step, negative when over."
    )
    tags: list[str]
    urgent: bool
    rounds: int = Field(description="2 after a refused closure.")
    rating: int | None
    version: int = Field(description="Send it with a move.")


class CasePageOut(Schema):
    """One page of a list. ``next`` is the cursor of the following page, null at the end."""

    items: list[CaseOut]
    next: str | None


class LabelledOut(Schema):
    """A field as it is read."""

    label: str
    value: str


class ReporterOut(Schema):
    """The reporter, masked; see /cases/{number}/reveal."""

    sort: str
    name: str
    phone: str


class ChoiceOut(Schema):
    """A move that is possible for the asker now. ``needs``: what must come with it."""

    move: str
    verb: str
    needs: list[str]


class StepOut(Schema):
    """One of the five steps."""

    name: str
    state: Literal["done", "now", "todo"]


class OneCaseOut(CaseOut):
    """One case, whole."""

    text: str
    fields: list[LabelledOut]
    channel: str
    reporter: ReporterOut
    place_names: list[str] = Field(description="From the city down.")
    grid_unit: str
    desk_unit: int
    holder_phone: str
    lat: float | None = Field(description="WGS-84")
    lng: float | None
    closing_reason: str
    closed_level: str
    public: bool
    invented: bool
    moves: list[ChoiceOut]
    steps: list[StepOut]


class PhotoOut(Schema):
    """A photo. ``url`` asks for permission each time; ``?size=thumb`` gives a small one."""

    id: UUID
    url: str
    alt: str
    stage: str
    width: int
    height: int
    at: datetime


class PhotosOut(Schema):
    """Photos of a case, oldest first."""

    items: list[PhotoOut]


class TimelineItemOut(Schema):
    """One entry of the timeline."""

    entry: int
    at: datetime
    fact: str
    verb: str
    sentence: str
    who_unit: str
    who_person: str
    words: str
    photos: list[PhotoOut]
    node: str
    internal: bool


class TimelineOut(Schema):
    """The timeline, newest first."""

    items: list[TimelineItemOut]


class HoldingOut(Schema):
    """One unit's holding of the case. ``segments``: stretches of working time."""

    unit: str
    step: str
    round: int
    started_at: datetime
    ended_at: datetime | None
    due_at: datetime | None
    segments: list[tuple[datetime, datetime]]
    used_minutes: float
    allowed_minutes: int | None
    overdue: bool
    paused: bool
    ended_by: str


class AxisOut(Schema):
    """The responsibility axis, oldest holding first."""

    items: list[HoldingOut]


class UnitOut(Schema):
    """A unit that serves the place. ``suggested``: where the kind's own rule sends the case."""

    id: int
    name: str
    sort: str
    speciality: str
    level: str
    suggested: bool


class UnitsOut(Schema):
    """Units that the case can be given to, nearest first."""

    items: list[UnitOut]


class MoveIn(Given):
    """One move. ``version`` is what the mover saw; each move asks for its own part of the rest."""

    move: str = Field(
        description="、".join(f"{m.code} {m.verb}" for m in MOVES.values()), examples=["accept"]
    )
    version: int
    words: str = ""
    reason: str = ""
    unit: int | None = None
    until: Moment | None = None
    closing_reason: str = ""
    kind: str = ""
    rating: int | None = None
    where_to: str = ""
    internal: bool = Field(False, description="A note that the reporter does not see.")


class MovedOut(Schema):
    """The case after the move."""

    number: str
    state: State
    version: int
    holder_unit: int
    due_at: datetime | None


class RevealIn(Given):
    """Why the reporter's name and phone are needed."""

    purpose: Literal[tuple(PURPOSES)] = Field(  # type: ignore[valid-type]
        description="、".join(f"{code} {words}" for code, words in PURPOSES.items())
    )


class RevealOut(Schema):
    """The reporter, whole. It was recorded, and the person can see who looked."""

    name: str
    phone: str
    left_this_hour: int


class ChoiceValueOut(Schema):
    """One value of a choice."""

    value: str
    words: str


class KindFieldOut(Schema):
    """One field of the form."""

    code: str
    label: str
    type: Literal[tuple(sorted(FIELD_TYPES))]  # type: ignore[valid-type]
    required: bool
    help: str
    unit: str
    low: float | None
    high: float | None
    choices: list[ChoiceValueOut]


class KindOut(Schema):
    """A kind of cases in force."""

    code: str
    version: int
    name: str
    group: Group
    group_name: str
    scenario: str
    hint: str
    fields: list[KindFieldOut]
    limits: dict[str, int] = Field(description="Minutes per step, of working time unless round_the_clock.")
    round_the_clock: bool
    photo_to_resolve: bool
    open_to: list[str]
    decline_reasons: list[str]


class KindsOut(Schema):
    """All kinds in force."""

    items: list[KindOut]


class SuggestIn(Given):
    """Words for which a kind is looked for."""

    text: str = Field(examples=["电梯又停了"])


class SuggestionOut(Schema):
    """A kind that the words speak for. ``share`` of the score, 0 to 1."""

    code: str
    name: str
    share: float


class SuggestionsOut(Schema):
    """Best first; empty when nothing speaks for any."""

    items: list[SuggestionOut]
