"""The gallery of parts, in every state, at three widths: contrast, targets, sizes, security policy, accessibility."""

import threading
from collections.abc import Iterator
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from django.urls import path

from quanlin.config import gallery as gallery_of_parts
from tests.browser import looks

pytestmark = pytest.mark.browser

LEAST_TARGET = {"home": 44, "case": 44, "report": 44, "elder": 60}
LEAST_TEXT = {"elder": 18, "wall": 20}
PHONE, DESK, WALL = (390, 844), (1280, 800), (1920, 1080)
LOOKS = [
    *((name, PHONE) for name in gallery_of_parts.PAGES if name != "wall"),
    *((name, DESK) for name in ("parts", "desk", "sign", "paper", "empty")),
    *((name, WALL) for name in ("parts", "desk", "wall", "empty")),
    *((name, PHONE) for name in gallery_of_parts.ERRORS),
]


class Quiet(WSGIRequestHandler):
    def log_message(self, *said: object) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The gallery behind the real security policy, without a database."""
    pages = (
        path("gallery/", gallery_of_parts.gallery),
        path("gallery/<str:page>/", gallery_of_parts.gallery),
    )
    changed = {
        "ROOT_URLCONF": pages,
        "DEMO": True,
        "DEBUG": True,
        "MIDDLEWARE": ["django.middleware.csp.ContentSecurityPolicyMiddleware"],
    }
    with override_settings(**changed):
        server = make_server("127.0.0.1", 0, StaticFilesHandler(WSGIHandler()), handler_class=Quiet)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/gallery"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("name", "size"), LOOKS, ids=lambda value: str(value))
def test_a_page_of_parts_has_nothing_that_looks_wrong(address, window, name, size):
    page = window(*size, reduced_motion="reduce")
    page.goto(f"{address}/{name}/", wait_until="load")
    assert looks.contrast_failures(page) == []
    assert looks.small_targets(page, LEAST_TARGET.get(name, 24)) == []
    assert looks.small_text(page, LEAST_TEXT.get(name, 12)) == []
    assert looks.inline_style_or_script(page) == []
    assert looks.sideways_scroll(page) == []
    assert looks.axe_violations(page) == []


def test_the_helper_finds_what_is_wrong(address, window):
    """A checker that never complains proves nothing: here everything is wrong once."""
    page = window(*PHONE)
    page.goto(f"{address}/empty/")
    page.evaluate(
        """() => { const main = document.querySelector('main');
        const bad = document.createElement('button'); bad.textContent = '小';
        bad.style.cssText = 'color:#bbb;background:#fff;width:10px;height:10px;font-size:9px;padding:0;position:fixed;top:60px';
        document.body.append(bad); const named = document.createElement('img'); main.append(named); }"""
    )
    assert any("小" in said for said in looks.contrast_failures(page))
    assert any("小" in said for said in looks.small_targets(page, 24))
    assert any("小" in said for said in looks.small_text(page, 12))
    assert any("style on <button" in said for said in looks.inline_style_or_script(page))
    assert any("image-alt" in said for said in looks.axe_violations(page))


def test_the_first_page_of_residents_weighs_at_most_sixty_kilobytes(address, window):
    """HTML, style, script and icons of the resident's home, compressed as the front door does."""
    import gzip

    page = window(*PHONE)
    sizes: dict[str, int] = {}

    def weigh(response):
        if response.url.endswith((".png", "/api/v1/live", "/worker.js", ".webmanifest")):
            return
        sizes[response.url] = len(gzip.compress(response.body(), 6))

    page.on("response", weigh)
    page.goto(f"{address}/home/", wait_until="networkidle")
    assert len(sizes) >= 10
    assert sum(sizes.values()) <= 60 * 1024
