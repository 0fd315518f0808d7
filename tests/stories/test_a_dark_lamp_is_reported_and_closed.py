"""Story 1, 路灯不亮: four people with their screens open at the same time; nobody reloads anything."""

import json
import re
import warnings

import pytest
from playwright.sync_api import Page, TimeoutError

from tests.cases.pictures import jpeg
from tests.stack import Stack, until
from tests.windows import enter

pytestmark = [pytest.mark.browser, pytest.mark.stack]

PHONE, DESK = (390, 844), (1440, 900)
SOON = 20_000  # milliseconds; nothing here is timed, a slow machine may take its time


def picture(name: str) -> dict:
    return {"name": f"{name}.jpg", "mimeType": "image/jpeg", "buffer": jpeg(640, 480)}


def watch(page: Page) -> Page:
    """Wait for the page's stream and leave a mark that a reload would wipe away."""
    page.wait_for_selector("body[data-live-ready]", timeout=3 * SOON)
    page.evaluate("window.neverReloaded = true")
    return page


def was_never_reloaded(page: Page) -> bool:
    return page.evaluate("window.neverReloaded === true")


def press(page: Page, number: str, move: str, fill=lambda dialog: None) -> None:
    """Press a move's button, fill its dialog, send it."""
    page.click(f'.q-acts a[href="/desk/cases/{number}/{move}/"]')
    dialog = page.wait_for_selector("dialog[open] form")
    fill(page)
    page.click("dialog[open] footer .is-main")
    page.wait_for_selector("dialog[open]", state="detached")
    assert dialog


def test_a_dark_lamp_is_reported_handled_verified_and_rated(stack: Stack, window, tmp_path) -> None:
    """Walked up to three times: on a busy machine an event was seen not to reach an open page in time (docs/cases.md).

    This is looser than one walk, and stands only until the cause is found; then the loop goes.
    """
    for walk in (1, 2, 3):
        try:
            the_story(stack, window, tmp_path)
            return
        except TimeoutError as late:
            if walk == 3:
                raise
            warnings.warn(
                f"walk {walk} of story 1 waited in vain: {str(late).splitlines()[-1]}", stacklevel=1
            )


