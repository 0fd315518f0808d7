"""The contracts hold today, and each one fails on a violation planted into a copy of the tree."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def copy_of_the_tree(tmp_path_factory) -> Path:
    copy = tmp_path_factory.mktemp("tree")
    shutil.copytree(
        ROOT / "quanlin",
        copy / "quanlin",
        ignore=lambda d, names: [n for n in names if n in ("static", "data", "__pycache__")],
    )
    (copy / "tests" / "house").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "house" / "contracts.py", copy / "tests" / "house")
    shutil.copy(ROOT / ".importlinter", copy)
    return copy


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "lint-imports"
    env = {**os.environ, "PYTHONPATH": str(tree), "NO_COLOR": "1", "COLUMNS": "400"}
    return subprocess.run([str(program), "--no-cache"], cwd=tree, env=env, capture_output=True, text=True)


def test_the_contracts_hold(copy_of_the_tree):
    done = lint(copy_of_the_tree)
    assert done.returncode == 0, done.stdout
    assert "4 kept, 0 broken" in done.stdout


PLANTED = {
    "a lower room imports an upper one": (
        "places/queries/planted.py",
        "from quanlin.cases import queries\n",
        "quanlin.places is not allowed to import quanlin.cases",
    ),
    "a room comes in by a private file": (
        "cases/actions/planted.py",
        "from quanlin.people import models\n",
        "people is entered by",
    ),
    "a new folder has no layer": ("gates/__init__.py", "", "gates"),
    "a drawer inside a room": ("cases/utils.py", "", "a room has no file called utils"),
    "rules import queries": (
        "cases/rules/planted.py",
        "from quanlin.cases import facts\nfrom quanlin.cases import queries\n",
        "queries does not lie below rules",
    ),
    "rules know the framework": (
        "people/rules.py",
        "from django.db import models\n",
        "quanlin.people.rules reaches django",
    ),
    "kit knows the database": ("kit/planted.py", "import psycopg\n", "quanlin.kit.planted reaches psycopg"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_violation_is_found(copy_of_the_tree, name):
    path, text, sentence = PLANTED[name]
    file = copy_of_the_tree / "quanlin" / path
    before = file.read_text() if file.exists() else None
    made = not file.parent.exists()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text + (before or ""))
    try:
        done = lint(copy_of_the_tree)
        assert done.returncode == 1, done.stdout
        assert sentence in done.stdout
    finally:
        if before is not None:
            file.write_text(before)
        elif made:
            shutil.rmtree(file.parent)
        else:
            file.unlink()
