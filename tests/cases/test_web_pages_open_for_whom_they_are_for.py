"""Every page of cases × every role: what opens, what is refused, what it costs, where its links lead."""

import pytest
from django.urls import Resolver404, resolve

from quanlin.kit.actor import SYSTEM
from quanlin.staff.actions import act_as
from tests import world
from tests.asking import statements
from tests.cases.visits import links_of, text_of, visitor

pytestmark = pytest.mark.django_db

MOST_STATEMENTS = 12


@pytest.fixture
def people() -> world.World:
    with act_as(SYSTEM):
        return world.build()


@pytest.fixture
def number(people: world.World) -> str:
    return world.walk_to(people, "working")


WHO = (
    "nobody",
    "wang",
    "zhou",
    "worker",
    "electrician",
    "grid_worker",
    "street_worker",
    "leader",
    "stranger",
)
OPEN, SIGN_IN, STAFF_SIGN_IN, DESK, NO, GONE, LATE, BAD = (
    200,
    "/sign-in/",
    "/desk/sign-in/",
    "/desk/",
    403,
    404,
    409,
    422,
)
# page: what each of WHO gets, in that order; a text is where the answer leads
MATRIX = {
    "/": (OPEN, OPEN, OPEN, DESK, DESK, DESK, DESK, DESK, DESK),
    "/report/": (SIGN_IN, OPEN, OPEN, OPEN, OPEN, OPEN, OPEN, NO, OPEN),
    "/report/kinds/": (SIGN_IN, OPEN, OPEN, OPEN, OPEN, OPEN, OPEN, NO, OPEN),
    "/report/tree/": (SIGN_IN, OPEN, OPEN, OPEN, OPEN, OPEN, OPEN, NO, OPEN),
    "/report/place/?place=370103012001": (SIGN_IN, OPEN, OPEN, OPEN, OPEN, OPEN, OPEN, NO, OPEN),
    "/p/370103012001": (OPEN, OPEN, OPEN, OPEN, OPEN, OPEN, OPEN, NO, OPEN),
    "/p/1": (BAD, BAD, BAD, BAD, BAD, BAD, BAD, NO, BAD),
    "/cases/": (SIGN_IN, OPEN, OPEN, NO, NO, NO, NO, NO, NO),
    "/cases/{n}/": (SIGN_IN, OPEN, GONE, NO, NO, NO, NO, NO, NO),
    "/cases/{n}/note/": (SIGN_IN, OPEN, GONE, NO, NO, NO, NO, NO, NO),
    "/cases/{n}/accept/": (SIGN_IN, GONE, GONE, NO, NO, NO, NO, NO, NO),
    "/cases/261100000000/": (SIGN_IN, GONE, GONE, NO, NO, NO, NO, NO, NO),
    "/desk/": (STAFF_SIGN_IN, NO, NO, OPEN, OPEN, OPEN, OPEN, OPEN, OPEN),
    "/desk/cases/{n}/": (STAFF_SIGN_IN, NO, NO, OPEN, OPEN, OPEN, OPEN, OPEN, GONE),
    "/desk/cases/{n}/row/": (STAFF_SIGN_IN, NO, NO, OPEN, OPEN, OPEN, OPEN, OPEN, GONE),
    "/desk/cases/{n}/resolve/": (STAFF_SIGN_IN, NO, NO, LATE, OPEN, LATE, LATE, LATE, GONE),
    "/desk/cases/{n}/burn/": (STAFF_SIGN_IN, NO, NO, GONE, GONE, GONE, GONE, GONE, GONE),
    "/desk/cases/x/": (STAFF_SIGN_IN, NO, NO, GONE, GONE, GONE, GONE, GONE, GONE),
}


@pytest.mark.parametrize("who", WHO)
def test_each_role_gets_the_pages_that_are_for_it(people: world.World, number: str, who: str) -> None:
    client = visitor(None if who == "nobody" else getattr(people, who))
    got, wanted = {}, {}
    for page, answers in MATRIX.items():
        answer = client.get(page.format(n=number))
        got[page] = answer.status_code if answer.status_code != 302 else answer["Location"].partition("?")[0]
        wanted[page] = answers[WHO.index(who)]
    assert got == wanted


def test_a_refusal_is_a_page_with_a_sentence(people: world.World, number: str) -> None:
    answer = visitor(people.zhou).get(f"/cases/{number}/")
    assert answer.status_code == 404
    assert "没有这件事，或不归您看。请核对编号。" in text_of(answer)
    assert "楼下路灯三天不亮了" not in text_of(answer)


def test_whoever_must_sign_in_comes_back_to_the_page_that_he_wanted() -> None:
    answer = visitor().get("/desk/?state=working&q=%E8%B7%AF%E7%81%AF")
    assert (
        answer["Location"]
        == "/desk/sign-in/?next=%2Fdesk%2F%3Fstate%3Dworking%26q%3D%25E8%25B7%25AF%25E7%2581%25AF"
    )


