"""Photos: nothing but pixels is kept, hostile files are refused whole, and each view is asked for anew."""

import io
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from PIL import Image

from quanlin.cases.models import Photo
from quanlin.cases.queries.photos import path_of
from quanlin.kit.actor import SYSTEM
from quanlin.staff.actions import act_as
from tests import world
from tests.asking import Asker
from tests.cases.pictures import GPS_INFO, jpeg, jpeg_with_position, png_header, upload
from tests.sessions import session_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_media(tmp_path: Path, settings) -> Path:
    settings.MEDIA_DIR = tmp_path / "media"
    return settings.MEDIA_DIR


@pytest.fixture
def people() -> world.World:
    with act_as(SYSTEM):
        return world.build()


@pytest.fixture
def number(people: world.World) -> str:
    return Asker(people.wang).open().json()["number"]


def kept() -> tuple[int, int, int]:
    """Rows, files and facts of photos."""
    with act_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM cases_photo), (SELECT count(*) FROM journal_entry WHERE fact = 'cases.photos_added')"
        )
        rows, facts = cursor.fetchone()
    return rows, len([p for p in Path(settings.MEDIA_DIR).rglob("*") if p.is_file()]), facts


def seen(who, url: str):
    """The photo as a signed-in page shows it."""
    client = Client(raise_request_exception=False)
    session_of(client, who)
    return client.get(url)


def bytes_of(answer) -> bytes:
    return b"".join(answer.streaming_content)


def test_position_camera_and_comment_are_gone_and_the_picture_stands_upright(
    people: world.World, number: str
) -> None:
    sent = jpeg_with_position()
    with Image.open(io.BytesIO(sent)) as image:
        assert image.getexif().get_ifd(GPS_INFO)
    answer = upload(Asker(people.wang), number, sent)
    assert answer.status_code == 201
    photo = answer.json()["items"][0]
    assert (photo["width"], photo["height"], photo["stage"]) == (90, 120, "report")
    shown = bytes_of(seen(people.wang, photo["url"]))
    with Image.open(io.BytesIO(shown)) as image:
        assert dict(image.getexif()) == {}
        assert image.size == (90, 120)
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert b"CameraMaker" not in shown


def test_a_file_that_is_two_things_becomes_one(people: world.World, number: str) -> None:
    sent = jpeg() + b"<script>alert(1)</script>PK\x03\x04<?php system($_GET[0]); ?>"
    photo = upload(Asker(people.wang), number, sent).json()["items"][0]
    shown = bytes_of(seen(people.wang, photo["url"]))
    assert b"script" not in shown
    assert b"PK\x03\x04" not in shown
    assert b"php" not in shown


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (png_header(8000, 5126), "photo_too_big"),  # 41 million pixels
        (png_header(60_000, 60_000), "photo_broken"),  # a bomb: what Pillow does not even open
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "photo_broken"),
        (b"GIF89a" + b"\0" * 64, "photo_broken"),
        (b"%PDF-1.7", "photo_broken"),
        (b"", "photo_broken"),
        (jpeg()[:200], "photo_broken"),
        (b"\xff" * (10 * 1024 * 1024 + 1), "photo_too_big"),
    ],
    ids=["41 MP", "bomb", "svg", "gif", "pdf", "empty", "cut off", "too many bytes"],
)
def test_a_hostile_or_broken_file_is_refused_and_nothing_is_kept(
    people: world.World, number: str, data: bytes, code: str
) -> None:
    before = kept()
    answer = upload(Asker(people.wang), number, jpeg(), data)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, "photos")
    assert kept() == before == (0, 0, 0)


def test_the_name_of_a_file_means_nothing(people: world.World, number: str) -> None:
    names = ("../../../../etc/passwd", "x.php", "<img onerror=1>.jpg")
    assert upload(Asker(people.wang), number, jpeg(), jpeg(), jpeg(), names=names).status_code == 201
    files = sorted(p.relative_to(settings.MEDIA_DIR).parts for p in Path(settings.MEDIA_DIR).rglob("*.*"))
    with act_as(SYSTEM):
        ids = sorted(p.hex for p in Photo.objects.values_list("pk", flat=True))
    assert files == [("photos", i[:2], f"{i}.jpg") for i in ids]


def test_nine_photos_are_taken_and_ten_are_not(people: world.World, number: str) -> None:
    wang = Asker(people.wang)
    ten = upload(wang, number, *[jpeg(8, 8)] * 10)
    assert (ten.status_code, ten.json()["code"], ten.json()["field"]) == (422, "too_many_photos", "photos")
    assert kept() == (0, 0, 0)
    nine = upload(wang, number, *[jpeg(8, 8)] * 9)
    assert (nine.status_code, len(nine.json()["items"])) == (201, 9)
    assert kept() == (9, 9, 1)


