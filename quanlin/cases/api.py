"""Cases by API. Edges are thin: parse, one call, answer."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Literal

import orjson
from django.http import HttpRequest, HttpResponse
from ninja import Header, Router

from quanlin.cases import actions, queries, schemas
from quanlin.cases.actions import Given, Reporter
from quanlin.cases.actions.photos import LARGEST_BYTES, MOST_PHOTOS
from quanlin.cases.queries import CasePage, CaseRow, Filters, PhotoCard
from quanlin.cases.queries.routing import route
from quanlin.cases.rules.catalogue import GROUPS, Kind, suggest
from quanlin.cases.rules.words import LONGEST_WORDS, clean
from quanlin.kit.actor import SYSTEM, Actor
from quanlin.kit.errors import NotFound, QuanlinError, Refused, TooMany
from quanlin.kit.placenumber import level_of
from quanlin.people import queries as people
from quanlin.places import queries as places
from quanlin.places import rules as place_rules
from quanlin.staff import queries as staff_queries

router = Router(tags=["cases"])

DIVISIONS = ("city", "district", "street", "community")
PHOTOS_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["photos"],
                    "properties": {
                        "photos": {
                            "type": "array", "minItems": 1, "maxItems": MOST_PHOTOS,
                            "items": {"type": "string", "format": "binary", "description": "JPEG, PNG or WebP, at most 10 MiB."},
                        }
                    },
                }
            }
        },
    }
}  # fmt: skip
LARGEST_UPLOAD = MOST_PHOTOS * LARGEST_BYTES + 1024 * 1024


class WrongType(QuanlinError):
    """Another content type is wanted."""

    status = 415


class TooLarge(QuanlinError):
    """More than is taken at once."""

    status = 413


def answer(body: object, status: int = 200, **headers: str) -> HttpResponse:
    """JSON made straight from dataclasses and plain values (see schemas)."""
    return HttpResponse(
        orjson.dumps(body, option=orjson.OPT_UTC_Z), status=status, content_type="application/json",
        headers={"Cache-Control": "no-store", **headers},
    )  # fmt: skip


def place_code(number: int) -> str:
    """The code of a place number; no statement: what lies below a community is spoken from its number."""
    level = level_of(number)
    if level in DIVISIONS:
        return places.place(number, viewer=SYSTEM).code
    return place_rules.speakable_code(number, level)


def place_number(code: str, viewer: Actor) -> int:
    """The number behind a code. Raises Refused, naming the field ``place``."""
    try:
        return places.by_code(code, viewer=viewer).number
    except (Refused, NotFound) as fault:
        raise Refused(fault.code, fault.message, field="place") from None


# ── Opening and listing ────────────────────────────────────────────────────────


@router.post("/cases", response={201: schemas.CaseMade, 200: schemas.CaseMade}, summary="Open a case")
def open_case(
    request: HttpRequest,
    payload: schemas.CaseIn,
    idempotency_key: str = Header(alias="Idempotency-Key", min_length=1, max_length=80),
) -> HttpResponse:
    """Opens one case per Idempotency-Key and sender. A repetition with the same content answers 200 with the same
    body and ``Idempotent-Replayed: true``; with other content 422 ``key_reused``.
    """
    actor = request.actor
    try:
        queries.the_kind(payload.kind)
    except NotFound as fault:  # a wrong word in the body, not a wrong address
        raise Refused(fault.code, fault.message, field="kind") from None
    place, lat, lng = _where(payload, actor)
    opened = actions.open_case(
        kind=payload.kind, text=payload.text, place=place, actor=actor, key=idempotency_key,
        reporter=_reporter(actor, payload.reporter_sort), channel="api", title=payload.title, fields=payload.fields,
        place_text=payload.place_text, lat=lat, lng=lng, urgent=payload.urgent, public=payload.public,
    )  # fmt: skip
    url = f"/api/v1/cases/{opened.number}"
    made = {"number": opened.number, "url": url, "promised_at": opened.promised_at}
    if opened.repeated:
        return answer(made, **{"Idempotent-Replayed": "true"})
    return answer(made, 201, Location=url)


def _where(payload: schemas.CaseIn, actor: Actor) -> tuple[int, float | None, float | None]:
    lat, lng = payload.lat, payload.lng
    if (lat is None) != (lng is None):
        raise Refused("point", "经度和纬度要一起给。", field="lng" if lng is None else "lat")
    if not payload.place:
        if lat is None or lng is None:
            raise Refused("empty", "在哪里还没写：给地点编码 place，或经纬度 lat、lng。", field="place")
        found = places.lookup(lat, lng, payload.crs, viewer=actor)
        return found.place.number, found.lat, found.lng
    if lat is not None and lng is not None:
        lat, lng = place_rules.to_wgs84(lat, lng, payload.crs)
    return place_number(payload.place, actor), lat, lng


def _reporter(actor: Actor, sort: str) -> Reporter:
    """Residents report as themselves; staff for somebody, or as what they are."""
    if actor.sort == "resident":
        if sort not in ("", "resident"):
            raise Refused(
                "reporter_sort", "居民报的事，报事人就是本人。请去掉 reporter_sort。", field="reporter_sort"
            )
        card = people.card(actor.person)
        return Reporter(sort="resident", person=actor.person, mask=card.name_mask, phone_mask=card.phone_mask)
    own = "grid_worker" if actor.role == "grid_worker" else "partner" if actor.sort == "partner" else "staff"
    return Reporter(sort=sort or own)


@router.get("/cases", response=schemas.CasePageOut, summary="List cases")
def list_cases(
    request: HttpRequest,
    place: str = "",
    state: str = "",
    kind: str = "",
    group: Literal[("", *GROUPS)] = "",  # type: ignore[valid-type]
    overdue: bool = False,
    q: str = "",
    mine: bool = False,
    held: bool = False,
    cursor: str = "",
    limit: int = 20,
    order: Literal["newest", "due"] = "newest",
) -> HttpResponse:
    """One page. ``place``: code; ``state``: codes with commas; ``mine``: what the own unit holds now; ``held``: ever
    held; ``q``: words or a number; ``limit``: 1 to 100; ``order``: newest, or due for open cases. Residents get their own.
    """
    filters = Filters(
        place=place_number(place, request.actor) if place else 0, state=tuple(s for s in state.split(",") if s), kind=kind,
        group=group, overdue=overdue, q=q, mine=mine, held=held,
    )  # fmt: skip
    page = queries.case_list(filters, viewer=request.actor, cursor=cursor, limit=limit, order=order)
    return answer({"items": [_row(r) for r in page.rows], "next": page.next or None})


def _row(r: CaseRow) -> dict[str, Any]:
    return {
        "number": r.number, "title": r.title, "state": r.state, "state_name": r.state_name, "kind": r.kind,
        "kind_name": r.kind_name, "group": r.group, "place": place_code(r.place), "place_text": r.place_text, "level": r.level,
        "holder_unit": r.holder_unit, "holder": r.holder_text, "opened_at": r.opened_at, "changed_at": r.changed_at,
        "due_at": r.due_at, "promised_at": r.promised_at, "closed_at": r.closed_at, "clock": r.clock.state,
        "left_minutes": round(r.left_minutes, 1), "tags": r.tags, "urgent": r.urgent, "rounds": r.rounds, "rating": r.rating,
        "version": r.version,
    }  # fmt: skip


# ── One case ───────────────────────────────────────────────────────────────────


@router.get("/cases/{number}", response=schemas.OneCaseOut, summary="One case")
def one_case(request: HttpRequest, number: str) -> HttpResponse:
    """The case with what the asker may do now. 404 for one that does not exist and for one that is not his to see."""
    return answer(_whole(queries.case_page(number, viewer=request.actor)))


def _whole(page: CasePage) -> dict[str, Any]:
    return {
        **_row(page.row), "text": page.words, "fields": [{"label": a, "value": b} for a, b in page.fields],
        "channel": page.channel,
        "reporter": {"sort": page.reporter_sort, "name": page.reporter_mask, "phone": page.reporter_phone_mask},
        "place_names": page.place_chain, "grid_unit": page.grid_unit, "desk_unit": page.desk_unit,
        "holder_phone": page.holder_phone, "lat": page.lat, "lng": page.lng, "closing_reason": page.closing_reason,
        "closed_level": page.closed_level, "public": page.public, "invented": page.invented,
        "moves": [{"move": m.code, "verb": m.verb, "needs": m.needs} for m in page.moves],
        "steps": [{"name": s.name, "state": s.state} for s in page.steps],
    }  # fmt: skip


@router.get("/cases/{number}/timeline", response=schemas.TimelineOut, summary="Timeline of a case")
def timeline(request: HttpRequest, number: str) -> HttpResponse:
    """What happened, newest first. Residents get it without internal notes."""
    return answer({"items": queries.timeline(number, viewer=request.actor)})


@router.get("/cases/{number}/axis", response=schemas.AxisOut, summary="Responsibility axis of a case")
def axis(request: HttpRequest, number: str) -> HttpResponse:
    """Who held it how long, in minutes of the kind's time."""
    return answer({"items": queries.axis(number, viewer=request.actor)})


