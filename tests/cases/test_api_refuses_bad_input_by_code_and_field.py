"""Bad input: an exact code and field, and nothing written."""

import orjson
import pytest
from django.db import OperationalError, connection

from quanlin.cases.models import Case
from quanlin.kit.actor import SYSTEM
from quanlin.staff.actions import act_as
from tests import world
from tests.asking import Asker

pytestmark = pytest.mark.django_db

HOSTILE = [
    "'; DROP TABLE cases_case; --",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "{{7*7}}${7*7}%s%(x)s%n",
    "😀👨‍👩‍👧‍👦🇨🇳 路灯",
    "‮gnp.exe 路灯",
    "a\tb\nc",
]


@pytest.fixture
def people() -> world.World:
    with act_as(SYSTEM):
        return world.build()


def written() -> tuple[int, int]:
    """How many cases and facts there are."""
    with act_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM cases_case), (SELECT count(*) FROM journal_entry)")
        return cursor.fetchone()


def refused(answer, status: int, code: str, field: str = "") -> None:
    """The answer is a problem with exactly this."""
    body = answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    assert (answer.status_code, body["status"], body["code"], body.get("field", "")) == (
        status,
        status,
        code,
        field,
    ), body
    assert body["title"]


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"kind": "no_such_kind"}, 422, "no_kind", "kind"),
        ({"kind": "a\x00b"}, 422, "no_kind", "kind"),
        ({"kind": ...}, 422, "invalid", "kind"),
        ({"kind": 7}, 422, "invalid", "kind"),
        ({"text": ""}, 422, "empty", "text"),
        ({"text": " \u200b\u202e\x00 "}, 422, "empty", "text"),
        ({"text": "长" * 10_000}, 422, "too_long", "text"),
        ({"text": ["a"]}, 422, "invalid", "text"),
        ({"text": None}, 422, "invalid", "text"),
        ({"title": "长" * 81}, 422, "too_long", "title"),
        ({"place": "370103"}, 422, "place_too_wide", "place"),
        ({"place": "999999999999"}, 422, "no_such_place", "place"),
        ({"place": "nonsense"}, 422, "bad_place_code", "place"),
        ({"place": "\x00"}, 422, "bad_place_code", "place"),
        ({"place": 370103012001}, 422, "invalid", "place"),
        ({"place": ...}, 422, "empty", "place"),
        ({"place": ..., "lat": 36.6}, 422, "point", "lng"),
        ({"place": ..., "lat": 0.0, "lng": 0.0}, 422, "outside_area", "lat"),
        ({"lat": 91.0, "lng": 0.0}, 422, "bad_point", "lat"),
        ({"lat": "36.6", "lng": 117.0}, 422, "invalid", "lat"),
        ({"crs": "mars"}, 422, "invalid", "crs"),
        ({"place_text": "长" * 161}, 422, "too_long", "place_text"),
        ({"fields": {"nothing": 1}}, 422, "unknown_field", "fields"),
        ({"fields": []}, 422, "invalid", "fields"),
        ({"urgent": "yes"}, 422, "invalid", "urgent"),
        ({"reporter_sort": "device"}, 422, "invalid", "reporter_sort"),
        ({"reporter_sort": "staff"}, 422, "reporter_sort", "reporter_sort"),
        ({"channel": "page"}, 422, "invalid", "channel"),
        ({"reporter": "7f0c8f0e-0000-0000-0000-000000000000"}, 422, "invalid", "reporter"),
    ],
)
def test_a_wrong_new_case_is_refused(
    people: world.World, change: dict, status: int, code: str, field: str
) -> None:
    wang = Asker(people.wang)
    before = written()
    refused(wang.open(**change), status, code, field)
    assert written() == before


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_kept_as_words(people: world.World, words: str) -> None:
    number = Asker(people.wang).open(text=words, title=words, place_text=words).json()["number"]
    whole = Asker(people.worker).get(f"/cases/{number}")
    expected = words.replace("\u202e", "")
    assert whole["Content-Type"] == "application/json"
    assert (whole.json()["text"], whole.json()["title"], whole.json()["place_text"]) == (expected,) * 3
    assert [r["number"] for r in Asker(people.worker).get("/cases", q=words[:40]).json()["items"]] == [number]


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize("field", ["kind", "place", "crs", "reporter_sort"])
def test_hostile_words_where_a_code_belongs_are_refused(people: world.World, field: str, words: str) -> None:
    wang = Asker(people.wang)
    before = written()
    answer = wang.open(**{field: words})
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert written() == before


