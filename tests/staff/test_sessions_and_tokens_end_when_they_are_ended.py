"""What was given is over within ten seconds of being taken back; a token does what it says and no more."""

from datetime import datetime, timedelta

import pytest
from django.db import connection

from quanlin.config import middleware
from quanlin.journal import queries as journal
from quanlin.kit import clock
from quanlin.kit.actor import NOBODY, SYSTEM
from quanlin.kit.errors import NotAllowed, NotFound, Refused
from quanlin.staff import actions, queries, rules
from quanlin.staff.models import Token
from tests import signing, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def leader():
    with actions.act_as(SYSTEM):
        return world.staff_actor("liang", "leader", world.number(world.STREET), name="梁主任")


@pytest.fixture
def account(leader):
    return signing.with_totp(leader)


@pytest.fixture
def client(account):
    found = signing.fresh_client()
    signing.sign_in(found, account)
    assert found.get("/desk/me/").status_code == 200
    return found


def is_in(client) -> bool:
    """Whether the session still stands, once what the process remembers is some seconds old."""
    middleware.forget()
    queries.forget()
    return client.get("/desk/me/").status_code == 200


def test_what_a_process_remembers_and_a_page_reads_again_is_below_ten_seconds():
    assert queries.KEEP_SECONDS == 5


def test_a_process_asks_again_after_five_seconds_and_not_before(client, account, monkeypatch):
    moment = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: moment[0])
    middleware.forget()
    queries.forget()
    assert client.get("/notices/").status_code == 200
    with connection.cursor() as cursor:  # another process ends it
        cursor.execute("UPDATE staff_account SET is_active = false WHERE id = %s", [account.pk])
    moment[0] += 4.9
    assert client.get("/notices/").status_code == 200
    moment[0] += 0.2
    assert client.get("/notices/").status_code == 302


@pytest.mark.parametrize("how", ["end_grant", "stop_account", "end_sessions"])
def test_a_session_is_over_when_its_grant_account_or_all_sessions_are_ended(client, leader, how):
    with actions.act_as(SYSTEM):
        if how == "end_grant":
            actions.end_grant(grant_id=leader.grant, actor=SYSTEM)
        else:
            {"stop_account": actions.stop_account, "end_sessions": actions.end_sessions}[how](
                account=leader.account, actor=SYSTEM
            )
    middleware.forget()
    queries.forget()
    page = client.get("/notices/")
    if how == "end_grant":  # he is still somebody, who may see to his account and hear what he was told
        assert page.status_code == 200
        actor = queries.actor_for(leader.account, grant=None, session="x", began_at=clock.now())
        assert (actor.sort, actor.role, actor.ranges) == ("nobody", "", ())
    else:
        assert (page.status_code, page["Location"]) == (302, "/sign-in/?next=%2Fnotices%2F")
        assert client.get("/desk/sign-in/").status_code == 200  # and not sent round in a circle


def test_signing_out_ends_the_session_itself_and_not_only_the_cookie(client):
    key = client.cookies["quanlin"].value
    answer = client.post("/sign-out/")
    assert answer["Location"] == "/desk/sign-in/"
    thief = signing.fresh_client()
    thief.cookies["quanlin"] = key
    assert not is_in(thief)


def test_signing_out_is_not_done_by_a_link(client):
    for path in ("/sign-out/", "/account/end-sessions/", "/desk/scope/"):
        assert client.get(path).status_code == 405
    assert is_in(client)


def test_one_ends_all_sessions_and_tokens_of_ones_own(client, account, leader):
    other = signing.fresh_client()
    with actions.act_as(SYSTEM):
        secret = actions.make_token(account=account.pk, scope="read", name="t", actor=SYSTEM)
    signing.give_password(other, "liang")
    other.post("/account/2fa/authenticate/", {"code": signing.digits(steps=1)})
    assert is_in(other)
    assert client.post("/account/end-sessions/")["Location"] == "/desk/sign-in/"
    assert not is_in(other)
    assert not is_in(client)
    with actions.as_system():
        assert queries.actor_for_token(secret) == NOBODY
        told = [e.fact for e in journal.timeline("account", str(account.pk), viewer=SYSTEM)]
    assert told[-1] == "staff.sessions_ended"


