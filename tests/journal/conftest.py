"""A database in which commits are real, a fact to record, the relay run until it has nothing to do, a tamperer."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from uuid import UUID

import psycopg
import pytest
from django.db import connection, transaction

from quanlin.journal import queries
from quanlin.journal.actions import record
from quanlin.journal.jobs import run_relay
from quanlin.journal.rules import notes
from quanlin.journal.rules.findings import Report
from quanlin.kit import sealing
from quanlin.kit.actor import SYSTEM
from quanlin.kit.facts import Fact

NO_BROKER = "nats://127.0.0.1:1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened(Fact):
    """Not declared, so that the list of real facts stays as it is."""

    name = "trial.happened"
    subject = "trial"
    record_kind = "matter"

    step: int = 0


@contextmanager
def scope(
    *, role: str = "system", low: object = "", high: object = "", unit: object = "", person: object = "",
    account: object = "",
) -> Iterator[None]:  # fmt: skip
    """One transaction with row security set, as ``staff.actions.act_as`` does from above."""
    names = {"lo": low, "hi": high, "unit": unit, "person": person, "account": account, "role": role}
    with transaction.atomic():
        with connection.cursor() as cursor:
            for name, value in names.items():
                cursor.execute("SELECT set_config(%s, %s, true)", [f"q.{name}", str(value)])
        yield


class Undo(Exception):
    pass


@contextmanager
def undone(inside: Callable[[], AbstractContextManager] = scope) -> Iterator[None]:
    """What is done in the block is rolled back."""
    with suppress(Undo), inside():
        yield
        raise Undo


def happen(step: int = 0, **values) -> int:
    """Record one fact in a transaction of its own; the id of its entry."""
    with scope():
        return record(Happened(subject_id="1", step=step, **values), actor=SYSTEM)


def relay(
    *,
    reactions=None,
    folds: Sequence = (),
    url: str = NO_BROKER,
    until: Callable[[], bool] | None = None,
    **more,
):
    """Run the relay until the queue is empty, or until ``until``; it signs what it sealed."""
    done = until or (lambda: queries.lag().waiting == 0)
    run_relay(reactions=reactions or {}, folds=folds, nats_url=url, stop=done, **more)


def check(*, outside: Sequence[str] = (), **more) -> Report:
    """Verify with this process's keys."""
    ring = sealing.keyring()
    return queries.verify(
        verifiers=notes.verifiers_of(ring.journal_keys), writer_key=ring.writer_key, outside=outside, **more
    )


def rows(statement: str, values: Sequence[object] = ()) -> list[tuple]:
    """Read as the system."""
    with scope(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


@pytest.fixture
def log(fresh_database) -> str:
    """A database whose journal is sealed so far; its name."""
    relay()
    return fresh_database


@pytest.fixture
def tamperer(fresh_database) -> Iterator[psycopg.Connection]:
    """Somebody with the superuser's password who has switched the triggers off."""
    url = os.environ["QUANLIN_DATABASE_OWNER_URL"]
    with psycopg.connect(url, dbname=fresh_database, autocommit=True) as superuser:
        for table in ("entry", "leaf", "node", "checkpoint"):
            superuser.execute(f"ALTER TABLE journal_{table} DISABLE TRIGGER ALL")
        yield superuser


SOMEBODY = UUID("6f6f6f6f-0000-4000-8000-000000000001")