@router.get("/cases/{number}/units", response=schemas.UnitsOut, summary="Units that can take the case")
def units(request: HttpRequest, number: str) -> HttpResponse:
    """The choices for assign, whistle and return."""
    page = queries.case_page(number, viewer=request.actor)
    where = page.row.place
    usual = route(page.kind, where, desk=page.desk_unit)
    sorts = ("desk", "grid", "property", "department", "police", "service")
    found = [
        {
            "id": u.id, "name": u.name, "sort": u.sort, "speciality": u.speciality, "level": u.level,
            "suggested": u.id == usual,
        }
        for u in staff_queries.units_serving(where, sorts=sorts)
    ]  # fmt: skip
    return answer({"items": found})


@router.post("/cases/{number}/moves", response=schemas.MovedOut, summary="Move a case")
def move(request: HttpRequest, number: str, payload: schemas.MoveIn) -> HttpResponse:
    """One move of the table. 409 ``stale`` when somebody was first, with what changed; 403 ``not_now`` with what is
    possible. ``resolve`` of a kind that wants a photo: send the photo first.
    """
    given = Given(
        words=payload.words, reason=payload.reason, unit=payload.unit, until=payload.until, closing_reason=payload.closing_reason,
        kind=payload.kind, rating=payload.rating, where_to=payload.where_to, internal=payload.internal,
    )  # fmt: skip
    moved = actions.move_case(
        number=number, move=payload.move, version=payload.version, actor=request.actor, given=given
    )
    body = asdict(moved)
    del body["entry"]
    return answer(body)


