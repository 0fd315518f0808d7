"""Password, then a second proof; nothing before it; no sign of which names exist."""

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import get_hasher
from django.db import connection
from django.urls import NoReverseMatch, Resolver404, resolve, reverse

from quanlin.config import middleware
from quanlin.journal import queries as journal
from quanlin.kit import clock
from quanlin.kit.actor import SYSTEM
from quanlin.staff import actions
from quanlin.staff.models import Account
from tests import signing, world

pytestmark = pytest.mark.django_db
WRONG = "没有登录：账号或密码不对。请核对后再写一次。"


@pytest.fixture
def leader():
    with actions.act_as(SYSTEM):
        return world.staff_actor("liang", "leader", world.number(world.STREET), name="梁主任")


@pytest.fixture
def account(leader) -> Account:
    return signing.with_totp(leader)


@pytest.fixture
def client():
    return signing.fresh_client()


def ways_of(account: Account) -> list[str]:
    with actions.act_as(SYSTEM):
        told = journal.timeline("account", str(account.pk), viewer=SYSTEM)
    return [e.data["way"] for e in told if e.fact == "staff.signed_in"]


def test_a_password_and_six_digits_lead_to_the_desk(client, account):
    first = signing.give_password(client, "liang")
    assert (first.status_code, first["Location"]) == (302, "/account/2fa/authenticate/")
    assert ways_of(account) == []
    asked = client.get("/account/2fa/authenticate/")
    assert "再验证一次" in asked.content.decode()
    second = client.post("/account/2fa/authenticate/", {"code": signing.digits()})
    assert (second.status_code, second["Location"]) == (302, "/desk/")
    assert ways_of(account) == ["totp"]
    page = client.get("/desk/me/")
    assert page.status_code == 200
    assert "liang" in page.content.decode()


def test_the_name_may_be_written_in_capitals(client, account):
    assert signing.give_password(client, "LIANG")["Location"] == "/account/2fa/authenticate/"


def test_after_the_password_alone_one_is_still_nobody(client, account):
    signing.give_password(client, "liang")
    page = client.get("/desk/me/")
    assert page.status_code == 302
    assert page["Location"].startswith("/desk/sign-in/?next=")
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("code", ["000000", "", "abc", "１２３４５６", "1" * 12])
def test_a_wrong_second_proof_is_refused_and_nothing_begins(client, account, code):
    signing.give_password(client, "liang")
    answer = client.post("/account/2fa/authenticate/", {"code": code})
    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session
    assert ways_of(account) == []


def test_six_digits_work_once_in_every_process(account):
    code = signing.digits()
    for turn in range(2):
        client = signing.fresh_client()  # what a process remembers is gone
        signing.give_password(client, "liang")
        answer = client.post("/account/2fa/authenticate/", {"code": code})
        assert answer.status_code == (200 if turn else 302)
    assert ways_of(account) == ["totp"]


def test_after_newer_digits_older_ones_are_void(account):
    for steps, status in ((0, 302), (-1, 200), (1, 302)):
        client = signing.fresh_client()
        signing.give_password(client, "liang")
        assert (
            client.post("/account/2fa/authenticate/", {"code": signing.digits(steps=steps)}).status_code
            == status
        )
    assert ways_of(account) == ["totp", "totp"]


def test_after_five_wrong_proofs_the_right_one_waits_too(client, account):
    signing.give_password(client, "liang")
    for _ in range(5):
        client.post("/account/2fa/authenticate/", {"code": "000000"})
    answer = client.post("/account/2fa/authenticate/", {"code": signing.digits()})
    assert "试得太多了" in answer.content.decode()
    assert ways_of(account) == []


def test_whoever_has_no_second_factor_is_led_to_set_one_up_before_anything_else(client, leader):
    answer = signing.give_password(client, "liang")
    assert answer["Location"] == "/desk/"
    for path in ("/desk/me/", "/notices/", "/", "/screen/", "/nowhere/"):
        middleware.forget()
        led = client.get(path)
        assert (led.status_code, led["Location"]) == (302, "/account/2fa/"), path
    refused = client.post("/desk/scope/", {"grant": str(leader.grant)})
    assert refused.status_code == 403
    assert client.get("/api/v1/cases").status_code == 403
    page = client.get("/account/2fa/")
    assert "先设好一种，才能进工作台" in page.content.decode()


