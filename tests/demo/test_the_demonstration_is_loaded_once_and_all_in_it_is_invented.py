"""Loading the demonstration and playing cases in it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from typer.testing import CliRunner

from quanlin.cases.models import Case, Holding
from quanlin.config.cli import demo as demo_cli
from quanlin.demo import actions
from quanlin.journal.models import Entry
from quanlin.kit import clock
from quanlin.kit.actor import SYSTEM
from quanlin.kit.errors import NotAllowed
from quanlin.people.models import Person
from quanlin.staff import queries as staff_queries
from quanlin.staff.actions import act_as
from quanlin.staff.models import Account, Unit

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # a Tuesday, 16:00 in Jinan


def rows(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def test_loading_twice_adds_nothing(fresh_database):
    assert actions.load_world() == 119
    with act_as(SYSTEM):
        before = (
            Unit.objects.count(),
            Account.objects.count(),
            Person.objects.count(),
            Entry.objects.count(),
        )
    assert actions.load_world() == 0
    with act_as(SYSTEM):
        assert (
            Unit.objects.count(),
            Account.objects.count(),
            Person.objects.count(),
            Entry.objects.count(),
        ) == before
        assert Account.objects.count() == Person.objects.count() == 41
        assert not Person.objects.filter(invented=False).exists()


def test_production_takes_no_invented_data(fresh_database, settings):
    settings.PRODUCTION = True
    for step in (actions.load_world, lambda: actions.simulate(count=1), lambda: actions.play_live(minutes=1)):
        with pytest.raises(NotAllowed) as refusal:
            step()
        assert refusal.value.code == "production"
    with act_as(SYSTEM):
        assert not Account.objects.exists()
        assert not Case.objects.exists()


def test_the_accounts_say_who_where_and_how(fresh_database, monkeypatch):
    actions.load_world()
    monkeypatch.setattr(demo_cli, "use_django", lambda: None)
    answer = CliRunner().invoke(demo_cli.app, ["accounts", "--json"])
    assert answer.exit_code == 0, answer.output
    found = {a["username"]: a for a in json.loads(answer.stdout)}
    assert len(found) == 41
    assert found["wang.xiuying"] == {
        "username": "wang.xiuying", "name": "王秀英", "sort": "resident", "role": "居民",
        "place": "舜玉小区南区3号楼2单元501", "password": "", "phone": "13800000001", "page": "/",
    }  # fmt: skip
    assert found["li.jing"] == {
        "username": "li.jing", "name": "李静", "sort": "staff", "role": "社区工作者", "place": "舜新社区",
        "password": "quanlin-demo-2026", "phone": "", "page": "/desk/",
    }  # fmt: skip
    assert found["qin.hai"]["page"] == "/screen/"
    told = CliRunner().invoke(demo_cli.app, ["accounts"])
    assert "孙磊" in told.stdout
    assert "quanlin-demo-2026" in told.stdout


def test_the_passwords_of_the_demonstration_open_its_accounts(fresh_database):
    actions.load_world()
    with act_as(SYSTEM):
        assert Account.objects.get(username="li.jing").check_password("quanlin-demo-2026")
        assert not Account.objects.get(username="wang.xiuying").has_usable_password()
        zhao = staff_queries.grants_of(staff_queries.account_named("zhao.qiang"))
    assert [g.label for g in zhao] == ["明泉物业南区服务处", "明泉物业北区服务处"]


def test_a_play_is_whole_and_invented_and_played_once(fresh_database):
    with clock.at(NOW):
        actions.load_world()
        played = actions.simulate(count=60, days=7, seed=3)
    assert (played.opened, played.known, played.refused) == (60, 0, 0)
    with act_as(SYSTEM):
        assert Case.objects.count() == Case.objects.filter(invented=True, drill=False).count() == 60
        assert not Person.objects.filter(invented=False).exists()
        assert Case.objects.filter(opened_at__gt=NOW).count() == 0
        assert Case.objects.filter(opened_at__gt=NOW - timedelta(minutes=92)).count() == 2
        assert Case.objects.filter(opened_at__lt=NOW - timedelta(days=8)).count() == 0
        facts = dict(rows("SELECT fact, count(*) FROM journal_entry WHERE subject = 'case' GROUP BY 1"))
        assert facts["cases.reported"] == 60
        assert facts["cases.became_overdue"] > 0
        assert facts["cases.closed"] > 20
        assert played.moves == sum(
            n
            for f, n in facts.items()
            if f not in ("cases.reported", "cases.became_overdue", "cases.resumed", "cases.photos_added")
        )
        assert Entry.objects.filter(subject="case", at__gt=NOW).count() == 0
        assert len(set(Case.objects.values_list("district", flat=True))) > 5
        assert len(set(Case.objects.values_list("state", flat=True))) > 3
        assert (
            Holding.objects.filter(ended_at=None).count()
            == Case.objects.exclude(state__in=["closed", "declined"]).count()
        )
        told = Entry.objects.filter(subject="case").exclude(fact="cases.became_overdue").count()
        numbers = sorted(Case.objects.values_list("number", flat=True))
    with clock.at(NOW + timedelta(hours=1)):
        again = actions.simulate(count=60, days=7, seed=3)
    assert (again.opened, again.moves, again.known) == (0, 0, 60)
    with act_as(SYSTEM):
        assert sorted(Case.objects.values_list("number", flat=True)) == numbers
        assert Entry.objects.filter(subject="case").exclude(fact="cases.became_overdue").count() == told


def test_a_live_play_goes_on_in_real_time_until_its_minutes_are_over(fresh_database):
    actions.load_world()
    told = []
    played = actions.play_live(minutes=0.02, pace=0, tell=told.append)
    assert played.opened >= 1
    assert played.refused == 0
    assert len(told) == played.opened + played.moves
    with act_as(SYSTEM):
        assert Case.objects.filter(invented=True).count() == Case.objects.count() == played.opened
