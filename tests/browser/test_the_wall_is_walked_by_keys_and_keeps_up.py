"""The wall in Chromium: readable from afar, walked by a remote's keys, renewed softly and seldom."""

import os
import threading
from collections.abc import Iterator
from wsgiref.simple_server import WSGIServer, make_server

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test import Client

from quanlin.boards import actions
from quanlin.journal.jobs import run_relay
from quanlin.journal.queries import lag
from quanlin.kit.actor import SYSTEM
from quanlin.staff.actions import act_as
from tests import world as w
from tests.browser import looks
from tests.browser.test_every_part_can_be_read_and_pressed import Quiet
from tests.sessions import session_of

pytestmark = pytest.mark.browser
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
    "true"  # Playwright keeps an event loop in this thread; nothing runs in it
)
WALL, DESK, PHONE = (1920, 1080), (1280, 800), (390, 844)


def relay() -> None:
    """Seal and count what waits."""
    run_relay(
        reactions={}, folds=[actions.count], nats_url="nats://127.0.0.1:1", stop=lambda: lag().waiting == 0
    )


@pytest.fixture
def world(fresh_database) -> w.World:
    """Some cases in 舜新社区: closed, running."""
    with act_as(SYSTEM):
        world = w.build()
    w.walk_to(world, "closed", key="a")
    w.walk_to(world, "working", key="b")
    relay()
    return world


@pytest.fixture
def address(world) -> Iterator[str]:
    """The whole program on a port of its own; pages come one at a time."""
    server: WSGIServer = make_server("127.0.0.1", 0, StaticFilesHandler(WSGIHandler()), handler_class=Quiet)

    def serve() -> None:
        server.serve_forever()
        connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def screen(address, window):
    """``screen(path, size)``: the page as the leader of the city sees it."""
    with act_as(SYSTEM):
        leader = w.staff_actor("city.leader", "leader", w.number(w.CITY), name="梁主任")
    key = session_of(Client(), leader)

    def open_screen(path: str = "/screen/", size: tuple[int, int] = WALL, **more: object):
        page = window(*size, **more)
        page.context.add_cookies([{"name": "quanlin", "value": key, "url": address}])
        page.goto(address + path, wait_until="load")
        return page

    return open_screen


@pytest.mark.parametrize("path", ["/screen/", f"/screen/{w.DISTRICT}", f"/screen/{w.SHUNXIN}"])
def test_it_is_read_from_afar_and_breaks_no_rule(screen, path):
    page = screen(path, reduced_motion="reduce")
    assert looks.small_text(page, 20) == []
    assert looks.contrast_failures(page) == []
    assert looks.axe_violations(page) == []
    assert looks.inline_style_or_script(page) == []
    assert looks.sideways_scroll(page) == []


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_its_numbers_are_a_page_that_fits_everywhere(screen, size):
    page = screen(f"/screen/{w.STREET}?as=table", size)
    assert looks.contrast_failures(page) == []
    assert looks.axe_violations(page) == []
    assert looks.sideways_scroll(page) == []


def test_on_a_phone_the_panels_stand_one_under_another(screen):
    page = screen(f"/screen/{w.STREET}", PHONE)
    assert looks.sideways_scroll(page) == []
    left = [box["x"] for box in (p.bounding_box() for p in page.locator(".q-panel").all())]
    assert max(left) - min(left) < 2


def test_nothing_overflows_its_panel(screen):
    page = screen(f"/screen/{w.STREET}")
    cut = page.evaluate(
        "() => [...document.querySelectorAll('.q-panel, .q-stage')].filter(e => e.scrollHeight > e.clientHeight + 1"
        " || e.scrollWidth > e.clientWidth + 1).map(e => e.textContent.trim().slice(0, 20))"
    )
    assert cut == []


def test_arrows_walk_the_places_enter_opens_and_backspace_goes_up(screen):
    page = screen(f"/screen/{w.STREET}")
    page.keyboard.press("ArrowDown")
    focused = "document.activeElement.dataset.code"
    assert page.evaluate(focused) == w.SHUNXIN  # the only one with a rate is the first of the ranks
    picked = page.locator("[data-shape].picked")
    assert picked.get_attribute("data-shape") == w.SHUNXIN
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) != w.SHUNXIN
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/screen/{w.SHUNXIN}")
    page.wait_for_load_state("load")
    page.keyboard.press("Backspace")
    page.wait_for_url(f"**/screen/{w.STREET}")


def test_a_new_case_slides_in_and_what_was_focused_stays_so(screen, world):
    page = screen(f"/screen/{w.STREET}")
    assert page.locator("[data-part=newest] li").count() == 2
    page.keyboard.press("ArrowDown")
    number = w.report(world, key="new").number
    relay()
    page.evaluate("document.dispatchEvent(new CustomEvent('q:fact', {detail: {fact: 'cases.reported'}}))")
    row = page.locator(f"[data-case='{number}'].is-new")
    row.wait_for()
    assert page.locator("[data-part=newest] li").first.get_attribute("data-case") == number
    assert page.locator("[data-n=opened]").text_content() == "3"
    assert "is-changed" in (page.locator("[data-n=opened]").get_attribute("class") or "")
    assert page.evaluate("document.activeElement.dataset.code") == w.SHUNXIN


def test_a_storm_of_facts_asks_the_server_once_a_second_at_most(screen):
    page = screen(f"/screen/{w.STREET}")
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "part=now" in request.url else None)
    page.clock.install()
    page.evaluate(
        "() => { for (let n = 0; n < 500; n++) document.dispatchEvent(new CustomEvent('q:fact', {detail: {}})); }"
    )
    with page.expect_response(lambda r: "part=now" in r.url):
        page.clock.run_for(1500)
    assert len(asked) == 1