def test_setting_up_an_authenticator_proves_enough_to_go_on_under_a_new_key(client, leader):
    signing.give_password(client, "liang")
    page = client.get("/account/2fa/totp/activate/").content.decode()
    secret = re.search(r'id="secret" value="([A-Z2-7]+)"', page).group(1)
    key = client.session.session_key
    wrong = client.post("/account/2fa/totp/activate/", {"code": "000000"})
    assert (wrong.status_code, Authenticator.objects.count()) == (200, 0)
    done = client.post("/account/2fa/totp/activate/", {"code": signing.digits(secret)})
    assert done["Location"] == "/account/2fa/recovery-codes/"
    assert client.session.session_key != key
    assert client.get("/desk/me/").status_code == 200
    assert sorted(Authenticator.objects.values_list("type", flat=True)) == ["recovery_codes", "totp"]


def test_the_secret_of_an_authenticator_is_sealed_in_the_database(client, leader):
    signing.give_password(client, "liang")
    page = client.get("/account/2fa/totp/activate/").content.decode()
    secret = re.search(r'id="secret" value="([A-Z2-7]+)"', page).group(1)
    client.post("/account/2fa/totp/activate/", {"code": signing.digits(secret)})
    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator WHERE type = 'totp'")
        assert secret not in cursor.fetchone()[0]


def test_a_recovery_code_signs_in_once(client, account):
    signing.sign_in(client, account)
    client.post("/account/2fa/recovery-codes/generate/")
    page = client.get("/account/2fa/recovery-codes/").content.decode()
    codes = re.findall(r"<code>([0-9 -]+)</code>", page)
    assert len(codes) == 10
    for expected in ("/desk/", None):
        other = signing.fresh_client()
        signing.give_password(other, "liang")
        assert (
            other.post("/account/2fa/authenticate/", {"code": codes[0]}).headers.get("Location") == expected
        )
    assert ways_of(account) == ["totp", "recovery"]


def test_the_last_factor_cannot_be_taken_away(client, account):
    signing.sign_in(client, account)
    assert "最后一个第二重验证" in client.get("/account/2fa/totp/deactivate/").content.decode()
    client.post("/account/2fa/totp/deactivate/")
    assert Authenticator.objects.filter(user=account, type="totp").exists()


def test_ten_minutes_after_signing_in_a_change_of_the_account_asks_for_the_password_again(client, account):
    signing.sign_in(client, account)
    session = client.session
    session["began_at"] = (clock.now() - timedelta(minutes=11)).isoformat()
    session.save()
    asked = client.get("/account/2fa/webauthn/add/")
    assert asked["Location"].startswith("/account/reauthenticate/?next=")
    wrong = client.post("/account/reauthenticate/", {"password": "not this one"})
    assert wrong.status_code == 200
    assert "密码不对" in wrong.content.decode()


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("liang", "wrong"),
        ("nobody.here", "wrong"),
        ("r-13800000001", "wrong"),
        ("liang' OR 1=1 --", "x"),
        ("李", "x"),
        ("a" * 64, "x"),
    ],
)
def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(client, account, username, password):
    pages = []
    for name in (username, "liang"):
        answer = signing.give_password(signing.fresh_client(), name, password + "!")
        text = re.sub(
            r'(csrfmiddlewaretoken" value|name="csrf" content|name="login" value)="[^"]*"',
            "",
            answer.content.decode(),
        )
        pages.append((answer.status_code, text))
    assert pages[0] == pages[1]
    assert WRONG in pages[0][1]


def test_a_name_that_nobody_has_costs_the_same_work(client, account, monkeypatch):
    worked: list[int] = []
    hasher = type(get_hasher())
    encode = hasher.encode
    monkeypatch.setattr(hasher, "encode", lambda *a, **k: worked.append(1) or encode(*a, **k))
    counts = []
    for name in ("liang", "nobody.here"):
        worked.clear()
        signing.give_password(signing.fresh_client(), name, "wrong")
        counts.append(len(worked))
    assert counts == [1, 1]


@pytest.mark.parametrize("username", ["liang", "nobody.here"])
def test_after_five_failures_a_name_waits_from_that_address_only_whether_it_exists_or_not(account, username):
    for _ in range(5):
        signing.give_password(signing.fresh_client(), username, "wrong")
    blocked = signing.give_password(signing.fresh_client(), username)
    assert blocked.status_code == 429
    assert "试错太多次了" in blocked.content.decode()
    elsewhere = signing.fresh_client(**{"X-Forwarded-For": "10.0.0.9"})
    assert signing.give_password(elsewhere, "liang")["Location"] == "/account/2fa/authenticate/"