def test_no_photo_at_all_is_refused(people: world.World, number: str) -> None:
    answer = upload(Asker(people.wang), number)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "empty", "photos")


def test_a_large_picture_is_made_smaller_and_a_thumbnail_smaller_still(
    people: world.World, number: str
) -> None:
    photo = upload(Asker(people.wang), number, jpeg(3000, 1500)).json()["items"][0]
    assert (photo["width"], photo["height"]) == (2048, 1024)
    for _ in range(2):  # made at the first view, found at the second
        thumb = seen(people.wang, photo["url"] + "?size=thumb")
        with Image.open(io.BytesIO(bytes_of(thumb))) as image:
            assert image.size == (480, 240)


def test_a_view_is_neither_cached_nor_sniffed_nor_run(people: world.World, number: str) -> None:
    photo = upload(Asker(people.wang), number, jpeg()).json()["items"][0]
    answer = seen(people.wang, photo["url"])
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Content-Disposition"].startswith("inline;")


def test_only_who_may_see_the_case_sees_its_photos(people: world.World, number: str) -> None:
    photo = upload(Asker(people.wang), number, jpeg()).json()["items"][0]
    for who in (people.wang, people.worker, people.grid_worker, people.street_worker, people.leader):
        assert seen(who, photo["url"]).status_code == 200, who.label
    for who in (people.zhou, people.stranger):
        assert seen(who, photo["url"]).status_code == 404, who.label
        assert Asker(who).get(f"/cases/{number}/photos").status_code == 404
    with act_as(SYSTEM):
        auditor = world.staff_actor("auditor", "audit_admin", world.number(world.CITY))
    assert seen(auditor, photo["url"]).status_code == 403
    nobody = Client().get(photo["url"])
    assert (nobody.status_code, nobody["Location"][:9]) == (302, "/sign-in/")


def test_who_may_not_write_on_the_case_adds_no_photo(people: world.World, number: str) -> None:
    for who in (people.zhou, people.stranger):
        answer = upload(Asker(who), number, jpeg())
        assert (answer.status_code, answer.json()["code"]) == (404, "no_case")
    assert kept() == (0, 0, 0)


def test_photos_of_an_internal_note_are_not_the_reporters(people: world.World, number: str) -> None:
    world.move(number, "note", people.worker, words="内部情况", internal=True, photos=(world.picture(),))
    world.move(number, "note", people.worker, words="给您看看", photos=(world.picture(),))
    staff, reporter = Asker(people.worker), Asker(people.wang)
    hidden, open_ = staff.get(f"/cases/{number}/photos").json()["items"]
    assert [p["id"] for p in reporter.get(f"/cases/{number}/photos").json()["items"]] == [open_["id"]]
    assert seen(people.wang, hidden["url"]).status_code == 404
    assert seen(people.wang, open_["url"]).status_code == 200
    assert seen(people.worker, hidden["url"]).status_code == 200


def test_a_file_that_is_gone_is_a_clear_404(people: world.World, number: str) -> None:
    photo = upload(Asker(people.wang), number, jpeg()).json()["items"][0]
    path_of(uuid.UUID(photo["id"])).unlink()
    answer = seen(people.wang, photo["url"])
    assert answer.status_code == 404
    assert "文件不在了" in answer.content.decode()


@pytest.mark.parametrize(
    "url",
    ["/photo/../../etc/passwd", "/photo/..%2f..%2fetc%2fpasswd", "/photo/%2e%2e/secret", "/photo/", "/photo/1", "/photo/1.jpg",
     f"/photo/{uuid.UUID(int=0)}", f"/photo/{uuid.UUID(int=0)}/../x"],
)  # fmt: skip
def test_no_path_leads_elsewhere(people: world.World, url: str) -> None:
    assert seen(people.worker, url).status_code == 404


def test_an_upload_that_is_cut_off_is_refused(people: world.World, number: str) -> None:
    answer = Asker(people.wang).post(
        f"/cases/{number}/photos",
        b"--x\r\nContent-Disposition: form-data",
        kind="multipart/form-data; boundary=x",
    )
    assert answer.status_code in (400, 422)
    no_boundary = Asker(people.wang).post(f"/cases/{number}/photos", b"abc", kind="multipart/form-data")
    assert (no_boundary.status_code, no_boundary.json()["code"]) == (400, "bad_form")
    not_a_form = Asker(people.wang).post(f"/cases/{number}/photos", jpeg(), kind="image/jpeg")
    assert (not_a_form.status_code, not_a_form.json()["code"]) == (415, "wrong_content_type")
    assert kept() == (0, 0, 0)
