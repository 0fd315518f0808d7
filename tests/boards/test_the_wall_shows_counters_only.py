"""The wall: who sees which, what it says, that it costs the same whatever there is, and that nobody is on it."""

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from quanlin.boards import actions
from quanlin.cases.models import Case
from quanlin.journal.jobs import run_relay
from quanlin.journal.queries import lag
from quanlin.kit import clock
from quanlin.kit.actor import SYSTEM
from quanlin.staff.actions import act_as
from tests import world as w
from tests.asking import Asker, statements
from tests.sessions import session_of

NO_BROKER = "nats://127.0.0.1:1"
MOST_STATEMENTS = 12
PLACES = (w.CITY, w.DISTRICT, w.STREET, w.SHUNXIN)


def relay() -> None:
    """Seal and count what waits."""
    run_relay(reactions={}, folds=[actions.count], nats_url=NO_BROKER, stop=lambda: lag().waiting == 0)


def leader(code: str, name: str):
    with act_as(SYSTEM):
        return w.staff_actor(name, "leader", w.number(code), name="梁主任")


def screen(actor, code: str = "", **query: str):
    client = Client(raise_request_exception=False)
    session_of(client, actor)
    return client.get(f"/screen/{code}", query)


def text(response) -> str:
    """What is read on the page, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def number(response, name: str) -> str:
    """The number with that name on the page."""
    found = re.search(rf'data-n="{name}">([^<]*)<', response.content.decode())
    assert found, name
    return found[1]


@pytest.fixture
def world(fresh_database) -> w.World:
    with act_as(SYSTEM):
        return w.build()


def test_it_starts_where_the_viewer_belongs_and_goes_down_but_not_up(world):
    assert "舜玉路街道智慧社区运行总览" in text(screen(world.leader))
    assert "舜新社区智慧社区运行总览" in text(screen(world.leader, w.SHUNXIN))
    for above in (w.DISTRICT, w.CITY, w.OTHER):
        refused = screen(world.leader, above)
        assert refused.status_code == 403
        assert "看不了" in text(refused)
    links = set(re.findall(r'href="/screen/(\d+)"', screen(world.leader).content.decode()))
    assert w.SHUNXIN in links
    assert not links & {w.DISTRICT, w.CITY}


def test_residents_and_strangers_do_not_see_it(world):
    assert screen(world.wang).status_code == 403
    nobody = Client().get("/screen/")
    assert nobody.status_code == 302
    assert nobody["Location"] == "/desk/sign-in/?next=%2Fscreen%2F"


def test_before_the_first_case_there_are_dashes_and_no_noughts(world):
    page = screen(leader(w.CITY, "city"))
    for name in ("opened", "closed", "running", "overdue", "rate", "refused", "urged", "level-grid"):
        assert number(page, name) == "—", name
    assert "还没有事项" in text(page)
    assert 'class="none"' in page.content.decode()


def test_its_numbers_are_those_of_the_facts(world):
    w.walk_to(world, "closed", key="a")
    again = w.walk_to(world, "closed", key="b")
    w.move(again, "rate", world.wang, rating=5)
    w.move(again, "refuse", world.wang, words="灯又不亮了，请再来看看")
    w.walk_to(world, "working", key="c")
    late = w.walk_to(world, "reported", key="d")
    with act_as(SYSTEM):
        Case.objects.filter(number=late).update(due_at=clock.now() - timedelta(hours=1))
    relay()
    city = leader(w.CITY, "city")
    for code in PLACES:
        page = screen(city, code)
        found = {n: number(page, n) for n in ("opened", "closed", "running", "overdue", "rate", "refused")}
        assert found == {
            "opened": "4", "closed": "1", "running": "3", "overdue": "1", "rate": "100.0", "refused": "1",
        }, code  # fmt: skip
        assert number(page, "level-community") == "100.0%"
    answer = Asker(city).get(f"/boards/{w.STREET}")
    assert answer.status_code == 200
    board = json.loads(answer.content)
    assert board["today"] == {"opened": 4, "last_week": 0, "closed": 1}
    assert (board["running"], board["overdue"], board["month"]["refused"]) == (3, 1, 1)
    part = next(p for p in board["parts"] if p["code"] == w.SHUNXIN)
    assert (part["rate"], part["closed"], part["running"], part["rank"]) == (100.0, 1, 3, 1)
    assert sum(p["counted"] for p in board["parts"]) == 1
    assert board["latest"][0]["number"] == late


def test_nobodys_words_name_or_door_stand_on_it(world):
    w.report(
        world,
        text="我是王秀英，电话 13800000001，住 3 号楼 1 单元 102",
        place_text="3 号楼 1 单元 102 王秀英",
        key="own",
    )
    relay()
    for code in PLACES:
        for query in ({}, {"as": "table"}, {"part": "now"}):
            said = screen(leader(w.CITY, f"city-{code}-{len(query)}-{query.get('as', '')}"), code, **query)
            assert said.status_code == 200
            for personal in ("王秀英", "秀英", "13800000001", "1 单元", "102", "周婷", "李静"):
                assert personal not in text(said), (code, query, personal)


def test_a_small_and_a_larger_number_of_cases_cost_the_same_few_statements(world):
    city = leader(w.CITY, "city")
    client = Client()
    session_of(client, city)

    def cost() -> dict[str, int]:
        found = {}
        for code in PLACES:
            client.get(f"/screen/{code}")
            with statements() as sent:
                assert client.get(f"/screen/{code}").status_code == 200
            found[code] = len(sent)
        return found

    w.report(world, key="first")
    relay()
    one = cost()
    assert max(one.values()) <= MOST_STATEMENTS
    for n in range(30):
        w.report(world, key=f"more{n}", kind=("street_light", "rubbish", "living_noise")[n % 3])
    relay()
    assert cost() == one


def test_what_changes_comes_alone_and_each_part_is_on_the_page(world):
    w.walk_to(world, "closed", key="a")
    relay()
    city = leader(w.CITY, "city")
    whole, parts = screen(city, w.STREET).content.decode(), screen(city, w.STREET, part="now")
    assert parts["Cache-Control"] == "no-store"
    names = re.findall(r'data-part="(\w+)"', parts.content.decode())
    assert names == ["today", "trend", "levels", "strip", "newest", "groups", "latest", "foot"]
    for name in names:
        assert whole.count(f'data-part="{name}"') == 1
    assert "<html" not in parts.content.decode()


def test_every_number_opens_the_list_behind_it(world):
    w.walk_to(world, "working", key="a")
    relay()
    page = screen(world.leader).content.decode().replace("&amp;", "&")
    desk = f"/desk/?place={w.STREET}"
    for link in (desk, f"{desk}&state=closed", f"{desk}&overdue=1", f"{desk}&group=facilities"):
        assert f'href="{link}"' in page, link


def test_the_table_says_what_the_map_shows(world):
    w.walk_to(world, "closed", key="a")
    relay()
    said = text(screen(leader(w.CITY, "city"), w.STREET, **{"as": "table"}))
    assert "各社区，本月按时办结率从高到低" in said
    assert re.search(r"1 舜新社区 100\.0% 1 / 1 1 0", said)
    assert "舜玉路街道运行数字" in said


def test_a_code_of_no_place_is_not_found(world):
    city = leader(w.CITY, "city")
    assert screen(city, "370199999999").status_code == 404
    assert Asker(city).get("/boards/370199999999").status_code == 404


def test_numbers_that_stand_still_say_since_when(world):
    w.report(world, key="a")
    relay()
    city = leader(w.CITY, "city")
    assert "计数停在" not in text(screen(city))
    with act_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute("UPDATE journal_relay SET seen_at = now() - interval '5 minutes' WHERE id = 1")
    assert "计数停在" in text(screen(city))


def test_the_springs_have_a_place_when_their_level_is_known(world, settings):
    city = leader(w.CITY, "city")
    assert "趵突泉" not in text(screen(city))
    settings.SPRING_LEVEL = "28.64"
    assert "趵突泉水位 28.64 米" in text(screen(city))
