"""The whole line by API: open, list, read, move, photos, reveal, kinds, me, notices."""

import pytest

from quanlin.cases.models import Case
from quanlin.cases.queries import forget_kinds
from quanlin.kit.actor import SYSTEM
from quanlin.staff.actions import act_as
from tests import world
from tests.asking import Asker, statements
from tests.cases.pictures import jpeg, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> world.World:
    with act_as(SYSTEM):
        return world.build()


def test_a_resident_opens_a_case_and_gets_its_address(people: world.World) -> None:
    answer = Asker(people.wang).open(title="路灯不亮", place_text="7 号楼东")
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {"number", "url", "promised_at"}
    assert answer["Location"] == f"/api/v1/cases/{body['number']}"
    assert body["promised_at"].endswith("Z")
    with act_as(SYSTEM):
        case = Case.objects.get(number=body["number"])
    assert (case.title, case.channel, case.reporter, case.reporter_sort) == (
        "路灯不亮",
        "api",
        people.wang.person,
        "resident",
    )
    assert (case.place_text, case.reporter_mask, case.state) == ("7 号楼东", "王**", "reported")


def test_the_same_submission_twice_is_one_case_and_the_same_body(people: world.World) -> None:
    wang = Asker(people.wang)
    first = wang.open("once")
    again = wang.open("once")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.content == first.content
    assert again["Idempotent-Replayed"] == "true"
    assert not first.has_header("Idempotent-Replayed")
    with act_as(SYSTEM):
        assert Case.objects.count() == 1


def test_the_body_of_a_repetition_stays_the_same_after_the_case_moved_on(people: world.World) -> None:
    wang = Asker(people.wang)
    first = wang.open("once")
    world.move(first.json()["number"], "accept", people.worker)
    assert wang.open("once").content == first.content


def test_the_same_key_with_another_content_is_refused(people: world.World) -> None:
    wang = Asker(people.wang)
    number = wang.open("once").json()["number"]
    other = wang.open("once", text="另一件事")
    assert (other.status_code, other.json()["code"], other.json()["field"]) == (
        422,
        "key_reused",
        "Idempotency-Key",
    )
    assert other.json()["extra"] == {"number": number}
    with act_as(SYSTEM):
        assert Case.objects.count() == 1


def test_the_same_key_of_two_senders_is_two_cases(people: world.World) -> None:
    assert Asker(people.wang).open("k").status_code == 201
    assert Asker(people.zhou).open("k").status_code == 201


def test_staff_report_on_behalf_of_a_resident(people: world.World) -> None:
    answer = Asker(people.worker).open(reporter_sort="resident")
    with act_as(SYSTEM):
        case = Case.objects.get(number=answer.json()["number"])
    assert (case.reporter, case.reporter_sort) == (None, "resident")
    own = Asker(people.grid_worker).open()
    with act_as(SYSTEM):
        assert Case.objects.get(number=own.json()["number"]).reporter_sort == "grid_worker"


def test_a_point_finds_the_community(people: world.World) -> None:
    worker = Asker(people.worker)
    card = worker.get("/places/370103012001").json()
    answer = worker.open(place=..., lat=card["lat"], lng=card["lng"], crs="wgs84")
    assert answer.status_code == 201, answer.content
    found = worker.get(f"/cases/{answer.json()['number']}").json()
    assert found["place"].startswith("370103012001") or found["place_names"][:4] == [
        "济南市",
        "市中区",
        "舜玉路街道",
        "舜新社区",
    ]
    assert (found["lat"], found["lng"]) == (card["lat"], card["lng"])


def test_staff_list_filter_and_page_through(people: world.World) -> None:
    wang, worker = Asker(people.wang), Asker(people.worker)
    numbers = [wang.open(f"k{i}", text=f"第{i}件 路灯").json()["number"] for i in range(5)]
    world.move(numbers[0], "accept", people.worker)
    everything = worker.get("/cases", place="370103012001").json()
    assert [c["number"] for c in everything["items"]] == numbers[::-1]
    assert everything["next"] is None
    first = worker.get("/cases", place="370103012001", limit=2).json()
    second = worker.get("/cases", place="370103012001", limit=2, cursor=first["next"]).json()
    third = worker.get("/cases", place="370103012001", limit=2, cursor=second["next"]).json()
    assert [c["number"] for p in (first, second, third) for c in p["items"]] == numbers[::-1]
    assert third["next"] is None
    assert [c["number"] for c in worker.get("/cases", state="accepted").json()["items"]] == [numbers[0]]
    assert len(worker.get("/cases", state="accepted,reported").json()["items"]) == 5
    assert [c["number"] for c in worker.get("/cases", q="第3件").json()["items"]] == [numbers[3]]
    assert [c["number"] for c in worker.get("/cases", q=numbers[2]).json()["items"]] == [numbers[2]]
    assert worker.get("/cases", kind="manhole").json()["items"] == []
    assert len(worker.get("/cases", group="facilities", order="due").json()["items"]) == 5
    assert worker.get("/cases", overdue="true").json()["items"] == []
    assert len(worker.get("/cases", mine="true").json()["items"]) == 5


