"""The relay folds facts in batches of whatever size comes: the counters must not know."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanlin.boards import actions, rules
from quanlin.kit.actor import SYSTEM
from quanlin.kit.placenumber import child_number
from quanlin.staff.actions import act_as

CITY = child_number(0, "city", 1)
DISTRICTS = [child_number(CITY, "district", n) for n in (1, 2)]
COMMUNITIES = [
    child_number(child_number(district, "street", n), "community", 3)
    for district in DISTRICTS
    for n in (1, 2)
]
PLACES = [*COMMUNITIES, child_number(COMMUNITIES[0], "grid", 1)]
GROUPS = ("facilities", "noise")
STATES = ("reported", "accepted", "working", "resolved", "closed")
LEVELS = ("grid", "community", "street", "district", "city")


@dataclass(frozen=True)
class Told:
    """What the fold reads of an entry."""

    fact: str
    place: int
    at: datetime
    drill: bool
    data: dict[str, Any]


@st.composite
def facts(draw) -> Told:
    """Any fact of a case, refusals that take a closure back included."""
    name = draw(
        st.sampled_from(
            ("reported", "accepted", "closed", "refused", "rated", "became_overdue", "urged", "escalated", "kind_changed")
        )
    )  # fmt: skip
    data: dict[str, Any] = {
        "group": draw(st.sampled_from(GROUPS)),
        "state": draw(st.sampled_from(STATES)),
        "was": "" if name == "reported" else draw(st.sampled_from(STATES)),
    }
    if name == "closed":
        data |= {"on_time": draw(st.booleans()), "closed_level": draw(st.sampled_from(LEVELS))}
    if name == "refused":
        data |= {
            "was_on_time": draw(st.booleans()),
            "old_closed_level": draw(st.sampled_from(LEVELS)),
            "old_rating": draw(st.integers(0, 5)),
        }
    if name == "rated":
        data["rating"] = draw(st.integers(1, 5))
    if name == "kind_changed":
        data["old_group"] = draw(st.sampled_from(GROUPS))
    at = datetime(2026, 11, 23, 15, 0, tzinfo=UTC) + timedelta(minutes=draw(st.integers(0, 240)))
    return Told(f"cases.{name}", draw(st.sampled_from(PLACES)), at, draw(st.booleans()), data)


def split(told: list[Told], cuts: list[int]) -> list[list[Told]]:
    """The same facts in batches."""
    edges = [0, *sorted(cut % (len(told) + 1) for cut in cuts), len(told)]
    return [told[a:b] for a, b in pairwise(edges)]


def added(parts: list[list[Told]]) -> tuple[Counter, Counter]:
    """What the counters hold after these batches, without noughts."""
    daily, stock = Counter(), Counter()
    for part in parts:
        days, states = rules.changes((t.fact, t.place, t.at, t.drill, t.data) for t in part)
        for (place, day), columns in days.items():
            for column, n in columns.items():
                daily[place, day, column] += n
        for key, n in states.items():
            stock[key] += n
    return (
        Counter({k: n for k, n in daily.items() if n}),
        Counter({k: n for k, n in stock.items() if n}),
    )


@given(st.lists(facts(), max_size=40), st.lists(st.integers(0, 1000), max_size=6))
@settings(max_examples=150, deadline=None)
def test_batches_add_up_to_the_whole(told, cuts):
    assert added(split(told, cuts)) == added([told])


def stored() -> tuple[list, list]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT place, day, {', '.join(rules.COLUMNS)} FROM boards_daily ORDER BY 1, 2")
        daily = [row for row in cursor.fetchall() if any(row[2:])]
        cursor.execute(
            'SELECT place, "group", state, cases FROM boards_stock WHERE cases <> 0 ORDER BY 1, 2, 3'
        )
        return daily, cursor.fetchall()


def counted(parts: list[list[Told]]) -> tuple[list, list]:
    """What the tables hold after these batches; undone again."""
    try:
        with act_as(SYSTEM), transaction.atomic():
            for part in parts:
                actions.count(part, connection)  # type: ignore[arg-type]
            found = stored()
            raise _Undo
    except _Undo:
        return found


class _Undo(Exception):
    pass


@pytest.mark.django_db
@given(told=st.lists(facts(), min_size=1, max_size=25), cuts=st.lists(st.integers(0, 1000), max_size=4))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_tables_hold_the_same_after_any_batches(told, cuts):
    assert counted(split(told, cuts)) == counted([told])


def test_a_refusal_takes_the_closure_and_its_rating_back():
    at = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    group = {"group": "noise"}
    line = [
        Told("cases.reported", COMMUNITIES[0], at, False, {**group, "was": "", "state": "reported"}),
        Told(
            "cases.closed", COMMUNITIES[0], at, False,
            {**group, "was": "resolved", "state": "closed", "on_time": True, "closed_level": "community"},
        ),
        Told("cases.rated", COMMUNITIES[0], at, False, {**group, "was": "closed", "state": "closed", "rating": 5}),
        Told(
            "cases.refused", COMMUNITIES[0], at, False,
            {**group, "was": "closed", "state": "reported", "was_on_time": True, "old_closed_level": "community",
             "old_rating": 5},
        ),
    ]  # fmt: skip
    daily, stock = added([line])
    assert {column: n for (place, _, column), n in daily.items() if place == CITY} == {
        "opened": 1,
        "refused": 1,
    }
    assert stock[COMMUNITIES[0], "noise", "closed"] == 0
    assert stock[COMMUNITIES[0], "noise", "resolved"] == -1  # this line left out how it came to be resolved
    assert stock[COMMUNITIES[0], "noise", "reported"] == 2


def test_a_drill_counts_nowhere():
    at = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    told = Told(
        "cases.reported", COMMUNITIES[0], at, True, {"group": "noise", "was": "", "state": "reported"}
    )
    assert added([[told]]) == (Counter(), Counter())


def test_a_fact_late_in_the_evening_of_greenwich_counts_on_the_next_day_in_china():
    told = Told(
        "cases.reported", COMMUNITIES[0], datetime(2026, 11, 23, 16, 0, tzinfo=UTC), False,
        {"group": "noise", "was": "", "state": "reported"},
    )  # fmt: skip
    daily, _ = added([[told]])
    assert {day.isoformat() for _, day, _ in daily} == {"2026-11-24"}