def test_the_key_is_needed_and_short(people: world.World) -> None:
    wang = Asker(people.wang)
    before = written()
    refused(wang.open(""), 422, "invalid", "Idempotency-Key")
    refused(wang.open("k" * 81), 422, "invalid", "Idempotency-Key")
    refused(wang.open("a\tb"), 422, "key", "Idempotency-Key")
    assert written() == before


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        (b"", 422, "invalid", ""),
        (b"[]", 422, "invalid", ""),
        (b'"text"', 422, "invalid", ""),
        (b"null", 422, "invalid", ""),
        (b"{", 400, "bad_json", ""),
        (b'{"kind": "street_light", "lat": NaN}', 400, "bad_json", ""),
        (b'{"kind": "street_light", "lat": Infinity}', 400, "bad_json", ""),
        (b'{"text": "\\ud800"}', 400, "bad_json", ""),
        (b'{"text": "\xff"}', 400, "bad_json", ""),
        (b'{"text": "a", "text": "b"}', 422, "duplicate_key", "text"),
        (b'{"kind": "a", "fields": {"x": 1, "x": 2}}', 422, "duplicate_key", "x"),
        (b'{"a":' * 2000 + b"1" + b"}" * 2000, 400, "bad_json", ""),
    ],
)
def test_what_is_no_proper_json_is_refused(
    people: world.World, body: bytes, status: int, code: str, field: str
) -> None:
    wang = Asker(people.wang)
    before = written()
    refused(wang.post("/cases", body, key="k"), status, code, field)
    assert written() == before


def test_a_deep_value_within_bounds_is_refused_by_its_field(people: world.World) -> None:
    deep: object = 1
    for _ in range(300):
        deep = {"a": deep}
    refused(Asker(people.wang).open(fields={"a": deep}), 422, "unknown_field", "fields")


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml"],
)
def test_another_content_type_is_415(people: world.World, kind: str) -> None:
    body = orjson.dumps({"kind": "street_light", "text": "路灯", "place": world.SHUNXIN})
    wang = Asker(people.wang)
    before = written()
    answer = wang.post("/cases", body, key="k", kind=kind)
    refused(answer, 415, "wrong_content_type")
    assert written() == before


def test_a_huge_body_is_413(people: world.World) -> None:
    wang = Asker(people.wang)
    before = written()
    refused(wang.open(text="长" * 400_000), 413, "too_large")
    assert written() == before


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({"cursor": "nonsense"}, "cursor", "cursor"),
        ({"cursor": "MjAyNi0xMS0yNFQwOTowMDowMCswODowMCA5OTk5OTk5OTk5OTk5OTk5OTk5OTk"}, "cursor", "cursor"),
        (
            {"cursor": "MDAwMS0wMS0wMVQwMDowMDowMCsyMzo1OSAx"},
            "cursor",
            "cursor",
        ),  # 0001-01-01T00:00:00+23:59 1
        ({"cursor": "\x00"}, "cursor", "cursor"),
        ({"limit": "0"}, "limit", "limit"),
        ({"limit": "101"}, "limit", "limit"),
        ({"limit": "many"}, "invalid", "limit"),
        ({"limit": "9" * 30}, "limit", "limit"),
        ({"state": "nothing"}, "state", "state"),
        ({"state": "reported,nothing"}, "state", "state"),
        ({"state": "reported') OR 1=1 --"}, "state", "state"),
        ({"group": "nothing"}, "invalid", "group"),
        ({"kind": "a\x00"}, "not_a_code", "kind"),
        ({"order": "random"}, "invalid", "order"),
        ({"overdue": "perhaps"}, "invalid", "overdue"),
        ({"q": "长" * 101}, "too_long", "q"),
        ({"place": "nonsense"}, "bad_place_code", "place"),
        ({"place": "999999999999"}, "no_such_place", "place"),
    ],
)
def test_a_wrong_filter_is_refused(people: world.World, query: dict, code: str, field: str) -> None:
    refused(Asker(people.worker).get("/cases", **query), 422, code, field)