def test_nobody_ends_the_sessions_of_another(leader):
    with actions.act_as(SYSTEM):
        other = world.staff_actor("other", "leader", world.number(world.STREET))
    with actions.act_as(other), pytest.raises(NotAllowed):
        actions.end_sessions(account=leader.account, actor=other)
    with actions.act_as(other), pytest.raises(NotAllowed):
        actions.stop_account(account=leader.account, actor=other)


@pytest.mark.parametrize(("minutes", "stays"), [(29, True), (31, False)])
def test_staff_are_signed_out_after_half_an_hour_without_a_request(client, minutes, stays):
    session = client.session
    session["began_at"] = session["seen_at"] = (clock.now() - timedelta(minutes=minutes)).isoformat()
    session.save()
    assert is_in(client) is stays


def test_each_request_puts_the_half_hour_off(client):
    session = client.session
    session["seen_at"] = (clock.now() - timedelta(minutes=20)).isoformat()
    session.save()
    assert is_in(client)
    assert datetime.fromisoformat(client.session["seen_at"]) > clock.now() - timedelta(minutes=1)


def test_a_resident_stays_signed_in_for_days():
    client = signing.fresh_client()
    signing.sign_in_resident(client, "13800000001")
    session = client.session
    session["began_at"] = (clock.now() - timedelta(days=20)).isoformat()
    session.save()
    middleware.forget()
    assert client.get("/me/").status_code == 200


def test_a_session_that_was_not_begun_here_is_nobodys(client):
    session = client.session
    del session["began_at"]
    session.save()
    assert not is_in(client)
    assert client.get("/desk/sign-in/").status_code == 200


def test_one_switches_between_ones_own_hats_and_the_old_key_is_void(client, account, leader):
    with actions.act_as(SYSTEM):
        city = actions.grant(account=account.pk, role="leader", place=world.number(world.CITY), actor=SYSTEM)
    key = client.session.session_key
    answer = client.post("/desk/scope/", {"grant": str(city.pk), "next": "/desk/me/"})
    assert answer["Location"] == "/desk/me/"
    assert client.session["grant"] == city.pk
    assert client.session.session_key != key
    assert (
        client.post("/desk/scope/", {"grant": str(leader.grant), "next": "https://evil.example"})["Location"]
        == "/desk/"
    )


def test_nobody_puts_on_another_persons_hat(client, leader):
    with actions.act_as(SYSTEM):
        other = world.staff_actor("other", "leader", world.number(world.CITY))
    for grant, status in (
        (str(other.grant), 403),
        ("0", 403),
        ("x", 422),
        ("", 422),
        ("９", 422),
        ("1" * 40, 422),
    ):
        assert client.post("/desk/scope/", {"grant": grant}).status_code == status
        assert client.session["grant"] == leader.grant


def test_when_the_hat_in_use_ends_one_goes_on_with_another_of_ones_own(client, account, leader):
    with actions.act_as(SYSTEM):
        street = actions.grant(
            account=account.pk, role="leader", place=world.number(world.STREET), days=9, actor=SYSTEM
        )
        actions.end_grant(grant_id=leader.grant, actor=SYSTEM)
    assert is_in(client)
    assert queries.actor_for(account.pk, grant=None, session="x", began_at=clock.now()).grant == street.pk


def token(leader, **more) -> str:
    with actions.act_as(SYSTEM):
        return actions.make_token(
            **{"account": leader.account, "scope": "write", "name": "t", "actor": SYSTEM, **more}
        )


def by_token(secret: str):
    queries.forget()
    with actions.as_system():
        return queries.actor_for_token(secret)


def test_a_token_acts_as_its_account_and_its_secret_is_stored_nowhere(leader):
    secret = token(leader)
    actor = by_token(secret)
    assert (actor.sort, actor.account, actor.role, actor.can_write) == (
        "staff",
        leader.account,
        "leader",
        True,
    )
    with actions.as_system(), connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(to_jsonb(t)::text, ' ') FROM staff_token t")
        assert secret not in cursor.fetchone()[0]


