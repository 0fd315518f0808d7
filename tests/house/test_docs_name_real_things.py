"""What the documents name exists: commands, recipes, files, links, variables, words, decisions."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer.main
import yaml

from quanlin.cases.rules import catalogue, moves, words
from quanlin.config.cli import command_line
from quanlin.config.stack.bootstrap import RUN_HELP, TEST_HELP
from quanlin.kit.placenumber import LEVEL_NAMES
from quanlin.staff.rules import PURPOSES, ROLES

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [ROOT / "README.md", ROOT / "README.zh-CN.md", ROOT / "CONTRIBUTING.md", ROOT / "bench/README.md"]
    + [ROOT / "quanlin/places/data/README.md", *(ROOT / "docs").rglob("*.md")]
)
DECISIONS = sorted((ROOT / "docs/adr").glob("*.md"))
TOPS = ("quanlin/", "tests/", "docs/", "bench/", "tools/", ".ci/")
NAMES_FILE = re.compile(r"[\w.-]+(?:/[\w.…-]+)*\.(?:py|md|yaml|toml|html|css|js|svg|sql|csv|geojson|txt|in)")


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


each_page = pytest.mark.parametrize("page", PAGES, ids=page_id)


def spans(text: str) -> Iterator[str]:
    """What stands in backticks, and each line of a fenced or indented block."""
    for block in re.findall(r"^```.*?\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from block.splitlines()
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(r"^ {4}(\S.*)$", text, re.MULTILINE)
    yield from (" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text))


def calls(text: str, program: str) -> Iterator[list[str]]:
    """The words after ``program`` in each call of it, without comments and leading variables."""
    for span in spans(text):
        plain = re.sub(r"\s+#.*$", "", re.sub(r"^(?:\$ )?(?:[A-Z_]+=\S+ )*", "", span.strip()))
        if plain == program or plain.startswith(program + " "):
            yield re.sub(r"[\[\]]", "", plain).split()[1:]


@cache
def commands() -> dict[tuple[str, ...], set[str]]:
    """Each verb of ``quanlin`` as its words, with its options."""
    found: dict[tuple[str, ...], set[str]] = {}

    def walk(command, said: tuple[str, ...]) -> None:
        if hasattr(command, "commands"):
            for name, below in command.commands.items():
                walk(below, (*said, name))
        else:
            found[said] = {option for parameter in command.params for option in parameter.opts} | {"--help"}

    walk(typer.main.get_command(command_line()), ())
    return found


def wrong_call(said: list[str]) -> str:
    """'' when the words are a verb of ``quanlin`` with options that it has, or a group of verbs alone."""
    if said in ([], ["--help"]):
        return ""
    verb = next((v for v in (tuple(said[:2]), tuple(said[:1])) if v in commands()), None)
    if verb is None:
        is_group = any(known[0] == said[0] for known in commands() if len(known) == 2)
        return "" if is_group and said[1:] in ([], ["…"]) else f"no verb {' '.join(said)}"
    if verb == ("manage",):
        return ""
    options = [word.split("=")[0] for word in said if re.match(r"--?[a-z]", word)]
    return "".join(f"{' '.join(verb)} has no {o}. " for o in options if o not in commands()[verb])


@each_page
def test_commands_of_quanlin_exist_with_their_options(page: Path) -> None:
    wrong = [w for said in calls(page.read_text(), "quanlin") if (w := wrong_call(said))]
    assert not wrong


def test_a_command_that_does_not_exist_is_found() -> None:
    assert wrong_call(["journal", "verify", "--checkpoint", "FILE"]) == ""
    assert "no verb" in wrong_call(["journal", "rewrite"])
    assert "no verb" in wrong_call(["fly"])
    assert wrong_call(["backup", "--fast"]) == "backup has no --fast. "


@each_page
def test_options_of_run_and_test_are_in_their_help(page: Path) -> None:
    for program, said_in in (("./run", RUN_HELP), ("./test", TEST_HELP)):
        for said in calls(page.read_text(), program):
            for option in said:
                assert not option.startswith("--") or option in said_in, f"{program} {option}"


@each_page
def test_recipes_of_just_exist(page: Path) -> None:
    recipes = set(
        re.findall(r"^([a-z][\w-]*)(?: [^:=]*)?:(?!=)", (ROOT / "justfile").read_text(), re.MULTILINE)
    )
    assert {"lint", "bench", "openapi"} <= recipes
    named = {said[0] for said in calls(page.read_text(), "just") if said}
    assert named <= recipes | {"--list"}, named - recipes


@cache
def files() -> tuple[str, ...]:
    hidden = {".git", ".venv", "node_modules", "var", "__pycache__", ".hypothesis"}
    return tuple(
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*")
        if not hidden & set(path.relative_to(ROOT).parts)
    )


@each_page
def test_files_that_are_named_exist(page: Path) -> None:
    text = page.read_text()
    missing = []
    for span in spans(text):
        for name in re.split(r"[\s,:()]+", span):
            if name.startswith(TOPS):
                exists = (ROOT / name).exists()
            elif (
                NAMES_FILE.fullmatch(name) and "/" in name and not name.startswith(("var", ".venv", "jinan_"))
            ):
                exists = any(f"/{file}".endswith(f"/{name}") for file in files())
            else:
                continue
            if not exists and "…" not in name and "*" not in name and "<" not in name:
                missing.append(name)
    missing += [name for name in re.findall(r"\bdocs/[\w./-]+\.md", text) if not (ROOT / name).exists()]
    assert not missing


@each_page
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    text = page.read_text()
    links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r"(?:src|href)=\"([^\"]+)\"", text)
    missing = [
        link
        for link in links
        if not re.match(r"https?:|mailto:|#|/", link) and not (page.parent / link.split("#")[0]).exists()
    ]
    assert not missing


@each_page
def test_names_beside_a_file_are_in_that_file(page: Path) -> None:
    """Where a page says ``file.py``: ``name``, the file has it."""
    said = re.findall(r"`((?:quanlin|tests)/[\w/.]+\.py)`(?:: | \()((?:`\w+`(?:, )?)+)", page.read_text())
    for file, names in said:
        code = (ROOT / file).read_text()
        for name in re.findall(r"\w+", names):
            defined = rf"^\s*(?:async )?(?:def|class) {name}\b|^{name}\b.*="
            assert re.search(defined, code, re.MULTILINE), f"{file} has no {name}"


@each_page
def test_variables_are_read_somewhere(page: Path) -> None:
    code = "".join(
        file.read_text() for top in ("quanlin", "bench", "tests") for file in (ROOT / top).rglob("*.py")
    )
    for name in set(re.findall(r"QUANLIN_[A-Z_]+", page.read_text())):
        assert name in code, f"nothing reads {name}"


def test_pages_that_the_code_names_exist() -> None:
    for top in ("quanlin", "bench", "tests"):
        for file in (ROOT / top).rglob("*.py"):
            for name in re.findall(r"\bdocs/[\w./-]+\.md", file.read_text()):
                assert (ROOT / name).exists(), f"{page_id(file)} names {name}"
            for number in re.findall(r"docs/adr/(\d{4})", file.read_text()):
                assert list((ROOT / "docs/adr").glob(f"{number}-*.md")), f"{page_id(file)} names ADR {number}"


def test_every_room_has_a_page_or_a_place_in_the_index() -> None:
    index = (ROOT / "docs/README.md").read_text()
    for room in sorted(p.parent.name for p in (ROOT / "quanlin").glob("*/__init__.py")):
        assert f"\n| {room} | " in index, f"docs/README.md does not say where {room} is described"
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "README.md" or f"]({page.name})" in index, (
            f"docs/README.md does not list {page.name}"
        )


def test_decisions_are_numbered_without_gaps_and_say_all_three_things() -> None:
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    for page in DECISIONS:
        text = page.read_text()
        assert text.startswith(f"# {page.name[:4]}. "), f"{page.name} has another number in its title"
        for part in ("Context", "Decision", "other choice"):
            assert part in text, f"{page.name} does not say: {part}"


def test_every_package_has_its_licence_in_the_decision_about_them() -> None:
    page = (ROOT / "docs/adr/0014-licences.md").read_text().lower()
    locked = re.findall(r"^([a-z0-9][\w.-]*)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    browser = yaml.safe_load((ROOT / "package.json").read_text())["dependencies"]
    assert len(locked) >= 40
    missing = [
        name for name in [*locked, *browser] if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", page)
    ]
    assert not missing


TABLES = {
    "state": moves.STATES,
    "move": {code: move.verb for code, move in moves.MOVES.items()},
    "step": catalogue.STEPS,
    "role": {code: role.name for code, role in ROLES.items()},
    "level": LEVEL_NAMES,
    "purpose": PURPOSES,
    "channel": words.CHANNELS,
    "closing reason": moves.CLOSING_REASONS,
    "decline reason": moves.DECLINE_REASONS,
    "return reason": moves.RETURN_REASONS,
    "hold reason": moves.HOLD_REASONS,
}


@pytest.mark.parametrize("table", TABLES)
def test_the_glossary_has_each_word_with_its_code(table: str) -> None:
    lines = [line for line in (ROOT / "docs/glossary.md").read_text().splitlines() if line.startswith("| ")]
    missing = {
        code: word
        for code, word in TABLES[table].items()
        if not any(re.match(rf"\| {re.escape(word)}[ ,]", line) and f"`{code}`" in line for line in lines)
    }
    assert not missing, f"docs/glossary.md lacks {table}: {missing}"


def test_the_accounts_of_the_readme_are_those_of_the_demonstration() -> None:
    world = yaml.safe_load((ROOT / "quanlin/demo/data/world.yaml").read_text())
    known = {a["username"]: a["name"] for a in world["accounts"]} | {
        r["phone"]: r["name"] for r in world["residents"]
    }
    for page in ("README.md", "README.zh-CN.md"):
        text = (ROOT / page).read_text()
        rows = re.findall(r"^\| `([^`]+)` \| (\S+)", text, re.MULTILINE)
        assert len(rows) >= 8
        assert {account: known.get(account) for account, _ in rows} == dict(rows)
        assert f"`{world['password']}`" in text


def test_what_troubleshooting_quotes_is_said_by_the_program() -> None:
    said = (ROOT / "run").read_text() + "".join(
        file.read_text()
        for top in ("config", "kit", "boards")
        for suffix in ("py", "html")
        for file in (ROOT / "quanlin" / top).rglob(f"*.{suffix}")
    )
    cells = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs/troubleshooting.md").read_text(), re.MULTILINE)
    quoted = [
        part.strip() for cell in cells for part in re.split(r"[…/()]", cell) if re.search("[一-鿿]{3}", part)
    ]
    assert len(quoted) >= 30
    assert [part for part in quoted if part not in said] == []
