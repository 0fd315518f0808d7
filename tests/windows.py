"""One Chromium for all browser tests; each test gets windows of its own."""

import os
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-background-networking"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser that ./test found or installed."""
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=os.environ.get("QUANLIN_CHROMIUM") or None, args=ARGUMENTS
        )
        yield browser
        browser.close()


@pytest.fixture
def window(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """``window(width, height)`` opens a page in a context of its own; what it logs as an error is kept in ``page.said``."""
    contexts = []

    def open_window(width: int = 1280, height: int = 800, **more: object) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai", **more
        )
        contexts.append(context)
        page = context.new_page()
        page.said = []
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("console", lambda line: page.said.append(line.text) if line.type == "error" else None)
        return page

    yield open_window
    for context in contexts:
        context.close()


def enter(page: Page, address: str, username: str, to: str = "/") -> Page:
    """Sign in as an invented account of the demonstration, by one press, and go to a page."""
    staff = to.startswith(("/desk", "/screen"))
    page.goto(f"{address}{'/desk/sign-in/' if staff else '/sign-in/'}?next={quote(to)}")
    page.click(f'button[name=username][value="{username}"]')
    page.wait_for_url(f"{address}{to}")
    return page