@pytest.mark.parametrize(
    ("who", "page"),
    [
        ("worker", "/desk/"),
        ("worker", "/desk/?view=open"),
        ("worker", "/desk/?q=路灯"),
        ("leader", "/desk/"),
        ("worker", "/desk/cases/{n}/"),
        ("electrician", "/desk/cases/{n}/"),
        ("electrician", "/desk/cases/{n}/resolve/"),
        ("wang", "/"),
        ("wang", "/cases/"),
        ("wang", "/cases/{n}/"),
        ("wang", "/report/"),
    ],
)
def test_a_page_costs_few_statements_however_many_cases_there_are(
    people: world.World, number: str, who: str, page: str
) -> None:
    for n in range(12):
        world.report(people, key=f"more{n}", text=f"第 {n} 盏路灯不亮")
    client = visitor(getattr(people, who))
    client.get(page.format(n=number))  # what a process remembers is read once
    with statements() as sent:
        answer = client.get(page.format(n=number))
    assert answer.status_code == 200
    assert len(sent) <= MOST_STATEMENTS, "\n".join(s[:200] for s in sent)


@pytest.mark.parametrize(
    ("who", "page"),
    [
        ("nobody", "/"),
        ("nobody", "/p/370103012001"),
        ("wang", "/"),
        ("wang", "/report/?kind=street_light"),
        ("wang", "/report/kinds/"),
        ("wang", "/report/tree/"),
        ("wang", "/cases/"),
        ("wang", "/cases/{n}/"),
        ("wang", "/cases/{n}/note/"),
        ("worker", "/desk/?view=open&group=facilities"),
        ("worker", "/desk/cases/{n}/"),
        ("worker", "/desk/cases/{n}/assign/"),
        ("grid_worker", "/desk/"),
    ],
)
def test_no_link_leads_nowhere(people: world.World, number: str, who: str, page: str) -> None:
    client = visitor(None if who == "nobody" else getattr(people, who))
    answer = client.get(page.format(n=number))
    assert answer.status_code == 200
    lost = []
    for address in links_of(answer):
        try:
            resolve(address.partition("?")[0].partition("#")[0])
        except Resolver404:
            lost.append(address)
    assert lost == []


def test_the_filter_of_a_list_goes_along_with_its_rows_and_back(people: world.World, number: str) -> None:
    client = visitor(people.worker)
    listed = client.get("/desk/?view=open&group=facilities")
    assert f"/desk/cases/{number}/?view=open&amp;group=facilities" in listed.content.decode()
    opened = client.get(f"/desk/cases/{number}/?view=open&group=facilities")
    assert "/desk/?view=open&group=facilities" in links_of(opened)


def test_pages_of_a_long_list_follow_each_other_without_gap(people: world.World) -> None:
    numbers = {world.report(people, key=f"n{n}", text=f"第 {n} 件").number for n in range(53)}
    client = visitor(people.worker)
    first = client.get("/desk/?view=open")
    further = next(a for a in links_of(first) if "cursor=" in a)
    second = client.get(further)
    seen = [
        a.split("/")[3]
        for page in (first, second)
        for a in links_of(page)
        if a.endswith("row/") or "/row/?" in a
    ]
    assert len(seen) == len(set(seen)) == 53
    assert set(seen) == numbers
    assert "回到最前" in text_of(second)


def test_an_empty_list_says_why_and_what_to_do(people: world.World) -> None:
    client = visitor(people.worker)
    assert "轮到我们办的都办完了" in text_of(client.get("/desk/"))
    assert "没有符合的案件" in text_of(client.get("/desk/?q=恐龙"))
    assert "清除筛选" in text_of(client.get("/desk/?q=恐龙"))
    assert "还没报过事" in text_of(visitor(people.wang).get("/cases/"))


@pytest.mark.parametrize(
    "page", ["/desk/?state=burnt", "/desk/?cursor=nonsense", "/desk/?place=abc", "/cases/?cursor=%00"]
)
def test_a_broken_address_is_answered_with_a_page(people: world.World, page: str) -> None:
    who = people.wang if page.startswith("/cases") else people.worker
    answer = visitor(who).get(page)
    assert answer.status_code in (404, 422)
    assert "回首页" in text_of(answer)


def test_a_closed_case_is_not_said_to_be_in_anybodys_hands(people: world.World) -> None:
    closed = world.walk_to(people, "closed", key="closed")
    said = text_of(visitor(people.worker).get(f"/desk/cases/{closed}/"))
    assert "现由" not in said
    assert "由 舜新社区第1网格 办结" in said
