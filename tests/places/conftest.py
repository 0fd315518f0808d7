from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.db import connection

from quanlin.kit import clock
from quanlin.kit.actor import NOBODY, SYSTEM, Actor
from quanlin.kit.placenumber import subtree
from quanlin.places import actions, queries
from quanlin.places.rules.layout import CommunityPlan, EstatePlan
from quanlin.staff.actions import act_as

SHUNXIN, SHUNDONG, SHUNYUAN = "370103012001", "370103012002", "370103012004"
STREET, OTHER_STREET, DISTRICT, CITY = "370103012000", "370105014000", "370103000000", "370100000000"
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)

PLAN = CommunityPlan(
    grids=("第1网格", "第2网格"),
    roads=("中街", "南街"),
    estates=(
        EstatePlan(name="东园小区", grid=1, buildings=3, units=2, floors=3, homes_per_floor=2, closed=True),
        EstatePlan(name="西园小区", grid=2, buildings=2, units=1, floors=2, homes_per_floor=2),
    ),
)


@pytest.fixture
def system(db) -> Iterator[Actor]:
    """The system's scope, at noon of Monday 2 March 2026; all is rolled back."""
    with clock.at(NOON), act_as(SYSTEM):
        yield SYSTEM
    queries.forget()


@pytest.fixture
def laid_out(system) -> queries.PlaceCard:
    """舜新社区 with two grids, two estates, five buildings, 44 homes."""
    card = queries.by_code(SHUNXIN, viewer=NOBODY)
    added = actions.lay_out_community(community=card.number, plan=PLAN, source="试验", actor=SYSTEM)
    assert added == 2 + 2 + 5 + 8 + 44
    return card


def number(code: str) -> int:
    """The place number of an official code."""
    return queries.by_code(code, viewer=NOBODY).number


def clerk(code: str, role: str = "business_manager") -> Actor:
    """Somebody of staff for the subtree of a place."""
    card = queries.by_code(code, viewer=NOBODY)
    return replace(SYSTEM, sort="staff", role=role, ranges=(subtree(card.number, card.level),))


def facts_named(prefix: str) -> list[tuple[str, str, int]]:
    """(name, subject, place) of the facts recorded in this transaction whose names begin so."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT fact, subject_id, place FROM journal_entry WHERE fact LIKE %s ORDER BY id", [f"{prefix}%"]
        )
        return cursor.fetchall()