def test_a_row_says_what_a_list_needs(people: world.World) -> None:
    number = Asker(people.wang).open(urgent=True).json()["number"]
    row = Asker(people.worker).get("/cases").json()["items"][0]
    assert row["number"] == number
    assert (row["place"], row["kind"], row["state"], row["state_name"]) == (
        "370103012001",
        "street_light",
        "reported",
        "待受理",
    )
    assert (row["holder_unit"], row["holder"], row["version"], row["tags"]) == (
        people.desk.pk,
        "舜新社区",
        1,
        ["加急"],
    )


def test_the_whole_line_runs_by_api_alone(people: world.World) -> None:
    wang, worker = Asker(people.wang), Asker(people.worker)
    electrician, grid_worker = Asker(people.electrician), Asker(people.grid_worker)
    number = wang.open().json()["number"]
    whole = worker.get(f"/cases/{number}").json()
    assert [m["move"] for m in whole["moves"]][0] == "accept"
    assert whole["reporter"] == {"sort": "resident", "name": "王**", "phone": "138****0001"}
    assert worker.move(number, "accept", 1).json()["state"] == "accepted"
    offered = worker.get(f"/cases/{number}/units").json()["items"]
    assert people.property.pk in [u["id"] for u in offered]
    assert sum(u["suggested"] for u in offered) == 1
    assert (
        worker.move(number, "assign", 2, unit=people.property.pk).json()["holder_unit"] == people.property.pk
    )
    assert electrician.move(number, "take", 3).json()["state"] == "working"
    no_photo = electrician.move(number, "resolve", 4, words="换了灯泡")
    assert (no_photo.status_code, no_photo.json()["code"], no_photo.json()["field"]) == (
        422,
        "photo_needed",
        "photos",
    )
    sent = upload(electrician, number, jpeg())
    assert sent.status_code == 201, sent.content
    assert electrician.move(number, "resolve", 4, words="换了灯泡").json()["state"] == "resolved"
    assert grid_worker.move(number, "verify", 5, closing_reason="solved").json()["state"] == "closed"
    assert wang.move(number, "rate", 6, rating=5).json()["version"] == 7
    told = [i["fact"] for i in wang.get(f"/cases/{number}/timeline").json()["items"]]
    assert told == [
        "cases.rated", "cases.closed", "cases.resolved", "cases.photos_added", "cases.taken", "cases.assigned", "cases.accepted",
        "cases.reported",
    ]  # fmt: skip
    axis = worker.get(f"/cases/{number}/axis").json()["items"]
    assert [a["step"] for a in axis] == ["受理", "派单", "接单", "处置", "核实"]


def test_a_stale_move_is_answered_with_what_changed(people: world.World) -> None:
    number = Asker(people.wang).open().json()["number"]
    first, second = Asker(people.worker), Asker(people.colleague)
    assert first.move(number, "accept", 1).status_code == 200
    late = second.move(number, "accept", 1)
    assert (late.status_code, late.json()["code"]) == (409, "stale")
    assert late.json()["extra"]["state"] == "accepted"
    assert late.json()["extra"]["version"] == 2
    assert "assign" in late.json()["extra"]["possible"]


def test_the_reporter_is_shown_whole_for_a_purpose_and_it_is_recorded(people: world.World) -> None:
    number = Asker(people.wang).open().json()["number"]
    worker = Asker(people.worker)
    shown = worker.post(f"/cases/{number}/reveal", {"purpose": "contact_reporter"})
    assert shown.json() == {"name": "王秀英", "phone": "13800000001", "left_this_hour": 59}
    none = worker.post(f"/cases/{number}/reveal", {"purpose": "because"})
    assert (none.status_code, none.json()["field"]) == (422, "purpose")
    assert Asker(people.wang).post(f"/cases/{number}/reveal", {"purpose": "on_site"}).status_code == 403
    assert Asker(people.stranger).post(f"/cases/{number}/reveal", {"purpose": "on_site"}).status_code == 404


