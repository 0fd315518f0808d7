"""The wall's count of late cases: right, bounded, and read from the indexes of running limits."""

from datetime import timedelta

import pytest
from django.db import connection

from quanlin.cases.models import Case
from quanlin.cases.queries import overdue
from quanlin.kit import clock
from quanlin.kit.actor import SYSTEM
from quanlin.kit.errors import NotAllowed
from quanlin.staff.actions import act_as
from tests import world as w

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> w.World:
    with act_as(SYSTEM):
        return w.build()


def late(number: str, hours: int) -> None:
    with act_as(SYSTEM):
        Case.objects.filter(number=number).update(due_at=clock.now() - timedelta(hours=hours))


def counts() -> dict[str, int]:
    with act_as(SYSTEM):
        codes = (w.CITY, w.DISTRICT, w.STREET, w.SHUNXIN, w.OTHER)
        return {code: overdue.overdue_count(w.number(code), SYSTEM) for code in codes}


def test_late_cases_are_counted_at_each_level_and_nowhere_else(world):
    assert set(counts().values()) == {0}
    late(w.walk_to(world, "working", key="a"), 2)
    late(w.report(world, key="b").number, 5)
    w.report(world, key="intime")
    assert counts() == {w.CITY: 2, w.DISTRICT: 2, w.STREET: 2, w.SHUNXIN: 2, w.OTHER: 0}


def test_what_is_on_hold_or_closed_is_not_late(world):
    held = w.walk_to(world, "working", key="a")
    w.move(
        held, "hold", world.electrician, reason="parts", until=clock.now() + timedelta(days=3), words="等配件"
    )
    late(held, 2)
    late(w.walk_to(world, "closed", key="b"), 2)
    assert set(counts().values()) == {0}


def test_the_count_stops_where_nobody_reads_on(world, monkeypatch):
    monkeypatch.setattr(overdue, "MOST_OVERDUE", 2)
    for n in range(5):
        late(w.report(world, key=f"k{n}").number, n + 1)
    assert set(counts().values()) == {3, 0}


def test_the_longest_late_come_first_at_each_level(world):
    numbers = [w.report(world, key=f"k{n}").number for n in range(4)]
    for number, hours in zip(numbers, (3, 9, 1, 6), strict=True):
        late(number, hours)
    with act_as(SYSTEM):
        for code in (w.CITY, w.DISTRICT, w.STREET, w.SHUNXIN):
            rows = overdue.most_overdue(w.number(code), SYSTEM)
            assert [row.number for row in rows] == [numbers[1], numbers[3], numbers[0]]


def test_who_does_not_cover_the_place_gets_no_count(world):
    with act_as(world.leader):
        assert overdue.overdue_count(world.street, world.leader) == 0
        with pytest.raises(NotAllowed):
            overdue.overdue_count(w.number(w.CITY), world.leader)


def test_each_level_reads_an_index_of_running_limits_and_never_the_whole_table(world):
    w.report(world, key="a")
    with act_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # a table this small would be read whole
        for code, index in (
            (w.CITY, "_due"), (w.DISTRICT, "case_street_due"), (w.STREET, "case_street_due"),
            (w.SHUNXIN, "case_community_due"),
        ):  # fmt: skip
            source, values = overdue._late(w.number(code), SYSTEM, "1", 10)
            cursor.execute(f"EXPLAIN {source}", values)
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert index in plan, plan
            assert "Seq Scan on cases_case" not in plan
