"""A passkey in a real browser with a device that Chromium plays, and how the pages of signing in look."""

import os
import threading
from collections.abc import Iterator
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test import override_settings

from quanlin.config import middleware
from quanlin.kit.actor import SYSTEM
from quanlin.staff import actions
from tests import signing, world
from tests.browser import looks

# Playwright keeps an event loop in this thread, in which nothing of ours runs; Django would refuse the database for it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

pytestmark = pytest.mark.browser
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Quiet(WSGIRequestHandler):
    def log_message(self, *said: object) -> None:
        pass


@pytest.fixture
def address(fresh_database) -> Iterator[str]:
    """The whole program behind a small server; passkeys need a name, so it is localhost."""
    with actions.act_as(SYSTEM):
        world.staff_actor("liang", "leader", world.number(world.STREET), name="梁主任")
    with override_settings(DEBUG=True):
        application = StaticFilesHandler(WSGIHandler())

        def answer(environ, start):
            middleware.forget()
            return application(environ, start)

        server = make_server("127.0.0.1", 0, answer, handler_class=Quiet)

        def serve() -> None:
            server.serve_forever(poll_interval=0.05)
            connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()
        thread.join()


def press(page, words: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=words, exact=True).click()


def test_one_adds_a_passkey_and_signs_in_by_it_alone_and_after_the_password(address, window):
    page = window(390, 844)
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})

    page.goto(f"{address}/desk/sign-in/")
    page.fill("#login", "liang")
    page.fill("#password", signing.PASSWORD)
    press(page, "登录")
    assert page.url == f"{address}/account/2fa/"
    page.get_by_role("link", name="添加").click()
    press(page, "添加")
    assert page.url == f"{address}/account/2fa/recovery-codes/", page.content()
    assert page.locator("code").count() == 10

    page.goto(f"{address}/account/2fa/")
    press(page, "退出登录")
    assert page.url == f"{address}/desk/sign-in/"
    press(page, "用通行密钥登录")
    page.goto(f"{address}/desk/me/")
    assert page.locator("h1").inner_text() == "我的账号"

    page.goto(f"{address}/account/2fa/")
    press(page, "退出登录")
    page.fill("#login", "liang")
    page.fill("#password", signing.PASSWORD)
    press(page, "登录")
    assert page.url == f"{address}/account/2fa/authenticate/"
    press(page, "用通行密钥")
    page.goto(f"{address}/desk/me/")
    assert page.locator("h1").inner_text() == "我的账号"
    assert not [line for line in page.said if "favicon" not in line and "404" not in line]


def test_a_browser_without_the_key_says_what_to_do_instead(address, window):
    page = window(390, 844)
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    page.goto(f"{address}/desk/sign-in/")
    page.get_by_role("button", name="用通行密钥登录").click()
    fault = page.locator("[data-fault]:visible")
    fault.wait_for()
    assert "没有完成" in fault.inner_text()
    assert page.get_by_role("button", name="用通行密钥登录").is_enabled()


PAGES = (
    "/desk/sign-in/", "/sign-in/", "/account/2fa/", "/account/2fa/totp/activate/", "/account/2fa/webauthn/add/",
    "/account/password/change/",
)  # fmt: skip


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_the_pages_of_signing_in_have_nothing_that_looks_wrong(address, window, width):
    page = window(width, 844, reduced_motion="reduce")
    for path in PAGES:
        if path == PAGES[2]:
            page.goto(f"{address}/desk/sign-in/")
            page.fill("#login", "liang")
            page.fill("#password", signing.PASSWORD)
            press(page, "登录")
        page.goto(f"{address}{path}", wait_until="load")
        found = [
            *looks.contrast_failures(page), *looks.small_targets(page, 24), *looks.inline_style_or_script(page),
            *looks.sideways_scroll(page), *looks.axe_violations(page),
        ]  # fmt: skip
        assert found == [], path


@pytest.mark.parametrize("width", [390, 1280])
def test_a_residents_own_pages_have_nothing_that_looks_wrong(address, window, width):
    page = window(width, 844, reduced_motion="reduce")
    page.goto(f"{address}/sign-in/")
    page.fill("#phone", "13800000001")
    press(page, "发验证码")
    faults = looks.contrast_failures(page) + looks.axe_violations(page)
    page.fill("#code", signing.code_sent())
    press(page, "登录")
    assert page.url == f"{address}/me/"
    for path in ("/me/", "/me/home/", "/notices/"):
        page.goto(f"{address}{path}", wait_until="load")
        faults += looks.contrast_failures(page) + looks.sideways_scroll(page) + looks.axe_violations(page)
        faults += looks.small_targets(page, 44 if width == 390 else 24)
    assert faults == []
