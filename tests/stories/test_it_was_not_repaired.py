"""Story 2, 没修好: a refused closing goes to the street and to the same company, and the figures take it back."""

import pytest

from tests.cases.pictures import jpeg
from tests.stack import Stack, until
from tests.stories.asking import Asker
from tests.windows import enter

pytestmark = [pytest.mark.browser, pytest.mark.stack]

SOON = 20_000


@pytest.fixture
def number(stack: Stack) -> str:
    """A lamp that was reported, repaired, verified and given five stars, through the API."""
    wang, li, zhao, sun = (
        Asker(stack, name) for name in ("wang.xiuying", "li.jing", "zhao.qiang", "sun.lei")
    )  # fmt: skip
    number = wang.open("楼下路灯又不亮了", kind="street_light", place=code_of(stack, "舜玉小区南区3号楼"))
    li.move(number, "accept")
    li.move(number, "assign", unit=unit_of(stack, "明泉物业南区服务处"))
    zhao.move(number, "take")
    zhao.photo(number, jpeg(320, 240))
    zhao.move(number, "resolve", words="换了灯泡")
    sun.move(number, "verify", closing_reason="solved")
    wang.move(number, "rate", rating=5)
    return number


def code_of(stack: Stack, path: str) -> str:
    with stack.database() as db:
        return db.execute("SELECT code FROM places_place WHERE path LIKE %s", [f"%{path}"]).fetchone()[0]


def unit_of(stack: Stack, name: str) -> int:
    with stack.database() as db:
        return db.execute("SELECT id FROM staff_unit WHERE name = %s", [name]).fetchone()[0]


def figures(stack: Stack) -> tuple[int, int, int, int]:
    """Closed, rated, satisfied, refused of 舜新社区 up to now, from the counters of the boards."""
    with stack.database() as db:
        return db.execute(
            "SELECT sum(closed), sum(rated), sum(satisfied), sum(refused) FROM boards_daily"
            " WHERE place = (SELECT number FROM places_place WHERE code = '370103012001')"
        ).fetchone()


def counted(stack: Stack, number: str, fact: str) -> bool:
    """Whether the relay has been past the fact."""
    with stack.database() as db:
        return bool(
            db.execute(
                "SELECT count(*) FROM journal_entry e JOIN journal_leaf l ON l.entry_id = e.id"
                " WHERE e.fact = %s AND e.data->>'number' = %s",
                [fact, number],
            ).fetchone()[0]
        )


def test_a_refused_repair_goes_to_the_street_and_the_same_company(stack: Stack, window, number: str) -> None:
    until(lambda: counted(stack, number, "cases.rated"))
    before = figures(stack)
    song = enter(window(1440, 900), stack.address, "song.licheng", "/desk/")
    song.evaluate("window.neverReloaded = true")
    wang = enter(window(390, 844), stack.address, "wang.xiuying", f"/cases/{number}/")
    assert "您评了 5 星" in wang.inner_text("#story")

    wang.click("text=没办好")
    wang.fill("#words", "今天晚上又灭了，楼下还是黑的")
    wang.set_input_files(
        "input[type=file]", {"name": "dark.jpg", "mimeType": "image/jpeg", "buffer": jpeg(640, 480)}
    )
    wang.wait_for_selector(".q-photo:not(.is-waiting)")
    wang.click("text=退回重办")
    wang.wait_for_url("**/?said=refuse")
    story = wang.inner_text("#story")
    assert "第 2 次处置" in story
    assert "您说没办好，已由街道重开" in story
    assert "舜玉路街道" in story

    # The street's supervisor has it at once, with the words and the photo; nothing of the first time is lost.
    song.wait_for_selector(f"#case-{number}", timeout=SOON)
    song.click(f"#case-{number} a")
    song.wait_for_selector("#timeline >> text=报事人不认可，街道重开")
    assert "今天晚上又灭了，楼下还是黑的" in song.inner_text("#timeline")
    assert song.locator("#timeline li", has_text="报事人不认可").locator("img").count() == 1
    assert song.locator("#timeline li", has_text="核实通过，办结：已解决").count() == 1
    assert song.evaluate("window.neverReloaded")

    # The company that repaired it is told in the same moment, and gets it when the street sends it.
    def told() -> int:
        with stack.database() as db:
            return db.execute(
                "SELECT count(*) FROM notices_notice n JOIN staff_account a ON a.id = n.account"
                " WHERE a.username = 'zhao.qiang' AND n.title LIKE '报事人不认可%%' AND n.link LIKE %s",
                [f"%{number}%"],
            ).fetchone()[0]

    until(told)
    song.click(f'.q-acts a[href="/desk/cases/{number}/accept/"]')
    song.click("dialog[open] footer .is-main")
    song.click(f'.q-acts a[href="/desk/cases/{number}/assign/"]')
    song.wait_for_selector("dialog[open] form")
    chosen = song.evaluate(
        "() => { const f = document.querySelector('dialog[open] [name=unit]:checked, dialog[open] select[name=unit]');"
        " return (f.selectedOptions?.[0] ?? f.closest('label')).textContent.trim(); }"
    )
    assert chosen == "明泉物业南区服务处"

    # The closed count falls by one, and five stars for what did not hold are not satisfaction.
    until(lambda: counted(stack, number, "cases.refused"))
    closed, rated, satisfied, refused = figures(stack)
    assert (closed, rated, satisfied, refused) == (before[0] - 1, before[1] - 1, before[2] - 1, before[3] + 1)