@pytest.mark.parametrize("q", ["\x00", "%", "_", "\\", "'", '"', "a\x00b", "…", "%s", "%(q)s"])
def test_any_search_words_are_answered(people: world.World, q: str) -> None:
    assert Asker(people.worker).get("/cases", q=q).status_code == 200


def test_a_place_outside_ones_own_is_refused(people: world.World) -> None:
    answer = Asker(people.worker).get("/cases", place=world.OTHER)
    refused(answer, 403, "not_allowed")


@pytest.mark.parametrize("path", ["", "/timeline", "/axis", "/photos", "/units"])
def test_somebody_elses_case_is_answered_like_one_that_does_not_exist(people: world.World, path: str) -> None:
    number = Asker(people.wang).open().json()["number"]
    for who in (people.zhou, people.stranger):
        asker = Asker(who)
        theirs, none = asker.get(f"/cases/{number}{path}"), asker.get(f"/cases/261100000000{path}")
        refused(theirs, 404, "no_case")
        assert theirs.content == none.content


def test_somebody_elses_case_cannot_be_moved_or_written_on(people: world.World) -> None:
    number = Asker(people.wang).open().json()["number"]
    before = written()
    for who in (people.zhou, people.stranger):
        asker = Asker(who)
        refused(asker.move(number, "note", 1, words="我看看"), 404, "no_case")
        refused(asker.post(f"/cases/{number}/reveal", {"purpose": "on_site"}), 404, "no_case")
    assert written()[0] == before[0]
    with act_as(SYSTEM):
        assert Case.objects.get(number=number).version == 1


@pytest.mark.parametrize("number", ["1", "abc", "261100000001", "%00", "٢٦١١٠٠٠٠٠٠٠٠", "2" * 500, "..%2f.."])
def test_a_number_that_is_none_is_not_found(people: world.World, number: str) -> None:
    answer = Asker(people.worker).get(f"/cases/{number}")
    assert (answer.status_code, answer.json()["code"]) in ((404, "no_case"), (404, "no_page"))


@pytest.mark.parametrize(
    ("given", "status", "code", "field"),
    [
        ({"move": "explode"}, 422, "no_move", "move"),
        ({"move": "assign", "unit": 1}, 403, "not_now", ""),
        ({"move": "rate", "rating": 5}, 403, "not_now", ""),
        ({"move": "accept", "version": 7}, 409, "stale", ""),
        ({"move": "accept", "version": "1"}, 422, "invalid", "version"),
        ({"move": "accept", "version": 1.5}, 422, "invalid", "version"),
        ({"move": "accept", "version": True}, 422, "invalid", "version"),
        ({"move": "accept", "version": -1}, 409, "stale", ""),
        ({"move": "accept", "version": 2**70}, 409, "stale", ""),
        ({"move": "accept", "surprise": 1}, 422, "invalid", "surprise"),
        ({"move": "decline", "reason": "because", "words": "不归我们"}, 422, "not_a_choice", "reason"),
        ({"move": "decline", "reason": "not_ours", "words": ""}, 422, "empty", "words"),
        ({"move": "decline", "reason": "not_ours", "words": "不归我们"}, 422, "empty", "where_to"),
        ({"move": "change_kind", "kind": "nothing"}, 404, "no_kind", "kind"),
        ({"move": "note", "words": "长" * 10_000}, 422, "too_long", "words"),
        ({"move": "note", "until": "tomorrow"}, 422, "invalid", "until"),
        ({"move": "note", "until": 5}, 422, "invalid", "until"),
    ],
)
def test_a_wrong_move_is_refused_and_changes_nothing(
    people: world.World, given: dict, status: int, code: str, field: str
) -> None:
    number = Asker(people.wang).open().json()["number"]
    worker = Asker(people.worker)
    before = written()
    refused(worker.post(f"/cases/{number}/moves", {"version": 1, **given}), status, code, field)
    assert written() == before
    with act_as(SYSTEM):
        assert Case.objects.get(number=number).version == 1


