"""Lines for oneself, told once; SMS handed over once, outside of any transaction."""

import pytest
from django.db import connection

from quanlin.config import reactions
from quanlin.journal import queries as journal
from quanlin.kit.actor import SYSTEM
from quanlin.kit.errors import NotFound
from quanlin.notices import actions, jobs, queries
from quanlin.notices.models import Notice, Outgoing
from quanlin.staff import actions as staff
from quanlin.staff.models import Account
from tests import signing, world

PHONE = "13800000001"


@pytest.fixture
def client(db):
    found = signing.fresh_client()
    signing.sign_in_resident(found, PHONE)
    return found


@pytest.fixture
def wang(client):
    with staff.as_system():
        return world.actor_of(Account.objects.get(pk=int(client.session["_auth_user_id"])))


def tell(
    account: int, entry: int = 1, title: str = "办结：路灯不亮", link: str = "/cases/261124000001"
) -> int:
    with staff.act_as(SYSTEM):
        return actions.tell(entry=entry, accounts=[account], title=title, link=link)


def test_one_is_told_once_of_each_thing(client, wang):
    assert (tell(wang.account), tell(wang.account), tell(wang.account, entry=2)) == (1, 0, 1)
    with staff.act_as(wang):
        assert len(queries.notices_of(wang)) == queries.unread_count(wang) == 2


def test_the_bell_shows_ones_own_lines_and_nobody_elses(client, wang):
    with staff.act_as(SYSTEM):
        zhou = world.resident("13800000002", "周婷")
    tell(wang.account)
    tell(zhou.account, title="别人的事")
    page = client.get("/notices/").content.decode()
    assert "办结：路灯不亮" in page
    assert "别人的事" not in page


def test_an_empty_bell_says_so(client):
    assert "没有消息" in client.get("/notices/").content.decode()


def test_opening_a_line_marks_it_read_and_leads_to_what_it_is_about(client, wang):
    tell(wang.account)
    with staff.act_as(wang):
        number = queries.notices_of(wang)[0].id
    assert client.get(f"/notices/{number}/open/").status_code == 405
    assert client.post(f"/notices/{number}/open/")["Location"] == "/cases/261124000001"
    with staff.act_as(wang):
        assert queries.unread_count(wang) == 0


def test_a_line_leads_nowhere_else(client, wang):
    tell(wang.account, link="https://evil.example/")
    with staff.act_as(wang):
        number = queries.notices_of(wang)[0].id
    assert client.post(f"/notices/{number}/open/")["Location"] == "/notices/"


def test_nobody_opens_or_reads_away_the_line_of_another(client, wang):
    with staff.act_as(SYSTEM):
        zhou = world.resident("13800000002", "周婷")
    tell(zhou.account)
    with staff.act_as(SYSTEM):
        number = Notice.objects.get().pk
    assert client.post(f"/notices/{number}/open/").status_code == 404
    assert client.post("/notices/read/").status_code == 302
    with staff.act_as(zhou):
        assert queries.unread_count(zhou) == 1
    with staff.act_as(wang), pytest.raises(NotFound):
        actions.open_notice(notice=number, actor=wang)


def test_all_of_ones_lines_are_marked_read_at_once(client, wang):
    for entry in range(3):
        tell(wang.account, entry=entry)
    client.post("/notices/read/")
    with staff.act_as(wang):
        assert queries.unread_count(wang) == 0


def test_a_line_cannot_carry_markup(client, wang):
    tell(wang.account, title="<script>alert(1)</script>")
    assert "<script>alert(1)" not in client.get("/notices/").content.decode()


@pytest.mark.django_db
def test_the_bell_is_for_who_is_signed_in():
    client = signing.fresh_client()
    assert client.get("/notices/")["Location"].startswith("/sign-in/")
    assert client.post("/notices/read/").status_code == 403


class Gateway:
    """Takes messages, or does not."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, str]] = []
        self.works = True
        self.inside = False

    def __call__(self, *, phone: str, words: str, key: str) -> None:
        self.inside = self.inside or connection.in_atomic_block
        if not self.works:
            raise TimeoutError("the gateway did not answer for 13800000001")
        self.taken.append((phone, words, key))


gateway = Gateway()


@pytest.fixture
def sms_gateway(settings):
    settings.SMS_GATEWAY = f"{__name__}.gateway"
    gateway.__init__()
    return gateway


def queued() -> int:
    """Queue one SMS and answer the id of its journal entry."""
    with staff.act_as(SYSTEM):
        assert actions.queue_sms(key="case-1", phone=PHONE, words="已办结")
        (entry,) = journal.timeline("sms", str(Outgoing.objects.get().pk), viewer=SYSTEM)
    return entry.id


def test_a_message_is_handed_to_the_gateway_once_and_outside_of_a_transaction(fresh_database, sms_gateway):
    entry = queued()
    for _ in range(3):
        jobs.deliver_sms(entry)
    assert sms_gateway.taken == [(PHONE, "已办结", "case-1")]
    assert not sms_gateway.inside
    with staff.act_as(SYSTEM):
        row = Outgoing.objects.get()
    assert (row.tries, row.last_fault) == (1, "")
    assert row.sent_at is not None


def test_a_message_that_was_not_taken_is_tried_again_and_its_fault_names_no_number(
    fresh_database, sms_gateway
):
    entry = queued()
    sms_gateway.works = False
    with pytest.raises(TimeoutError):
        jobs.deliver_sms(entry)
    with staff.act_as(SYSTEM):
        row = Outgoing.objects.get()
    assert (row.tries, row.last_fault, row.sent_at) == (1, "TimeoutError", None)
    sms_gateway.works = True
    jobs.deliver_sms(entry)
    assert len(sms_gateway.taken) == 1


def test_without_a_gateway_messages_stay_in_the_outbox(fresh_database, settings):
    settings.SMS_GATEWAY = ""
    jobs.deliver_sms(queued())
    with staff.act_as(SYSTEM):
        assert Outgoing.objects.get().sent_at is None
        (shown,) = queries.outbox()
    assert (shown.to, shown.words) == (PHONE, "已办结")


@pytest.mark.django_db
def test_a_message_with_the_same_key_is_queued_once():
    queued()
    with staff.act_as(SYSTEM):
        assert not actions.queue_sms(key="case-1", phone=PHONE, words="又一次")
        assert Outgoing.objects.count() == 1


def test_the_gateway_is_called_when_a_message_is_queued():
    assert reactions.WHEN["notices.sms_queued"] == [jobs.deliver_sms]
