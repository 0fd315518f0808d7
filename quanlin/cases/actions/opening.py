"""Opening a case: one case per submission, however often it arrives."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db import connection

from quanlin.cases import facts
from quanlin.cases.actions.photos import Picture, keep_photos
from quanlin.cases.models import Case
from quanlin.cases.queries.kinds import the_kind
from quanlin.cases.rules import clocks, numbers, words
from quanlin.cases.rules.forms import check_fields
from quanlin.journal.actions import record
from quanlin.kit import clock
from quanlin.kit.actor import Actor
from quanlin.kit.errors import Refused
from quanlin.kit.placenumber import ancestor, has_level
from quanlin.places import queries as places
from quanlin.staff import queries as staff_queries
from quanlin.staff import rules as staff


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Who reported: the person if known, the sort, and what lists may show of him."""

    sort: str
    person: UUID | None = None
    mask: str = ""
    phone_mask: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The case that a submission made, now or when it first arrived."""

    id: int
    number: str
    entry: int
    repeated: bool
    due_at: datetime | None
    promised_at: datetime | None
    holder_unit: int


_INSERT = """
WITH opened AS (
  INSERT INTO cases_case (
    number, intake_key, intake_digest, kind, kind_version, "group", scenario, title, words, fields,
    place, community, street, district, estate, place_text, lat, lng,
    reporter, reporter_mask, reporter_phone_mask, reporter_sort, channel, site, mirrored, drill, invented, public, urgent,
    state, level, desk_unit, holder_unit, units, whistled, returns, rounds, urges, version, step_seq,
    step_started_at, step_allowed, due_at, promised_at, work_late, overdue_seq, opened_at, changed_at,
    closing_reason, closed_level, rating_stands)
  VALUES (
    %(number)s, %(intake_key)s, %(digest)s, %(kind)s, %(kind_version)s, %(group)s, %(scenario)s, %(title)s, %(words)s,
    %(fields)s, %(place)s, %(community)s, %(street)s, %(district)s, %(estate)s, %(place_text)s, %(lat)s, %(lng)s,
    %(reporter)s, %(mask)s, %(phone_mask)s, %(sort)s, %(channel)s, %(site)s, %(mirrored)s, %(drill)s, %(invented)s,
    %(public)s, %(urgent)s, 'reported', %(level)s, %(desk)s, %(desk)s, ARRAY[%(desk)s]::bigint[], false, 0, 1, 0, 1, 1,
    %(now)s, %(allowed)s, %(due)s, %(promised)s, false, 0, %(now)s, %(now)s, '', '', false)
  ON CONFLICT DO NOTHING RETURNING id),
held AS (
  INSERT INTO cases_holding (case_id, place, seq, step, unit, round, started_at, due_at, allowed, ended_by)
  SELECT id, %(place)s::bigint, 1, 'accept', %(desk)s::bigint, 1, %(now)s::timestamptz, %(due)s::timestamptz,
    %(allowed)s::int, '' FROM opened)