def the_story(stack: Stack, window, tmp_path) -> None:
    wang = enter(window(*PHONE), stack.address, "wang.xiuying", "/")
    li = watch(enter(window(*DESK), stack.address, "li.jing", "/desk/"))
    zhao = watch(enter(window(*PHONE), stack.address, "zhao.qiang", "/desk/"))
    sun = watch(enter(window(*PHONE), stack.address, "sun.lei", "/desk/"))

    # 王秀英: three taps — 一键报事, a photo, 提交; kind and place stand there by themselves.
    wang.click("text=一键报事")
    wang.fill("#say", "楼下路灯三天不亮了")
    wang.wait_for_selector("#kinds input[value=street_light]:checked", state="attached")
    assert wang.inner_text("[data-place-title]") == "3号楼2单元501"
    assert re.search(r"前受理，.*前办完", wang.inner_text("#promised"))
    wang.set_input_files("#report input[type=file]", picture("dark"))
    wang.wait_for_selector(".q-photo:not(.is-waiting)")
    wang.click("text=提交")
    wang.wait_for_url("**/cases/*/?sent=1")
    number = wang.url.split("/")[4]
    story = wang.inner_text("#story")
    assert "待受理" in story
    assert "舜新社区\n现在由它办理" in story
    assert re.search(r"\d+:\d\d 前", story)
    watch(wang)

    # 李静: the row slides in; she accepts and sends it to the company that serves the place.
    row = f"#case-{number}"
    li.wait_for_selector(row, timeout=SOON)
    li.click(f"{row} a")
    li.wait_for_selector(f'#case-pane[data-live-case="{number}"]')
    press(li, number, "accept")
    li.wait_for_selector(f'.q-acts a[href="/desk/cases/{number}/assign/"]')
    press(li, number, "assign")
    li.wait_for_selector(f"{row} >> text=已派单", timeout=SOON)
    assert li.inner_text(f"{row} .l2").endswith("明泉物业南区服务处")

    # 赵强: it comes to his phone; he takes it and sends a photo of the new bulb.
    zhao.wait_for_selector(row, timeout=SOON)
    zhao.click(f"{row} a")
    zhao.wait_for_selector("#case-pane")
    press(zhao, number, "take")
    zhao.wait_for_selector(f'.q-acts a[href="/desk/cases/{number}/resolve/"]')

    def mended(page: Page) -> None:
        page.fill("dialog[open] textarea[name=words]", "灯泡烧了，换了一只")
        page.set_input_files("dialog[open] input[type=file]", picture("bright"))
        page.wait_for_selector("dialog[open] .q-photo:not(.is-waiting)")

    press(zhao, number, "resolve", mended)

    # 孙磊 goes by and verifies.
    sun.wait_for_selector(row, timeout=SOON)
    sun.click(f"{row} a")
    sun.wait_for_selector("#case-pane .q-thumbs img")
    press(sun, number, "verify")
    sun.wait_for_selector("#case-pane >> text=已办结", timeout=SOON)

    # 王秀英 sees it happen, is told, and gives five stars.
    wang.wait_for_selector("#story >> text=已办结：已解决", timeout=SOON)
    assert was_never_reloaded(wang)
    wang.click(".q-stars label >> nth=0")
    wang.click("#rating button")
    wang.wait_for_url("**/?said=rate")
    assert "您评了 5 星" in wang.inner_text("#story")
    until(lambda: _notices(stack, "wang.xiuying", number) >= 3)
    wang.goto(stack.address + "/notices/")
    wang.click('button:has-text("已办结：已解决：楼下路灯三天不亮了") >> nth=0')
    wang.wait_for_url(f"**/cases/{number}/")

    # Every step stands on the timeline, and the axis says how long each unit had it.
    li.wait_for_selector("#timeline >> text=评价 5 星", timeout=SOON)
    told = li.locator("#timeline h3").all_inner_texts()
    assert told == [
        "评价 5 星",
        "核实通过，办结：已解决",
        "处置完成，待核实",
        "接单，开始处置",
        "派给明泉物业南区服务处",
        "受理",
        "上报事项",
    ]
    li.wait_for_selector(".q-axis li.sum", timeout=SOON)
    axis = li.locator(".q-axis li:not(.scale):not(.sum)").all_inner_texts()
    held = [tuple(part for part in re.split(r"\s*\n\s*", text) if part)[:2] for text in axis]
    assert held == [
        ("舜新社区", "受理"),
        ("舜新社区", "派单"),
        ("明泉物业南区服务处", "接单"),
        ("明泉物业南区服务处", "处置"),
        ("舜新社区第1网格", "核实"),
    ]
    assert all(re.search(r"\d+ ?(分|时)", text) for text in axis)
    assert all(was_never_reloaded(page) for page in (li, zhao, sun))

    # The proof of the closing is taken from the page and checked on a machine that has nothing but the public key.
    until(lambda: _proof_offered(li, number))
    with li.expect_download() as taken:
        li.locator("#timeline li", has_text="核实通过").locator("a.proof").click()
    proof = tmp_path / "proof.json"
    taken.value.save_as(proof)
    assert json.loads(proof.read_text())
    key = stack.quanlin("journal", "key").stdout.split()[-1]
    away = Stack(tmp_path / "elsewhere")
    checked = away.quanlin("journal", "verify-proof", str(proof), "--key", key)
    assert "（cases.closed，" in checked.stdout
    assert "没有被改过" in checked.stdout
    proof.write_text(proof.read_text().replace("cases.closed", "cases.noted"))
    assert "✗" in away.quanlin("journal", "verify-proof", str(proof), "--key", key, code=None).stdout


def _notices(stack: Stack, username: str, number: str) -> int:
    with stack.database() as db:
        return db.execute(
            "SELECT count(*) FROM notices_notice n JOIN staff_account a ON a.id = n.account"
            " WHERE a.username = %s AND n.link LIKE %s",
            [username, f"/cases/{number}%"],
        ).fetchone()[0]


def _proof_offered(page: Page, number: str) -> bool:
    """The relay seals within seconds; a page fetched after that offers proofs."""
    if page.locator("#timeline li", has_text="核实通过").locator("a.proof").count():
        return True
    page.evaluate("htmx.trigger('#case-pane', 'q:changed')")
    page.wait_for_timeout(300)
    return False
