"""In the demonstration a visitor is somebody by one press. Elsewhere there is no such way at all."""

from types import ModuleType

import pytest
from django.urls import Resolver404, clear_url_caches, path, resolve

from quanlin.config import api, middleware
from quanlin.kit.actor import SYSTEM
from quanlin.notices import web as notices
from quanlin.people import actions as people_actions
from quanlin.people import web as people
from quanlin.staff import actions
from quanlin.staff import web as staff
from quanlin.staff.models import Account
from tests import signing, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def accounts():
    with actions.act_as(SYSTEM):
        city = world.number(world.CITY)
        shown, resident = (
            actions.open_account(username=name, sort=sort, password=None, actor=SYSTEM, demonstration=True)
            for name, sort in (("li.jing", "staff"), ("wang", "resident"))
        )
        for account, name, phone in ((shown, "李静", ""), (resident, "王秀英", "13800000001")):
            people_actions.register(
                name=name,
                actor=SYSTEM,
                sort=account.sort,
                account=account.pk,
                person=account.uid,
                phone=phone,
                invented=True,
            )
        actions.grant(account=shown.pk, role="leader", place=city, actor=SYSTEM)
        world.staff_actor("real.one", "leader", city)
    return shown, resident


@pytest.fixture
def demonstration(settings, accounts):
    settings.DEMO = True
    urls = ModuleType("demonstration_urls")
    urls.urlpatterns = [
        path("api/v1/", api.api.urls), *staff.routes(demo=True), *people.pages, *notices.routes(demo=True),
    ]  # fmt: skip
    for name in ("400", "404", "429", "500"):
        word = {"400": "bad_request", "404": "page_not_found", "429": "too_many", "500": "server_error"}[name]
        setattr(urls, f"handler{name}", f"quanlin.config.errors.{word}")
    settings.ROOT_URLCONF = urls
    clear_url_caches()
    yield
    clear_url_caches()


@pytest.mark.parametrize("where", ["/demo/enter/", "/demo/enter/li.jing/", "/outbox/"])
def test_outside_the_demonstration_there_is_no_such_address(where):
    with pytest.raises(Resolver404):
        resolve(where)


def test_outside_the_demonstration_no_account_is_listed(accounts):
    client = signing.fresh_client()
    assert "li.jing" not in client.get("/desk/sign-in/").content.decode()
    assert "王秀英" not in client.get("/sign-in/").content.decode()


def test_even_if_the_address_were_there_nobody_is_let_in_outside_the_demonstration(demonstration, settings):
    settings.DEMO = False
    client = signing.fresh_client()
    assert client.post("/demo/enter/", {"username": "li.jing"}).status_code == 404
    assert "_auth_user_id" not in client.session


def test_the_page_of_signing_in_lists_who_one_may_be_and_one_press_enters(demonstration, accounts):
    client = signing.fresh_client()
    page = client.get("/desk/sign-in/?next=/desk/me/").content.decode()
    assert 'value="li.jing"' in page
    assert "领导" in page
    assert "real.one" not in page
    answer = client.post("/demo/enter/", {"username": "li.jing", "next": "/desk/me/"})
    assert answer["Location"] == "/desk/me/"
    middleware.forget()
    assert client.get("/desk/me/").status_code == 200


def test_a_resident_of_the_demonstration_is_entered_by_one_press_too(demonstration, accounts):
    client = signing.fresh_client()
    assert "王秀英" in client.get("/sign-in/").content.decode()
    assert client.post("/demo/enter/", {"username": "wang"})["Location"] == "/"
    middleware.forget()
    assert "138****0001" in client.get("/me/").content.decode()


@pytest.mark.parametrize("username", ["real.one", "", "nobody", "li.jing\0", "x" * 5000])
def test_no_other_account_is_entered_without_a_password(demonstration, username):
    client = signing.fresh_client()
    answer = client.post("/demo/enter/", {"username": username})
    assert answer.status_code == 404
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(("username", "leads"), [("li.jing", "/desk/me/"), ("real.one", "/account/2fa/")])
def test_the_printed_password_is_enough_for_an_account_of_the_demonstration_only(
    demonstration, username, leads
):
    with actions.act_as(SYSTEM):
        row = Account.objects.get(username=username)
        row.set_password(signing.PASSWORD)
        row.save()
    client = signing.fresh_client()
    signing.give_password(client, username)
    middleware.forget()
    page = client.get("/desk/me/")
    assert (page.headers.get("Location") or "/desk/me/") == leads


def test_one_is_not_entered_by_a_link_and_not_sent_elsewhere(demonstration):
    client = signing.fresh_client()
    assert client.get("/demo/enter/", {"username": "li.jing"}).status_code == 405
    answer = client.post("/demo/enter/", {"username": "li.jing", "next": "//evil.example/"})
    assert answer["Location"] == "/desk/"


def test_a_session_of_the_demonstration_is_worth_nothing_where_it_is_not_one(demonstration, settings):
    client = signing.fresh_client()
    client.post("/demo/enter/", {"username": "li.jing"})
    settings.DEMO = False
    middleware.forget()
    assert client.get("/desk/me/")["Location"] == "/account/2fa/"


def test_the_outbox_shows_the_code_that_was_sent_and_the_page_links_to_it(demonstration):
    client = signing.fresh_client()
    client.post("/sign-in/", {"phone": "13912345678"})
    assert 'href="/outbox/"' in client.get("/sign-in/code/").content.decode()
    shown = client.get("/outbox/").content.decode()
    assert signing.code_sent() in shown
    assert "139****5678" in shown
    assert "13912345678" not in shown