SELECT id FROM opened
"""


def open_case(
    *,
    kind: str,
    text: str,
    place: int,
    actor: Actor,
    key: str,
    reporter: Reporter,
    channel: str,
    title: str = "",
    fields: Mapping[str, object] | None = None,
    place_text: str = "",
    lat: float | None = None,
    lng: float | None = None,
    urgent: bool = False,
    public: bool = False,
    drill: bool = False,
    invented: bool = False,
    mirrored: bool = False,
    site: int | None = None,
    photos: Sequence[Picture] = (),
) -> Opened:
    """Open a case of a kind at a place (number). ``lat``/``lng`` are WGS-84. Must run in the actor's transaction.

    key: what the sender calls this submission. The same key with the same content answers the first case; with
    other content Refused (``key_reused``). Raises NotAllowed, NotFound, Refused with the field.
    """
    if channel not in words.CHANNELS:
        raise Refused("channel", f"没有「{channel}」这个来源。", field="channel")
    if not 1 <= len(key) <= 80 or not key.isprintable():
        raise Refused("key", "这次提交的标识是 1 到 80 个可见字符。", field="Idempotency-Key")
    the = the_kind(kind)
    if actor.sort == "resident" and "resident" not in the.open_to:
        raise Refused("kind_closed", f"「{the.name}」不由居民直接报。请找社区。", field="kind")
    said = words.clean(text, field="text", longest=words.LONGEST_WORDS, what="什么事")
    title = words.clean(title, field="title", longest=words.LONGEST_TITLE, what="标题", required=False)
    place_text = words.clean(place_text, field="place_text", longest=160, what="地点说明", required=False)
    filled = check_fields(the, fields or {})
    where = places.place(place, viewer=actor)
    if not has_level(place, "community"):
        raise Refused("place_too_wide", f"「{where.name}」范围太大，请选到社区或更细。", field="place")
    staff.check(actor, "case.open", staff.Resource(place=place, owner=reporter.person))
    community = ancestor(place, "community")
    desk = staff_queries.unit_for("desk", place)
    if desk is None:
        raise Refused("no_desk", "这个地方还没有开通受理。请打 12345，或选附近的社区。", field="place")

    now = clock.now()
    calendar = places.calendar_for(community)
    allowed = the.limit("accept")
    due = clocks.due_after(now, allowed, kind=the, calendar=calendar)
    given = {
        "kind": kind,
        "text": said,
        "title": title,
        "place": place,
        "fields": filled,
        "place_text": place_text,
        "urgent": urgent,
        "lat": lat,
        "lng": lng,
    }
    digest = sha256(json.dumps(given, sort_keys=True, ensure_ascii=False).encode()).digest()
    values = {
        **given,
        "digest": digest,
        "intake_key": f"{actor.sort}{actor.account or 0}:{key}",
        "kind_version": the.version,
        "group": the.group,
        "scenario": the.scenario,
        "title": title or words.title_from(said),
        "words": said,
        "fields": json.dumps(filled, ensure_ascii=False),
        "community": community,
        "street": ancestor(place, "street"),
        "district": ancestor(place, "district"),
        "estate": ancestor(place, "estate") if has_level(place, "estate") else None,
        "place_text": place_text or where.path,
        "reporter": reporter.person,
        "mask": reporter.mask,
        "phone_mask": reporter.phone_mask,
        "sort": reporter.sort,
        "channel": channel,
        "site": site,
        "mirrored": mirrored,
        "drill": drill,
        "invented": invented,
        "public": public,
        "level": desk.level,
        "desk": desk.id,
        "now": now,
        "allowed": allowed,
        "due": due,
        "promised": clocks.promise(now, kind=the, calendar=calendar),
    }
    with connection.cursor() as cursor:
        for _ in range(8):
            number = numbers.draw_number(now)
            cursor.execute(_INSERT, {**values, "number": number})
            row = cursor.fetchone()
            if row is not None:
                break
            first = _first(cursor, values["intake_key"], digest)
            if first is not None:
                return first
        else:
            raise Refused("no_number", "编号没取到，内容还在。请再按一次提交。")
    entry = record(
        facts.Reported(
            subject_id=str(row[0]),
            place=place,
            units=(desk.id,),
            persons=(reporter.person,) if reporter.person else (),
            drill=drill,
            number=number,
            kind=kind,
            group=the.group,
            state="reported",
            was="",
            level=desk.level,
            holder=desk.id,
            channel=channel,
            sort=reporter.sort,
            urgent=urgent,
        ),
        actor=actor,
    )
    keep_photos(photos, case=Case(pk=row[0], place=place), entry=entry, stage="report", actor=actor)
    return Opened(
        id=row[0],
        number=number,
        entry=entry,
        repeated=False,
        due_at=due,
        promised_at=values["promised"],
        holder_unit=desk.id,
    )


def _first(cursor, intake_key: str, digest: bytes) -> Opened | None:
    cursor.execute(
        "SELECT id, number, intake_digest, due_at, promised_at, holder_unit FROM cases_case WHERE intake_key = %s",
        [intake_key],
    )
    row = cursor.fetchone()
    if row is None:
        return None
    if bytes(row[2]) != digest:
        raise Refused(
            "key_reused",
            "这个提交标识已经用在另一件事上。内容不同的话，请换一个标识再交。",
            field="Idempotency-Key",
            extra={"number": row[1]},
        )
    return Opened(
        id=row[0],
        number=row[1],
        entry=0,
        repeated=True,
        due_at=row[3],
        promised_at=row[4],
        holder_unit=row[5],
    )
