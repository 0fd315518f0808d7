"""``quanlin boards recount``: from the journal, while facts go on, nothing twice."""

import threading

import pytest
from django.db import connection

from quanlin.boards import actions
from quanlin.journal.jobs import run_relay
from quanlin.journal.queries import lag
from quanlin.kit.actor import SYSTEM
from quanlin.kit.errors import Conflict, NotAllowed
from quanlin.staff.actions import act_as
from tests import world as w
from tests.boards.test_counters_do_not_depend_on_how_facts_are_split import stored

NO_BROKER = "nats://127.0.0.1:1"


def relay() -> None:
    """Seal and count what waits."""
    run_relay(reactions={}, folds=[actions.count], nats_url=NO_BROKER, stop=lambda: lag().waiting == 0)


def counters() -> tuple[list, list]:
    with act_as(SYSTEM):
        return stored()


def spoil(statement: str) -> None:
    with act_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def busy(fresh_database) -> w.World:
    """A community with a closed case, one that was refused, one that waits; sealed and counted."""
    with act_as(SYSTEM):
        world = w.build()
    w.walk_to(world, "closed", key="a")
    again = w.walk_to(world, "closed", key="b")
    w.move(again, "rate", world.wang, rating=5)
    w.move(again, "refuse", world.wang, words="灯又不亮了，请再来看看")
    w.walk_to(world, "working", key="c")
    relay()
    return world


def test_right_counters_stay_as_they_are(busy):
    before = counters()
    done = actions.recount(actor=SYSTEM, chunk=7)
    assert (done.mended, done.faults, done.refused) == (0, 0, 0)
    assert done.entries == lag().size
    assert counters() == before
    community = [row for row in before[0] if row[0] == busy.community]
    assert len(community) == 1
    assert community[0][2:5] == (3, 1, 1)  # opened, closed, on time: one closure was taken back


def test_wrong_lost_and_invented_counters_are_mended(busy):
    before = counters()
    spoil(f"UPDATE boards_daily SET opened = opened + 40 WHERE place = {busy.community}")
    spoil(f"DELETE FROM boards_daily WHERE place = {busy.street}")
    spoil("INSERT INTO boards_stock (place, \"group\", state, cases) VALUES (1, 'noise', 'closed', 3)")
    assert counters() != before
    assert actions.recount(actor=SYSTEM).mended == 3
    assert counters() == before


def test_facts_that_are_sealed_meanwhile_are_counted_once(busy):
    opened, read = [], []

    def meanwhile(done: int, of: int) -> None:
        caught_up = done in read  # nothing was new: what comes now is left for the moment of the lock
        read.append(done)
        if len(opened) < 2 or (caught_up and len(opened) < 3):
            opened.append(w.report(busy, key=f"m{len(opened)}"))
            worker = threading.Thread(target=lambda: (relay(), connection.close()))
            worker.start()
            worker.join()

    before = counters()
    spoil("UPDATE boards_daily SET opened = opened + 1")
    actions.recount(actor=SYSTEM, chunk=20, progress=meanwhile)
    assert len(opened) == 3
    after = counters()
    for was, now in zip(before[0], after[0], strict=True):
        assert now[2] == was[2] + 3
    assert actions.recount(actor=SYSTEM).mended == 0


def test_an_entry_that_the_relay_could_not_count_is_made_up_for(busy, monkeypatch):
    w.report(busy, key="missed")

    def broken(entries, connection):
        raise ValueError

    broken.__module__, broken.__qualname__ = actions.count.__module__, actions.count.__qualname__
    run_relay(reactions={}, folds=[broken], nats_url=NO_BROKER, stop=lambda: lag().waiting == 0)
    assert lag().faults == 1
    done = actions.recount(actor=SYSTEM)
    assert (done.faults, done.refused) == (1, 0)
    assert done.mended == 8  # opened and the stock of its state, at four levels
    assert lag().faults == 0


def test_two_recounts_at_once_are_refused(busy):
    refused = []

    def second(done: int, of: int) -> None:
        def attempt() -> None:
            try:
                actions.recount(actor=SYSTEM)
            except Conflict as fault:
                refused.append(fault.code)
            finally:
                connection.close()

        worker = threading.Thread(target=attempt)
        worker.start()
        worker.join()

    before = counters()
    actions.recount(actor=SYSTEM, progress=second)
    assert refused
    assert set(refused) == {"recounting"}
    assert counters() == before


def test_staff_of_cases_may_not_recount(busy):
    before = counters()
    with pytest.raises(NotAllowed):
        actions.recount(actor=busy.worker)
    assert counters() == before
