"""quanlin staff add opens the first accounts of a deployment without a demonstration."""

import os
import subprocess
import sys

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from quanlin.kit.actor import SYSTEM
from quanlin.staff import actions, queries
from quanlin.staff.models import Account, Grant
from tests import world
from tests.conftest import ROOT, _with_name


def run(database: str, *words: str) -> subprocess.CompletedProcess:
    env = {**os.environ, "QUANLIN_DATABASE_URL": _with_name(os.environ["QUANLIN_DATABASE_URL"], database)}
    code = [sys.executable, "-m", "quanlin.config.cli", "staff", *words]
    return subprocess.run(code, env=env, capture_output=True, text=True, cwd=ROOT, timeout=120)


WORKER = ("add", "chen.xia", "--name", "陈夏", "--role", "operator", "--place", world.SHUNXIN)


def test_a_community_worker_gets_a_desk_a_grant_and_a_password_that_works(fresh_database):
    done = run(fresh_database, *WORKER)
    assert done.returncode == 0, done.stderr
    password = done.stdout.strip().rsplit("：", 1)[1]
    with actions.act_as(SYSTEM):
        account = Account.objects.get(username="chen.xia")
        grant = Grant.objects.get(account=account)
        desk = queries.unit(grant.unit_id)
        assert (grant.role, desk.sort, desk.level, desk.name) == ("operator", "desk", "community", "舜新社区")
        assert PBKDF2PasswordHasher().verify(password, account.password)


def test_a_second_worker_joins_the_same_desk(fresh_database):
    assert run(fresh_database, *WORKER).returncode == 0
    assert run(fresh_database, "add", "lin.yu", "--name", "林雨", *WORKER[4:]).returncode == 0
    with actions.act_as(SYSTEM):
        assert len(set(Grant.objects.values_list("unit_id", flat=True))) == 1


def test_what_is_wrong_is_a_sentence_and_nothing_is_written(fresh_database):
    done = run(fresh_database, "add", "x", "--name", "陈夏", "--role", "boss", "--place", world.SHUNXIN)
    assert (done.returncode, done.stdout) == (1, "")
    assert "没有「boss」这个角色" in done.stderr
    done = run(fresh_database, "add", "x", "--name", "a1!", *WORKER[4:])
    assert done.returncode == 1
    with actions.act_as(SYSTEM):
        assert not Account.objects.filter(username="x").exists()


def test_a_stopped_account_acts_no_more(fresh_database):
    assert run(fresh_database, *WORKER).returncode == 0
    assert run(fresh_database, "stop", "chen.xia").returncode == 0
    with actions.act_as(SYSTEM):
        assert not Account.objects.get(username="chen.xia").is_active
