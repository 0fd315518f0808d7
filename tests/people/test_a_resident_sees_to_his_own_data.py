"""/me/: one's own name, number, home, readers; nobody else's."""

import pytest

from quanlin.config import middleware
from quanlin.kit.actor import SYSTEM
from quanlin.kit.placenumber import level_of
from quanlin.people.models import Code, Person, Residence
from quanlin.staff import actions as staff
from tests import signing, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    found = signing.fresh_client()
    assert signing.sign_in_resident(found, "13800000001")["Location"] == "/me/"
    return found


def test_the_first_sign_in_leads_to_ones_own_page_and_the_next_to_where_one_wanted():
    client = signing.fresh_client()
    wanted = client.get("/me/")
    assert wanted["Location"] == "/sign-in/?next=%2Fme%2F"
    assert signing.sign_in_resident(client, "13800000001")["Location"] == "/me/"
    with staff.act_as(SYSTEM):
        Code.objects.all().delete()
    again = signing.fresh_client()
    again.post("/sign-in/", {"phone": "13800000001", "next": "/notices/"})
    assert again.post("/sign-in/code/", {"code": signing.code_sent()})["Location"] == "/notices/"


@pytest.mark.parametrize(
    "next_", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_nobody_is_sent_elsewhere_after_the_code(next_):
    with staff.act_as(SYSTEM):
        world.resident("13800000001", "王秀英")
    client = signing.fresh_client()
    client.post("/sign-in/", {"phone": "13800000001", "next": next_})
    assert client.post("/sign-in/code/", {"code": signing.code_sent()})["Location"] == "/"


def test_a_session_key_planted_before_the_code_is_worth_nothing_after():
    client = signing.fresh_client()
    client.post("/sign-in/", {"phone": "13800000001"})
    planted = client.session.session_key
    client.post("/sign-in/code/", {"code": signing.code_sent()})
    thief = signing.fresh_client()
    thief.cookies["quanlin"] = planted
    assert thief.get("/me/").status_code == 302
    assert "asked" not in client.session


def test_the_page_shows_the_number_masked(client):
    page = client.get("/me/").content.decode()
    assert "138****0001" in page
    assert "13800000001" not in page
    assert "还没有人看过您的完整信息" in page


def test_one_writes_ones_own_name(client):
    assert client.post("/me/name/", {"name": " 欧阳 娜娜 "})["Location"] == "/me/"
    page = client.get("/me/").content.decode()
    assert 'value="欧阳娜娜"' in page
    assert "欧阳**" in page


@pytest.mark.parametrize("name", ["", "   ", "王2", "<b>王</b>", "王" * 51, "王\0", "🙂"])
def test_what_is_no_name_is_refused_where_it_was_written(client, name):
    answer = client.post("/me/name/", {"name": name})
    assert answer.status_code == 422
    assert 'id="name-help"' in answer.content.decode()
    with staff.act_as(SYSTEM):
        assert Person.objects.get().name_mask == "居*"


def test_one_finds_ones_home_step_by_step_from_the_district_down(client):
    page = client.get("/me/home/").content.decode()
    assert "选区县" in page
    district = world.number(world.DISTRICT)
    page = client.get("/me/home/", {"at": district}).content.decode()
    assert "选街道" in page
    assert "舜玉路街道" in page
    community = world.number(world.SHUNXIN)
    assert "舜新社区" in client.get("/me/home/", {"at": community}).content.decode()
    assert level_of(community) == "community"


@pytest.mark.parametrize("at", ["abc", "-1", "1.5", "9" * 19, "9" * 400, "１", "0", "1", "' OR 1=1"])
def test_a_step_to_no_place_is_a_clear_page(client, at):
    assert client.get("/me/home/", {"at": at}).status_code in (400, 404, 422)


def test_ones_home_must_be_a_home_and_there(client):
    for home, status in ((str(world.number(world.SHUNXIN)), 422), ("x", 422), ("", 422)):
        assert client.post("/me/home/link/", {"home": home}).status_code == status
    with staff.act_as(SYSTEM):
        assert not Residence.objects.exists()


def test_these_pages_are_for_residents_who_are_signed_in():
    with staff.act_as(SYSTEM):
        leader = world.staff_actor("liang", "leader", world.number(world.CITY))
    account = signing.with_totp(leader)
    client = signing.fresh_client()
    signing.sign_in(client, account)
    for path in ("/me/", "/me/home/"):
        assert client.get(path).status_code == 403
        assert signing.fresh_client().get(path)["Location"].startswith("/sign-in/?next=")
    for path in ("/me/name/", "/me/home/link/"):
        assert signing.fresh_client().post(path, {"name": "x"}).status_code == 403
        assert client.post(path, {"name": "x"}).status_code == 403


def test_a_form_from_elsewhere_is_refused(client):
    strict = signing.Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert strict.post("/me/name/", {"name": "王五"}).status_code == 403
    assert "居民" in client.get("/me/").content.decode()


def test_signing_out_leads_home_and_the_page_asks_for_the_phone_again(client):
    assert client.post("/sign-out/")["Location"] == "/"
    middleware.forget()
    assert client.get("/me/").status_code == 302