def test_a_reading_token_reads_and_is_refused_to_write_at_the_door_and_by_the_rules(leader):
    secret = token(leader, scope="read")
    actor = by_token(secret)
    assert not actor.can_write
    assert rules.decide(actor, "case.see", rules.Resource(place=leader.place)).allow
    assert not rules.decide(actor, "case.note", rules.Resource(place=leader.place)).allow
    client = signing.fresh_client(Authorization=f"Bearer {secret}")
    for path in ("/api/v1/cases", "/desk/scope/", "/notices/read/"):
        answer = client.post(path, {"grant": str(leader.grant)})
        assert answer.status_code == 403, path


@pytest.mark.parametrize(
    "case", ["unknown", "empty", "expired", "revoked", "of a stopped account", "of an ended grant"]
)
def test_a_token_that_is_over_is_nobodys(leader, case):
    secret = token(leader, grant_id=leader.grant, days=1)
    with actions.act_as(SYSTEM):
        if case == "revoked":
            actions.revoke_token(token=Token.objects.get().pk, actor=leader)
        elif case == "of a stopped account":
            actions.stop_account(account=leader.account, actor=SYSTEM)
        elif case == "of an ended grant":
            actions.grant(account=leader.account, role="leader", place=world.number(world.CITY), actor=SYSTEM)
            actions.end_grant(grant_id=leader.grant, actor=SYSTEM)
    asked = {"unknown": secret + "x", "empty": ""}.get(case, secret)
    moment = clock.now() + (timedelta(days=1, seconds=1) if case == "expired" else timedelta())
    with clock.at(moment):
        actor = by_token(asked)
    assert (actor.sort, actor.role) == ("nobody", "")


def test_a_token_of_one_grant_never_acts_under_another(leader):
    with actions.act_as(SYSTEM):
        city = actions.grant(
            account=leader.account, role="leader", place=world.number(world.CITY), actor=SYSTEM
        )
    assert by_token(token(leader, grant_id=city.pk)).place == city.place
    assert by_token(token(leader, grant_id=leader.grant)).place == leader.place


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"scope": "admin"}, "scope"),
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
        ({"grant_id": 999999}, "grant"),
    ],
)
def test_a_token_without_a_proper_scope_end_and_grant_is_not_made(leader, wrong, field):
    with pytest.raises(Refused) as fault:
        token(leader, **wrong)
    assert fault.value.field == field
    with actions.as_system():
        assert not Token.objects.exists()


def test_a_token_for_another_is_made_by_the_account_officer_only(leader):
    with actions.act_as(SYSTEM):
        other = world.staff_actor("other", "leader", leader.place)
        officer = world.staff_actor("officer", "system_admin", world.number(world.CITY))
    with actions.act_as(other), pytest.raises(NotAllowed):
        actions.make_token(account=leader.account, scope="read", name="t", actor=other)
    assert rules.may(officer, "account.manage")


def test_nobody_revokes_another_persons_token(leader):
    token(leader)
    with actions.as_system():
        other = world.staff_actor("other", "leader", leader.place)
        number = Token.objects.get().pk
    with actions.act_as(other), pytest.raises(NotFound):
        actions.revoke_token(token=number, actor=other)
    with actions.as_system():
        assert Token.objects.get().revoked_at is None


def test_one_revokes_ones_own_token_on_the_page_of_ones_account(client, leader):
    secret = token(leader)
    with actions.as_system():
        number = Token.objects.get().pk
    assert 'action="/desk/me/tokens/' in client.get("/desk/me/").content.decode()
    assert client.post(f"/desk/me/tokens/{number}/revoke/")["Location"] == "/desk/me/"
    assert by_token(secret).sort == "nobody"
    with actions.as_system():
        told = [e.fact for e in journal.timeline("account", str(leader.account), viewer=SYSTEM)]
    assert told[-1] == "staff.token_revoked"
