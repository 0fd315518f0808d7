"""The report form as plain HTML sends it: what is taken in, what is refused with the field named and the words kept."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from quanlin.cases.models import Case, Photo
from quanlin.journal.models import Entry
from quanlin.kit.actor import SYSTEM
from quanlin.staff.actions import act_as
from tests import world
from tests.cases.pictures import jpeg
from tests.cases.visits import fields_of, text_of, visitor

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>'; DROP TABLE cases_case; -- \" onmouseover=x {{ 7*7 }} {% now 'Y' %}"


@pytest.fixture
def people() -> world.World:
    with act_as(SYSTEM):
        return world.build()


def filled(client, **more: str) -> dict[str, str]:
    """The form as it stands, with words and a place."""
    given = fields_of(client.get("/report/"), "/report/")
    return given | {"text": "楼下路灯三天不亮了", "place": world.SHUNXIN} | more


def cases() -> list[Case]:
    with act_as(SYSTEM):
        return list(Case.objects.order_by("id"))


def reports() -> int:
    with act_as(SYSTEM):
        return Entry.objects.filter(fact="cases.reported").count()


def test_words_and_a_place_are_enough(people: world.World) -> None:
    client = visitor(people.wang, csrf=True)
    answer = client.post("/report/", filled(client))
    (case,) = cases()
    assert answer.status_code == 302
    assert answer["Location"] == f"/cases/{case.number}/?sent=1"
    assert (case.kind, case.channel, case.words) == ("street_light", "page", "楼下路灯三天不亮了")
    assert (case.reporter, case.reporter_sort, case.urgent, case.public) == (
        people.wang.person,
        "resident",
        False,
        False,
    )
    shown = text_of(client.get(answer["Location"]))
    assert "舜新社区 现在由它办理" in shown
    assert "您报了这件事" in shown


def test_the_same_form_sent_twice_is_one_case(people: world.World) -> None:
    client = visitor(people.wang)
    given = filled(client)
    first, second = client.post("/report/", given), client.post("/report/", given)
    assert first["Location"] == second["Location"]
    assert len(cases()) == reports() == 1


def test_photos_go_along(people: world.World) -> None:
    client = visitor(people.wang)
    files = [
        SimpleUploadedFile(f"{n}.jpg", jpeg(colour=c), "image/jpeg") for n, c in enumerate(("red", "blue"))
    ]
    client.post("/report/", filled(client) | {"photos": files})
    (case,) = cases()
    with act_as(SYSTEM):
        assert Photo.objects.filter(case=case, stage="report").count() == 2


def test_staff_report_what_they_found(people: world.World) -> None:
    client = visitor(people.grid_worker)
    answer = client.post("/report/", filled(client, urgent="on"))
    (case,) = cases()
    assert answer["Location"] == f"/desk/cases/{case.number}/"
    assert (case.channel, case.reporter, case.reporter_sort, case.urgent) == (
        "desk",
        None,
        "grid_worker",
        True,
    )


def test_a_scanned_place_is_filled_in_and_said(people: world.World) -> None:
    client = visitor(people.wang)
    page = client.get(f"/p/{world.SHUNXIN}/")
    given = fields_of(page, "/report/")
    assert (given["place"], given["channel"]) == (world.SHUNXIN, "qr")
    client.post("/report/", given | {"text": "单元门关不上"})
    assert cases()[0].channel == "qr"


def test_marks_and_statements_in_every_field_are_shown_as_text(people: world.World) -> None:
    client = visitor(people.wang)
    given = filled(client, text=HOSTILE, kind="street_light", place_text=HOSTILE)
    answer = client.post("/report/", given | {"field-lamp_number": HOSTILE})
    assert answer.status_code == 302
    (case,) = cases()
    assert case.words == HOSTILE
    assert HOSTILE in case.fields.values()
    pages = (
        client.get(f"/cases/{case.number}/"),
        client.get("/"),
        client.get("/cases/"),
        visitor(people.worker).get("/desk/"),
        visitor(people.worker).get(f"/desk/cases/{case.number}/"),
        visitor(people.worker).get("/desk/", {"q": HOSTILE, "view": HOSTILE, "kind": HOSTILE}),
    )
    for page in pages:
        assert page.status_code == 200
        assert "<script>alert(1)" not in page.content.decode()
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.content.decode()
        assert " onmouseover=x" not in page.content.decode().replace("&quot; onmouseover=x", "")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"text": "灯" * 10_000}, "什么事最多 5000 个字，这里有 10000 个"),
        ({"text": ""}, "什么事还没写"),
        ({"text": " \n\t\u200b\x07"}, "什么事还没写"),
        ({"place": ""}, "还没选在哪儿"),
        ({"place": "370103012999"}, "没有"),
        ({"place": "370100000000"}, "请选到社区或更细"),
        ({"place": "'; DROP TABLE cases_case"}, "不是地点编码"),
        ({"kind": "no_such_kind"}, "没有「no_such_kind」这一类"),
        ({"kind": "street_light", "field-lamp_sort": "moon"}, "「什么灯」请从"),
        ({"lat": "north", "lng": "117"}, "位置没认出来"),
        ({"lat": "nan", "lng": "117"}, "位置没认出来"),
        ({"lat": "1e400", "lng": "117"}, "位置没认出来"),
        ({"idempotency_key": "x" * 300}, "这次提交的标识"),
        ({"place_text": "远" * 10_000}, "地点说明最多 160 个字"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_taken_in_is_said_and_the_words_stay(
    people: world.World, given: dict, sentence: str
) -> None:
    client = visitor(people.wang)
    sent = filled(client, **given)
    answer = client.post("/report/", sent)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert answer.content.decode().count('role="alert"') >= 1
    if len(given.get("text", "x")) > 3:
        assert sent["text"] in answer.content.decode()
    assert cases() == []
    assert reports() == 0


def test_emoji_and_rare_characters_stay_and_control_characters_go(people: world.World) -> None:
    client = visitor(people.wang)
    client.post("/report/", filled(client, text="路灯\x00坏了\x1b[31m 🏮🧑‍🦽 𠮷田路 \u202e倒着写\r\n第二行"))
    assert cases()[0].words == "路灯坏了[31m 🏮🧑‍🦽 𠮷田路 倒着写\n第二行"


def test_a_body_that_is_far_too_large_is_refused_in_words(people: world.World, settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100_000
    client = visitor(people.wang)
    answer = client.post("/report/", filled(client, text="灯" * 200_000))
    assert answer.status_code in (400, 413)
    assert "没" in text_of(answer)
    assert cases() == []


def test_what_is_no_picture_is_refused_and_the_words_stay(people: world.World) -> None:
    client = visitor(people.wang)
    fake = SimpleUploadedFile("a.jpg", b"<svg onload=alert(1)>", "image/jpeg")
    answer = client.post("/report/", filled(client) | {"photos": fake})
    assert answer.status_code == 422
    assert "楼下路灯三天不亮了" in answer.content.decode()
    assert cases() == []


def test_ten_photos_are_one_too_many(people: world.World) -> None:
    client = visitor(people.wang)
    files = [SimpleUploadedFile(f"{n}.jpg", jpeg(40, 30), "image/jpeg") for n in range(10)]
    answer = client.post("/report/", filled(client) | {"photos": files})
    assert answer.status_code == 400
    assert "请减少照片" in text_of(answer)
    assert cases() == []


def test_a_form_without_its_token_is_told_what_to_do(people: world.World) -> None:
    client = visitor(people.wang, csrf=True)
    answer = client.post("/report/", {"text": "路灯不亮", "place": world.SHUNXIN})
    assert answer.status_code == 403
    assert "这一页开得太久了" in text_of(answer)
    assert cases() == []


def test_nobody_reports_without_signing_in(people: world.World) -> None:
    answer = visitor().post("/report/", {"text": "路灯不亮", "place": world.SHUNXIN})
    assert answer.status_code == 403
    assert "请先登录" in text_of(answer)
    assert cases() == []


def test_the_kind_is_guessed_from_the_words_and_guessed_anew(people: world.World) -> None:
    client = visitor(people.wang)
    first = client.post(
        "/report/guess/", {"text": "路灯不亮", "place": world.SHUNXIN}, headers={"HX-Request": "true"}
    )
    assert fields_of_fragment(first) == {"kind": "street_light", "guessed": "street_light"}
    assert "前受理" in text_of(first)
    more = {"text": "垃圾桶满了没人清运，垃圾堆在路灯下", "kind": "street_light", "guessed": "street_light"}
    again = client.post("/report/guess/", more, headers={"HX-Request": "true"})
    assert fields_of_fragment(again)["kind"] == "rubbish"
    chosen = client.post(
        "/report/guess/", more | {"kind": "property_service"}, headers={"HX-Request": "true"}
    )
    assert fields_of_fragment(chosen)["kind"] == "property_service"


def fields_of_fragment(answer) -> dict[str, str]:
    found = fields_of(HttpResponse(b"<form>" + answer.content + b"</form>"))
    return {name: value for name, value in found.items() if name in ("kind", "guessed")}


def test_a_kind_that_nobody_chose_is_the_guessed_one_or_a_suggestion(people: world.World) -> None:
    client = visitor(people.wang)
    client.post("/report/", filled(client, text="电梯停在五楼不动了"))
    client.post("/report/", filled(client, text="想说一件别的事"))
    assert [case.kind for case in cases()] == ["lift_fault", "complaint"]


def test_the_place_is_chosen_without_scripts(people: world.World) -> None:
    client = visitor(people.wang)
    page = client.get("/report/tree/?at=370103012000")
    assert "<!doctype html>" in page.content.decode()
    assert '/report/tree/?at=370103012001"' in page.content.decode()
    below = client.get("/report/tree/?at=370103012001")
    assert '/report/?place=370103012001"' in below.content.decode()
    assert fields_of(client.get("/report/?place=370103012001"), "/report/")["place"] == "370103012001"