def test_wrong_parts_of_later_moves_are_refused(people: world.World) -> None:
    with act_as(SYSTEM):
        number = world.walk_to(people, "accepted")
    worker, electrician = Asker(people.worker), Asker(people.electrician)
    before = written()
    refused(worker.move(number, "assign", 2, unit=2**62), 404, "no_unit")
    refused(worker.move(number, "assign", 2, unit=-1), 404, "no_unit")
    refused(worker.move(number, "whistle", 2, words="来一下"), 422, "empty", "unit")
    assert written() == before
    world.move(number, "assign", people.worker, unit=people.property.pk)
    world.move(number, "take", people.electrician)
    before = written()
    held = {"reason": "parts", "words": "等灯头"}
    refused(electrician.move(number, "hold", 4, **held), 422, "until", "until")
    refused(electrician.move(number, "hold", 4, until="2001-01-01T00:00:00Z", **held), 422, "until", "until")
    refused(electrician.move(number, "hold", 4, until="9999-12-31T23:59:59Z", **held), 422, "until", "until")
    refused(electrician.move(number, "hold", 4, until="2026-12-01T09:00:00", **held), 422, "invalid", "until")
    assert written() == before


def test_without_or_with_a_dead_token_nothing_is_told(people: world.World) -> None:
    nobody, dead = Asker(None), Asker(None)
    dead.client.defaults["HTTP_AUTHORIZATION"] = "Bearer qln_nothing"
    for asker in (nobody, dead):
        for answer in (asker.get("/cases"), asker.get("/me"), asker.open(), asker.move("1", "accept", 1)):
            refused(answer, 401, "unauthenticated")
            assert answer["WWW-Authenticate"] == "Bearer"


def test_a_token_that_reads_does_not_write(people: world.World) -> None:
    reader = Asker(people.wang, scope="read")
    before = written()
    refused(reader.open(), 403, "read_only")
    assert reader.get("/cases").status_code == 200
    assert written() == before


def test_an_officer_sees_no_cases(people: world.World) -> None:
    with act_as(SYSTEM):
        auditor = world.staff_actor("auditor", "audit_admin", world.number(world.CITY))
    number = Asker(people.wang).open().json()["number"]
    asker = Asker(auditor)
    before = written()
    for path in (
        "/cases",
        f"/cases/{number}",
        f"/cases/{number}/timeline",
        f"/cases/{number}/axis",
        f"/cases/{number}/photos",
    ):
        refused(asker.get(path), 403, "not_allowed")
    refused(asker.move(number, "note", 1, words="看看"), 403, "not_allowed")
    refused(asker.open(), 403, "not_allowed")
    assert written() == before


def test_a_method_that_there_is_not_is_405(people: world.World) -> None:
    answer = Asker(people.worker).client.delete("/api/v1/cases")
    assert (answer.status_code, sorted(answer["Allow"].split(", "))) == (405, ["GET", "POST"])


def test_a_session_without_csrf_does_not_write(people: world.World) -> None:
    from django.test import Client

    from tests.sessions import session_of

    client = Client(enforce_csrf_checks=True)
    session_of(client, people.wang)
    before = written()
    body = orjson.dumps({"kind": "street_light", "text": "路灯", "place": world.SHUNXIN})
    answer = client.post(
        "/api/v1/cases", body, content_type="application/json", headers={"Idempotency-Key": "k"}
    )
    refused(answer, 403, "csrf")
    assert written() == before
    assert client.get("/api/v1/cases").status_code == 200


def test_a_database_that_does_not_answer_is_503(people: world.World, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Asker(people.worker)

    def gone(*_: object, **__: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr("quanlin.cases.queries.case_list", gone)
    refused(worker.get("/cases"), 503, "no_database")
