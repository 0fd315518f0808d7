"""Draws the PNG icons from the SVG marks with Chromium: ``python tools/draw_icons.py``. Run after changing a mark."""

import os
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

BRAND = Path(__file__).resolve().parent.parent / "quanlin/config/static/quanlin/brand"
GREEN = "#0b646c"


def draw(browser, name: str, size: int, *, inset: float = 0.0, square: bool = False) -> None:
    """One picture; ``inset`` is the free share at each side, for systems that cut a circle or a drop out of it."""
    svg = (BRAND / "mark.svg").read_text()
    if square:
        svg = svg.replace('rx="6"', 'rx="0"')
    edge = round(size * (1 - 2 * inset))
    page = browser.new_page(viewport={"width": size, "height": size})
    ground = GREEN if square else "transparent"
    page.set_content(
        f"<style>*{{margin:0}}body{{background:{ground};display:grid;place-items:center;height:{size}px}}"
        f"svg{{width:{edge}px;height:{edge}px}}</style>{svg}"
    )
    page.screenshot(path=BRAND / f"{name}.png", omit_background=True)
    page.close()


if __name__ == "__main__":
    found = shutil.which("chromium") or os.environ.get("CHROMIUM")
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        draw(chromium, "icon-180", 180, square=True)
        draw(chromium, "icon-192", 192)
        draw(chromium, "icon-512", 512)
        draw(chromium, "maskable-512", 512, inset=0.14, square=True)
        chromium.close()
