"""Six digits, five minutes, five tries, and the same answer whoever the number belongs to."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from quanlin.journal import queries as journal
from quanlin.kit import clock
from quanlin.kit.actor import SYSTEM
from quanlin.kit.errors import Conflict, NotAllowed, Refused
from quanlin.people import actions, queries, rules
from quanlin.people.models import Code, Person
from quanlin.staff import actions as staff
from quanlin.staff.models import Account
from tests import signing, world

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
PHONE, OTHER = "13800000001", "13800000002"


@pytest.fixture(autouse=True)
def system_scope():
    with staff.act_as(SYSTEM):
        yield


def send(at: datetime, phone: str = PHONE, source: str = "1.2.3.4") -> str:
    with clock.at(at):
        return actions.send_code(phone=phone, source=source).code


def enter(at: datetime, code: str, phone: str = PHONE) -> tuple[int, bool]:
    with clock.at(at):
        return actions.sign_in_by_code(phone=phone, code=code)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_code_is_six_digits_and_is_kept_only_as_a_digest():
    code = send(NOON)
    assert len(code) == 6
    assert code.isdigit()
    row = Code.objects.get()
    assert code.encode() not in bytes(row.digest)
    assert len(bytes(row.digest)) == 32


def test_the_first_right_code_opens_an_account_and_the_next_one_finds_it():
    account, new = enter(NOON, send(NOON))
    assert new
    later = NOON + timedelta(hours=1)
    assert enter(later, send(later)) == (account, False)
    assert Account.objects.filter(sort="resident").count() == 1
    assert queries.account_of_phone("+86 138 0000 0001") == (account, Account.objects.get().uid)


def test_a_code_works_once():
    code = send(NOON)
    assert enter(NOON, code)[0]
    assert enter(NOON, code) == (0, False)


@pytest.mark.parametrize(("seconds", "works"), [(0, True), (299, True), (300, True), (301, False)])
def test_a_code_lives_five_minutes(seconds, works):
    code = send(NOON)
    assert bool(enter(NOON + timedelta(seconds=seconds), code)[0]) is works


@pytest.mark.parametrize(("tries", "works"), [(4, True), (5, False)])
def test_a_code_may_be_tried_five_times(tries, works):
    code = send(NOON)
    for _ in range(tries):
        assert enter(NOON, wrong(code)) == (0, False)
    assert bool(enter(NOON, code)[0]) is works
    assert Code.objects.get().tries == min(tries + 1, 5)


def test_only_the_newest_code_counts():
    first = send(NOON)
    later = NOON + timedelta(seconds=61)
    second = send(later)
    while second == first:  # one time in a million
        Code.objects.latest("id").delete()
        second = send(later)
    assert enter(later, first) == (0, False)
    assert enter(later, second)[0]


def test_a_code_of_one_number_does_not_open_another():
    code = send(NOON)
    while send(NOON, OTHER) == code:  # one time in a million
        Code.objects.latest("id").delete()
    assert enter(NOON, code, OTHER) == (0, False)
    assert not Account.objects.filter(sort="resident").exists()


def test_a_second_code_waits_a_minute():
    send(NOON)
    with pytest.raises(Refused) as fault:
        send(NOON + timedelta(seconds=59))
    assert (fault.value.code, fault.value.extra) == ("too_soon", {"wait_seconds": 2})
    assert Code.objects.count() == 1
    send(NOON + timedelta(seconds=60))
    assert Code.objects.count() == 2


def test_a_number_gets_ten_codes_a_day():
    for turn in range(10):
        send(NOON + timedelta(minutes=5 * turn))
    with pytest.raises(Refused, match="今天要的验证码太多了"):
        send(NOON + timedelta(hours=2))
    assert Code.objects.count() == 10
    send(NOON + timedelta(days=1, minutes=1))


def test_one_address_gets_thirty_codes_an_hour_whatever_numbers_it_names():
    for turn in range(30):
        send(NOON, f"138000001{turn:02d}")
    with pytest.raises(Refused, match="这里要的验证码太多了"):
        send(NOON, "13800000200")
    send(NOON, "13800000200", source="5.6.7.8")
    assert Code.objects.count() == 31


def test_the_whole_city_has_a_budget_of_codes():
    with pytest.raises(Refused, match="现在要验证码的人太多"):
        rules.check_may_send(
            now=NOON, last_sent=None, sent_today=0, from_source_this_hour=0, this_hour=rules.CODES_AN_HOUR
        )
    rules.check_may_send(
        now=NOON, last_sent=None, sent_today=0, from_source_this_hour=0, this_hour=rules.CODES_AN_HOUR - 1
    )


def test_old_codes_are_thrown_away():
    send(NOON)
    send(NOON + timedelta(days=3), OTHER)
    assert Code.objects.count() == 1


@pytest.mark.parametrize(
    "phone", ["", "1380000000", "138000000011", "23800000001", "abc", "１３８００００\0", "1" * 10_000]
)
def test_what_is_no_phone_number_gets_no_code(phone):
    with pytest.raises(Refused) as fault:
        send(NOON, phone)
    assert fault.value.field == "phone"
    assert not Code.objects.exists()


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "abcdef", "１２３４５６", "' OR 1=1", "0" * 5000, "\0"]
)
def test_what_is_no_code_is_one_try_and_nothing_else(code):
    send(NOON)
    assert enter(NOON, code) == (0, False)
    assert Code.objects.get().tries == 1


def test_a_number_of_staff_signs_in_as_a_resident_and_never_as_staff():
    worker = world.staff_actor("li.jing", "leader", world.number(world.CITY))
    Person.objects.filter(account=worker.account).delete()
    actions.register(
        name="李静", actor=SYSTEM, sort="staff", account=worker.account, person=worker.person, phone=PHONE
    )
    account, new = enter(NOON, send(NOON))
    assert new
    assert account != worker.account
    assert Account.objects.get(pk=account).sort == "resident"


def test_known_and_unknown_numbers_get_the_same_answers_step_by_step():
    world.resident(PHONE, "王秀英")
    answers = []
    for phone in (PHONE, "13999999999"):
        client = signing.fresh_client()
        asked = client.post("/sign-in/", {"phone": phone})
        page = client.get("/sign-in/code/")
        tried = client.post("/sign-in/code/", {"code": wrong(signing.code_sent())})
        again = signing.fresh_client().post("/sign-in/", {"phone": phone})
        shown = [
            p.content.decode().replace(f"{phone[:3]}****{phone[-4:]}", "").replace(phone, "")
            for p in (page, tried, again)
        ]
        answers.append(
            (
                asked.status_code,
                asked["Location"],
                tried.status_code,
                again.status_code,
                *map(without_tokens, shown),
            )
        )
    assert answers[0] == answers[1]
    assert answers[0][:4] == (302, "/sign-in/code/", 422, 422)


def without_tokens(page: str) -> str:
    return re.sub(r'(csrfmiddlewaretoken" value|name="csrf" content)="[^"]*"|请等 \d+ 秒', "", page)


def test_a_failed_try_is_counted_although_the_page_answers_a_refusal():
    client = signing.fresh_client()
    client.post("/sign-in/", {"phone": PHONE})
    code = signing.code_sent()
    for _ in range(5):
        assert client.post("/sign-in/code/", {"code": wrong(code)}).status_code == 422
    with staff.act_as(SYSTEM):
        assert Code.objects.get().tries == 5
    assert client.post("/sign-in/code/", {"code": code}).status_code == 422
    assert "_auth_user_id" not in client.session


def test_the_page_of_the_code_needs_a_number_that_asked():
    assert signing.fresh_client().get("/sign-in/code/")["Location"] == "/sign-in/"


def test_changing_to_a_number_that_somebody_else_has_answers_the_constant_sentence():
    wang, zhou = world.resident(PHONE, "王秀英"), world.resident(OTHER, "周婷")
    code = send(NOON, OTHER)
    with clock.at(NOON), staff.act_as(wang), pytest.raises(Conflict) as fault:
        actions.change_phone(person=wang.person, phone=OTHER, code=code, actor=wang)
    assert fault.value.message == actions.TO_BE_CHECKED == "已收下，待社区核对后生效。"
    assert queries.account_of_phone(OTHER) == (zhou.account, zhou.person)
    assert queries.account_of_phone(PHONE) == (wang.account, wang.person)
    told = [e.fact for e in journal.timeline("person", str(wang.person), viewer=SYSTEM)]
    assert "people.phone_changed" not in told


def test_one_changes_ones_own_number_with_a_code_sent_to_the_new_one():
    wang = world.resident(PHONE, "王秀英")
    code = send(NOON, OTHER)
    with clock.at(NOON), staff.act_as(wang):
        assert not actions.change_phone(person=wang.person, phone=OTHER, code=wrong(code), actor=wang)
        assert actions.change_phone(person=wang.person, phone=OTHER, code=code, actor=wang)
    assert queries.account_of_phone(OTHER) == (wang.account, wang.person)
    assert queries.account_of_phone(PHONE) is None


def test_nobody_changes_the_number_or_name_of_another():
    wang, zhou = world.resident(PHONE, "王秀英"), world.resident(OTHER, "周婷")
    with staff.act_as(zhou):
        with pytest.raises(NotAllowed):
            actions.change_phone(person=wang.person, phone="13800000009", code="000000", actor=zhou)
        with pytest.raises(NotAllowed):
            actions.rename(person=wang.person, name="周婷", actor=zhou)
    assert queries.account_of_phone(PHONE) == (wang.account, wang.person)


def test_registering_a_number_that_is_known_answers_the_constant_sentence():
    world.resident(PHONE, "王秀英")
    before = Person.objects.count()
    with pytest.raises(Conflict, match="已收下，待社区核对后生效。"):
        actions.register(name="别人", actor=SYSTEM, sort="resident", phone="+86 138-0000-0001")
    assert Person.objects.count() == before
