"""Moves of the desk and of residents without scripts: dialogs as pages, plain forms, redirects; and who was first."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from quanlin.cases.models import Case
from quanlin.journal.models import Entry
from quanlin.kit.actor import SYSTEM
from quanlin.staff.actions import act_as
from quanlin.staff.rules import PURPOSES
from tests import world
from tests.cases.pictures import jpeg
from tests.cases.visits import fields_of, text_of, visitor

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def people() -> world.World:
    with act_as(SYSTEM):
        return world.build()


def stands(number: str) -> tuple[str, int]:
    with act_as(SYSTEM):
        case = Case.objects.get(number=number)
        return case.state, Entry.objects.filter(subject="case", subject_id=str(case.pk)).count()


def by_form(client: Client, number: str, move: str, **given: object) -> HttpResponse:
    """Open the dialog as a page and send its form."""
    page = client.get(f"/desk/cases/{number}/{move}/")
    assert page.status_code == 200, text_of(page)
    assert "<!doctype html>" in page.content.decode()
    action = f"/desk/cases/{number}/{move}/"
    return client.post(action, fields_of(page, action) | given)


def photo() -> SimpleUploadedFile:
    return SimpleUploadedFile("lamp.jpg", jpeg(), "image/jpeg")


def test_a_case_goes_from_report_to_rating_by_forms_alone(people: world.World) -> None:
    wang = visitor(people.wang, csrf=True)
    given = fields_of(wang.get("/report/"), "/report/")
    sent = wang.post("/report/", given | {"text": "楼下路灯三天不亮了", "place": world.SHUNXIN})
    number = sent["Location"].split("/")[2]
    li, zhao, sun = (
        visitor(who, csrf=True) for who in (people.worker, people.electrician, people.grid_worker)
    )
    steps = [
        (li, "accept", {}, "accepted"),
        (li, "assign", {"unit": str(people.property.pk)}, "assigned"),
        (zhao, "take", {}, "working"),
        (zhao, "resolve", {"words": "换了灯泡", "photos": photo()}, "resolved"),
        (sun, "verify", {}, "closed"),
    ]
    for who, move, more, state in steps:
        answer = by_form(who, number, move, **more)
        assert (answer.status_code, answer.headers.get("Location")) == (302, f"/desk/cases/{number}/"), (
            text_of(answer)
        )
        assert stands(number)[0] == state
    story = wang.get(f"/cases/{number}/")
    action = f"/cases/{number}/rate/"
    rated = wang.post(action, fields_of(story, action) | {"rating": "5"})
    assert rated["Location"] == f"/cases/{number}/?said=rate"
    assert "您评了 5 星" in text_of(wang.get(rated["Location"]))


def test_a_refusal_reopens_and_says_so(people: world.World) -> None:
    number = world.walk_to(people, "closed")
    wang = visitor(people.wang)
    page = wang.get(f"/cases/{number}/refuse/")
    answer = wang.post(
        f"/cases/{number}/refuse/", fields_of(page) | {"words": "今晚又灭了", "photos": photo()}
    )
    assert answer["Location"] == f"/cases/{number}/?said=refuse"
    assert stands(number)[0] == "reported"
    shown = text_of(wang.get(answer["Location"]))
    assert "第 2 次处置" in shown
    assert "您说没办好，已由街道重开" in shown


@pytest.mark.parametrize(
    ("move", "given", "sentence"),
    [
        ("refuse", {"words": ""}, "还没写"),
        ("rate", {"rating": ""}, "星"),
        ("rate", {"rating": "9"}, "星"),
        ("rate", {"rating": "five"}, "这一项的内容不对"),
        ("note", {"words": "灯" * 10_000}, "最多 2000 个字"),
        ("urge", {}, "不能催办"),
    ],
)
def test_a_resident_is_told_what_a_move_needs(
    people: world.World, move: str, given: dict, sentence: str
) -> None:
    number = world.walk_to(people, "closed")
    before = stands(number)
    answer = visitor(people.wang).post(f"/cases/{number}/{move}/", given)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert stands(number) == before
    if given.get("words"):
        assert given["words"] in answer.content.decode()


@pytest.mark.parametrize(
    ("state", "who", "move", "given", "sentence"),
    [
        ("reported", "worker", "decline", {"reason": "not_ours", "words": "字" * 10_000, "where_to": "区里"}, "最多 2000 个字"),
        ("reported", "worker", "decline", {"reason": "because", "words": "不归这里管的事", "where_to": "区里"}, "理由"),
        ("accepted", "worker", "assign", {"unit": "999999"}, "单位"),
        ("accepted", "worker", "assign", {"unit": "1; drop"}, "这一项的内容不对"),
        ("working", "electrician", "resolve", {"words": "换了灯泡"}, "照片"),
        ("working", "electrician", "hold", {"reason": "parts", "until": "soon", "words": "等灯泡到货"}, "日期写成"),
        ("working", "electrician", "hold", {"reason": "parts", "until": "2020-01-01", "words": "等灯泡到货"}, ""),
        ("resolved", "grid_worker", "verify", {"closing_reason": "magic"}, "办结原因"),
    ],
)  # fmt: skip
def test_the_desk_is_told_what_a_move_needs_and_keeps_the_words(
    people: world.World, state: str, who: str, move: str, given: dict, sentence: str
) -> None:
    number = world.walk_to(people, state)
    before = stands(number)
    answer = visitor(getattr(people, who)).post(f"/desk/cases/{number}/{move}/", given)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert 'role="alert"' in answer.content.decode()
    assert stands(number) == before
    if given.get("words"):
        assert given["words"] in answer.content.decode()


def test_a_move_on_an_old_version_is_told_what_was_done_and_can_be_sent_again(people: world.World) -> None:
    number = world.walk_to(people, "accepted")
    client = visitor(people.worker)
    old = fields_of(client.get(f"/desk/cases/{number}/assign/"), f"/desk/cases/{number}/assign/")
    world.move(number, "change_kind", people.colleague, kind="road_damage")
    before = stands(number)
    answer = client.post(f"/desk/cases/{number}/assign/", old | {"unit": str(people.property.pk)})
    assert answer.status_code == 409
    assert "舜新社区 韩雪凝 刚刚「改类为道路破损」，现在是「待派单」，由舜新社区办理。" in text_of(answer)
    assert "看过还要办，再按一次「派单」" in text_of(answer)
    assert stands(number) == before
    again = client.post(f"/desk/cases/{number}/assign/", fields_of(answer, f"/desk/cases/{number}/assign/"))
    assert again.status_code == 302
    assert stands(number)[0] == "assigned"


def test_a_move_that_somebody_else_has_made_shows_the_newest_state_and_keeps_the_words(
    people: world.World,
) -> None:
    number = world.walk_to(people, "reported")
    client = visitor(people.worker)
    world.move(number, "accept", people.colleague)
    given = {"version": "1", "reason": "not_ours", "words": "这是区里的路灯，不归社区管", "where_to": "区里"}
    world.move(number, "assign", people.colleague, unit=people.property.pk)
    before = stands(number)
    for headers in ({}, HTMX):
        answer = client.post(f"/desk/cases/{number}/decline/", given, headers=headers)
        assert answer.status_code == 409
        shown = text_of(answer)
        assert "「不予受理」现在办不了" in shown
        assert "舜新社区 韩雪凝 刚刚「派给明泉物业」，现在是「已派单」，由明泉物业办理。" in shown
        assert "这是区里的路灯，不归社区管" in shown
        assert ("<!doctype html>" in answer.content.decode()) is not bool(headers)
    assert stands(number) == before


def test_with_scripts_a_move_answers_what_to_say_and_what_to_fetch(people: world.World) -> None:
    number = world.walk_to(people, "reported")
    answer = visitor(people.worker).post(f"/desk/cases/{number}/accept/", {"version": "1"}, headers=HTMX)
    assert answer.status_code == 204
    assert answer["HX-Trigger"] == (
        '{"q:done": {}, "q:toast": {"words": "\\u5df2\\u53d7\\u7406\\uff0c\\u63a5\\u7740\\u6d3e\\u7ed9\\u7ecf\\u529e'
        f'\\u5355\\u4f4d"}}, "q:moved": {{"case": "{number}"}}}}'
    )


@pytest.mark.parametrize(
    "path", ["/cases/{n}/", "/cases/{n}/note/", "/cases/{n}/rate/", "/cases/{n}/refuse/"]
)
def test_somebody_elses_case_is_not_there_for_a_resident(people: world.World, path: str) -> None:
    number = world.walk_to(people, "closed")
    before = stands(number)
    client = visitor(people.zhou)
    assert client.get(path.format(n=number)).status_code == 404
    if path != "/cases/{n}/":
        given = {"rating": "1", "words": "不关我的事也要评"}
        assert client.post(path.format(n=number), given).status_code == 404
    assert stands(number) == before


def test_a_case_of_another_street_is_not_there_for_a_worker(people: world.World) -> None:
    number = world.walk_to(people, "reported")
    before = stands(number)
    client = visitor(people.stranger)
    assert client.get(f"/desk/cases/{number}/").status_code == 404
    assert client.post(f"/desk/cases/{number}/accept/", {"version": "1"}).status_code == 404
    assert client.post(f"/desk/cases/{number}/reveal/", {"purpose": "handle"}).status_code == 404
    assert stands(number) == before


def test_a_leader_looks_and_urges_and_does_not_handle(people: world.World) -> None:
    number = world.walk_to(people, "working")
    client = visitor(people.leader)
    page = client.get(f"/desk/cases/{number}/")
    assert f"/desk/cases/{number}/urge/" in page.content.decode()
    assert f"/desk/cases/{number}/assign/" not in page.content.decode()
    assert client.post(f"/desk/cases/{number}/assign/", {"unit": str(people.grid.pk)}).status_code == 409
    assert by_form(client, number, "urge").status_code == 302


def test_the_reporter_is_shown_whole_after_a_purpose_and_the_look_is_recorded(people: world.World) -> None:
    number = world.walk_to(people, "reported")
    client = visitor(people.worker)
    url = f"/desk/cases/{number}/reveal/"
    assert "王秀英" not in text_of(client.get(f"/desk/cases/{number}/"))
    refused = client.post(url, {"purpose": "curiosity"})
    assert refused.status_code == 422
    assert "请选一个用途" in text_of(refused)
    shown = client.post(url, {"purpose": next(iter(PURPOSES))}, headers=HTMX)
    assert "王秀英" in text_of(shown)
    assert "13800000001" in text_of(shown)
    with act_as(SYSTEM):
        assert Entry.objects.filter(fact="people.revealed").count() == 1


def test_moves_need_the_forms_token(people: world.World) -> None:
    number = world.walk_to(people, "reported")
    before = stands(number)
    answer = visitor(people.worker, csrf=True).post(f"/desk/cases/{number}/accept/", {"version": "1"})
    assert answer.status_code == 403
    assert "这一页开得太久了" in text_of(answer)
    assert stands(number) == before


def test_what_is_written_in_a_move_is_shown_as_text(people: world.World) -> None:
    number = world.walk_to(people, "reported")
    words = '<img src=x onerror=alert(1)>"{{ request }}'
    by_form(visitor(people.worker), number, "note", words=words, internal="")
    for page in (
        visitor(people.worker).get(f"/desk/cases/{number}/"),
        visitor(people.wang).get(f"/cases/{number}/"),
    ):
        assert "<img src=x" not in page.content.decode()
        assert words in text_of(page).replace("  ", " ")
