"""quanlin token create prints the token and nothing else."""

import os
import subprocess
import sys

import pytest

from quanlin.kit.actor import SYSTEM
from quanlin.staff import actions, queries
from tests import world
from tests.conftest import ROOT, _with_name


def run(database: str, *words: str) -> subprocess.CompletedProcess:
    env = {**os.environ, "QUANLIN_DATABASE_URL": _with_name(os.environ["QUANLIN_DATABASE_URL"], database)}
    code = [sys.executable, "-m", "quanlin.config.cli", "token", "create", *words]
    return subprocess.run(code, env=env, capture_output=True, text=True, cwd=ROOT, timeout=120)


@pytest.fixture
def leader(fresh_database):
    with actions.act_as(SYSTEM):
        return world.staff_actor("liang", "leader", world.number(world.STREET))


def test_the_token_alone_stands_on_standard_output_and_works(fresh_database, leader):
    done = run(
        fresh_database, "--user", "liang", "--scope", "write", "--days", "2", "--grant", str(leader.grant)
    )
    assert done.returncode == 0, done.stderr
    secret = done.stdout.strip()
    assert done.stdout == f"{secret}\n"
    assert secret.startswith("qln_")
    with actions.as_system():
        actor = queries.actor_for_token(secret)
    assert (actor.account, actor.grant, actor.can_write) == (leader.account, leader.grant, True)


@pytest.mark.parametrize(
    "words",
    [
        ("--user", "nobody", "--scope", "read"),
        ("--user", "liang", "--scope", "admin"),
        ("--user", "liang", "--scope", "read", "--days", "0"),
        ("--user", "liang", "--scope", "read", "--grant", "999999"),
    ],
)
def test_what_cannot_be_made_is_a_sentence_and_a_status(fresh_database, leader, words):
    done = run(fresh_database, *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert "✗" in done.stderr
    assert "Traceback" not in done.stderr