def test_a_used_up_budget_is_429_and_recorded(people: world.World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quanlin.staff.rules.REVEALS_PER_HOUR", 1)
    number = Asker(people.wang).open().json()["number"]
    worker = Asker(people.worker)
    assert worker.post(f"/cases/{number}/reveal", {"purpose": "on_site"}).status_code == 200
    over = worker.post(f"/cases/{number}/reveal", {"purpose": "on_site"})
    assert (over.status_code, over.json()["code"]) == (429, "budget")
    assert _facts("people.reveal_refused") == 1


def _facts(name: str) -> int:
    from django.db import connection

    with act_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM journal_entry WHERE fact = %s", [name])
        return cursor.fetchone()[0]


def test_kinds_are_open_to_everybody(people: world.World) -> None:
    nobody = Asker(None)
    kinds = nobody.get("/kinds").json()["items"]
    assert len(kinds) == 29
    light = nobody.get("/kinds/street_light").json()
    assert light in kinds
    assert (light["group"], light["group_name"], light["photo_to_resolve"]) == (
        "facilities",
        "公共设施",
        True,
    )
    best = nobody.post("/kinds/suggest", {"text": "楼下路灯不亮了"}).json()["items"][0]
    assert best["code"] == "street_light"
    assert nobody.get("/kinds/nothing").status_code == 404


def test_me_says_who_asks(people: world.World) -> None:
    me = Asker(people.worker).get("/me").json()
    assert (me["name"], me["role"], me["role_name"], me["unit"]) == (
        "李静",
        "operator",
        "社区工作者",
        people.desk.pk,
    )
    assert (me["place"], [g["present"] for g in me["grants"]]) == ("370103012001", [True])
    wang = Asker(people.wang)
    assert (
        wang.client.patch("/api/v1/me", {"name": "王秀兰"}, content_type="application/json").json()["name"]
        == "王秀兰"
    )
    refused = Asker(people.worker).client.patch(
        "/api/v1/me", {"name": "别人"}, content_type="application/json"
    )
    assert refused.status_code == 403


def test_notices_are_ones_own(people: world.World) -> None:
    from quanlin.notices import actions as notices

    with act_as(SYSTEM):
        notices.tell(entry=1, accounts=[people.wang.account], title="已受理：路灯", link="/cases/1")
    wang, zhou = Asker(people.wang), Asker(people.zhou)
    mine = wang.get("/notices").json()
    assert ([n["title"] for n in mine["items"]], mine["unread"]) == (["已受理：路灯"], 1)
    assert zhou.get("/notices").json() == {"items": [], "unread": 0}
    assert zhou.post("/notices/read", {"ids": [mine["items"][0]["id"]]}).json() == {"read": 0}
    assert wang.post("/notices/read", {}).json() == {"read": 1}
    assert wang.get("/notices").json()["unread"] == 0


def test_no_answer_needs_more_than_eight_statements(
    people: world.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quanlin.staff.queries.KEEP_SECONDS", 600)
    monkeypatch.setattr("quanlin.places.queries.tree._SECONDS", 600)
    wang, worker = Asker(people.wang), Asker(people.worker)
    forget_kinds()
    numbers = [wang.open(f"k{i}").json()["number"] for i in range(20)]
    worker.get("/cases")
    worker.get(f"/cases/{numbers[0]}/timeline")
    asked = {
        "open": lambda: wang.open("counted"),
        "list": lambda: worker.get("/cases", limit=20),
        "filtered": lambda: worker.get(
            "/cases", state="reported", kind="street_light", group="facilities", order="due"
        ),
        "one": lambda: worker.get(f"/cases/{numbers[1]}"),
        "move": lambda: worker.move(numbers[1], "accept", 1),
        "timeline": lambda: worker.get(f"/cases/{numbers[1]}/timeline"),
    }
    counts = {}
    for name, ask in asked.items():
        with statements() as sent:
            assert ask().status_code in (200, 201)
        counts[name] = len(sent)
    # each: set_config; open: person, home, case, fact; move: case, holdings, case, fact; timeline: case,
    # entries, remarks, photos, names of staff
    assert counts == {"open": 5, "list": 2, "filtered": 2, "one": 2, "move": 5, "timeline": 6}