def test_a_header_from_afar_does_not_hide_where_one_comes_from(account):
    for turn in range(5):
        far = signing.fresh_client(**{"X-Forwarded-For": f"10.0.0.{turn}"})
        far.post("/desk/sign-in/", {"login": "liang", "password": "wrong"}, REMOTE_ADDR="203.0.113.5")
    far = signing.fresh_client(**{"X-Forwarded-For": "10.0.0.99"})
    blocked = far.post(
        "/desk/sign-in/", {"login": "liang", "password": signing.PASSWORD}, REMOTE_ADDR="203.0.113.5"
    )
    assert blocked.status_code == 429


def test_a_stopped_account_does_not_sign_in(client, account):
    with actions.act_as(SYSTEM):
        actions.stop_account(account=account.pk, actor=SYSTEM)
    answer = signing.give_password(client, "liang")
    assert answer.status_code == 403
    assert "_auth_user_id" not in client.session


def test_a_resident_has_no_password_that_would_fit(client):
    with actions.act_as(SYSTEM):
        world.resident("13800000001", "王秀英")
    for password in ("!", "None", "13800000001"):
        assert WRONG in signing.give_password(client, "r-00000001", password).content.decode()
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    "next_",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "http:evil",
        "\\\\evil",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(client, account, next_):
    assert signing.sign_in(client, account, next_=next_)["Location"] == "/desk/"


def test_one_goes_on_to_the_page_that_one_wanted(client, account):
    wanted = client.get("/desk/me/?x=1&y=2")
    assert wanted["Location"] == "/desk/sign-in/?next=%2Fdesk%2Fme%2F%3Fx%3D1%26y%3D2"
    assert 'name="next" value="/desk/me/?x=1&amp;y=2"' in client.get(wanted["Location"]).content.decode()
    assert signing.sign_in(client, account, next_="/desk/me/?x=1&y=2")["Location"] == "/desk/me/?x=1&y=2"


def test_a_planted_session_key_is_worth_nothing_after_signing_in(client, account):
    client.get("/account/2fa/webauthn/login/", headers={"Accept": "application/json"})
    planted = client.session.session_key
    assert planted
    signing.sign_in(client, account)
    assert client.session.session_key != planted
    thief = signing.fresh_client()
    thief.cookies["quanlin"] = planted
    assert thief.get("/desk/me/").status_code == 302


def test_there_is_no_way_to_sign_up_or_to_get_a_password_by_mail():
    for name in ("account_signup", "account_reset_password", "account_email", "account_set_password"):
        with pytest.raises(NoReverseMatch):
            reverse(name)
    for path in ("/account/signup/", "/accounts/signup/", "/account/password/reset/"):
        with pytest.raises(Resolver404):
            resolve(path)


def test_pages_of_signing_in_hold_no_script_of_their_own(client, account):
    for page in (
        client.get("/desk/sign-in/"),
        signing.sign_in(client, account),
        client.get("/account/2fa/webauthn/add/"),
    ):
        text = page.content.decode()
        assert not re.search(r"<script(?![^>]*(src=|application/json))", text)
        assert not re.search(r"\son[a-z]+=", text)
        assert "style=" not in text
        assert "script-src 'self'" in page["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/account/2fa/", "/account/2fa/totp/deactivate/", "/account/2fa/recovery-codes/generate/", "/account/2fa/webauthn/",
        "/account/2fa/webauthn/add/", "/account/password/change/", "/account/reauthenticate/", "/account/2fa/reauthenticate/",
        "/account/2fa/webauthn/reauthenticate/", "/desk/me/",
    ],
)  # fmt: skip
def test_every_page_of_ones_account_opens_and_is_for_staff_only(client, account, path):
    assert signing.fresh_client().get(path)["Location"].startswith("/desk/sign-in/?next=")
    signing.sign_in(client, account)
    assert client.get(path, follow=True).status_code == 200
    other = signing.fresh_client()
    signing.sign_in_resident(other, "13800000001")
    assert other.get(path).status_code == 403


def test_a_new_password_signs_in_and_the_old_one_does_not(client, account):
    signing.sign_in(client, account)
    weak = client.post(
        "/account/password/change/",
        {"oldpassword": signing.PASSWORD, "password1": "1234567890", "password2": "1234567890"},
    )
    assert weak.status_code == 200
    new = "quite another pass"
    done = client.post(
        "/account/password/change/", {"oldpassword": signing.PASSWORD, "password1": new, "password2": new}
    )
    assert done.status_code == 302
    assert WRONG in signing.give_password(signing.fresh_client(), "liang").content.decode()
    assert signing.give_password(signing.fresh_client(), "liang", new).status_code == 302