@router.post("/cases/{number}/reveal", response=schemas.RevealOut, summary="The reporter whole")
def reveal(request: HttpRequest, number: str, payload: schemas.RevealIn) -> HttpResponse:
    """Name and phone for a purpose. Recorded; the person can see who looked. 429 when the budget is used up."""
    shown = actions.reveal_reporter(number=number, purpose=payload.purpose, actor=request.actor)
    if shown is None:
        request.keep = True  # that somebody asked too often is recorded as well
        raise TooMany("budget", "这一小时或今天看得太多了。请过一会儿再看，急用请找安全管理员。")
    return answer({"name": shown.name, "phone": shown.phone, "left_this_hour": shown.left_this_hour})


# ── Photos ─────────────────────────────────────────────────────────────────────


@router.post(
    "/cases/{number}/photos",
    response={201: schemas.PhotosOut},
    summary="Add photos",
    openapi_extra=PHOTOS_BODY,
)
def add_photos(request: HttpRequest, number: str) -> HttpResponse:
    """At most nine at a time, 10 MiB each. They are encoded anew: position and camera data are gone. Answers all photos."""
    if request.content_type != "multipart/form-data":
        raise WrongType("wrong_content_type", "照片要用表单上传。请带 Content-Type: multipart/form-data。")
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_UPLOAD:
        raise TooLarge("too_large", "照片太大，一张都没存。一次最多 9 张、每张最多 10 MB。", field="photos")
    queries.the_case(number, viewer=request.actor)  # before the work of decoding
    files = request.FILES.getlist("photos")
    pictures = [actions.prepare(_bytes_of(f), name=f.name or "") for f in files]
    actions.attach_photos(number=number, pictures=pictures, actor=request.actor)
    return answer({"items": [_photo(p) for p in queries.photos_of(number, viewer=request.actor)]}, 201)


def _bytes_of(file: Any) -> bytes:
    """At most one byte more than may be, so that a huge file is not read whole."""
    return file.read(LARGEST_BYTES + 1)


@router.get("/cases/{number}/photos", response=schemas.PhotosOut, summary="Photos of a case")
def photos(request: HttpRequest, number: str) -> HttpResponse:
    """All photos that the asker may see, oldest first."""
    return answer({"items": [_photo(p) for p in queries.photos_of(number, viewer=request.actor)]})


def _photo(p: PhotoCard) -> dict[str, Any]:
    return asdict(p)


# ── Kinds ──────────────────────────────────────────────────────────────────────


@router.get("/kinds", response=schemas.KindsOut, auth=None, tags=["kinds"], summary="Kinds in force")
def kinds(request: HttpRequest) -> HttpResponse:
    """All kinds, by group and name. Open to everybody."""
    return answer({"items": [_kind(k) for k in queries.current_kinds().values()]})


@router.post(
    "/kinds/suggest", response=schemas.SuggestionsOut, auth=None, tags=["kinds"], summary="Kinds for words"
)
def suggest_kinds(request: HttpRequest, payload: schemas.SuggestIn) -> HttpResponse:
    """Kinds that the words speak for, best first. Nothing is stored."""
    said = clean(payload.text, field="text", longest=LONGEST_WORDS, what="什么事")
    known = queries.current_kinds()
    return answer(
        {"items": [{"code": c, "name": known[c].name, "share": round(s, 4)} for c, s in suggest(said, known)]}
    )


@router.get("/kinds/{code}", response=schemas.KindOut, auth=None, tags=["kinds"], summary="One kind")
def one_kind(request: HttpRequest, code: str) -> HttpResponse:
    """One kind in force."""
    return answer(_kind(queries.the_kind(code)))


def _kind(k: Kind) -> dict[str, Any]:
    plain: Callable[[Any], dict[str, Any]] = asdict
    return {
        "code": k.code, "version": k.version, "name": k.name, "group": k.group, "group_name": GROUPS[k.group],
        "scenario": k.scenario, "hint": k.hint,
        "fields": [{**plain(f), "choices": [{"value": v, "words": w} for v, w in f.choices]} for f in k.fields],
        "limits": dict(k.limits), "round_the_clock": k.round_the_clock, "photo_to_resolve": k.photo_to_resolve,
        "open_to": sorted(k.open_to), "decline_reasons": k.decline_reasons,
    }  # fmt: skip
