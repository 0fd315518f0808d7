"""Recording facts, in the transaction of whoever makes them true."""

import os
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary

from django.db import connection, connections
from django.db.transaction import TransactionManagementError

from quanlin.journal.rules import content
from quanlin.kit import clock, sealing
from quanlin.kit.actor import Actor
from quanlin.kit.facts import Fact

_ONE = "SELECT journal_record(%s, %s)"
_MANY = "SELECT journal_record(t.written, t.mac) FROM unnest(%s::text[], %s::bytea[]) AS t(written, mac)"


def record(fact: Fact, *, actor: Actor, at: datetime | None = None, purpose: str = "") -> int:
    """Record that ``fact`` happened, in one statement, and return the id of its entry.

    at:      when it happened; now when not given
    purpose: why personal data was read, where that is what happened

    Raises TransactionManagementError outside a transaction, TypeError when the fact holds a float. Let a
    database error pass: what cannot be recorded must not be done.
    """
    return record_many([fact], actor=actor, at=at, purpose=purpose)[0]


def record_many(
    facts: Sequence[Fact], *, actor: Actor, at: datetime | None = None, purpose: str = ""
) -> list[int]:
    """``record`` for several facts of one moment, in one statement. Ids come in the order of facts."""
    if not connection.in_atomic_block:
        raise TransactionManagementError("a fact is recorded in the transaction that makes it true")
    if not facts:
        return []
    key = sealing.keyring().writer_key
    count = _count()
    first = count.next_number()
    common = {
        "at": at or clock.now(),
        "actor_sort": actor.sort,
        "actor_account": actor.account,
        "actor_role": actor.role,
        "actor_grant": actor.grant,
        "actor_unit": actor.unit,
        "actor_person": actor.person,
        # A session's key opens the session: the journal is read by many.
        "session": sha256(actor.session.encode()).hexdigest()[:16] if actor.session else "",
        "purpose": purpose,
        "writer": count.writer,
    }
    texts: list[str] = []
    macs: list[bytes] = []
    for number, fact in enumerate(facts, start=first):
        row = common | {
            "fact": fact.name,
            "subject": fact.subject,
            "subject_id": fact.subject_id,
            "place": fact.place,
            "units": fact.units,
            "persons": fact.persons,
            "drill": fact.drill,
            "data": content.plain(fact.data()),
            "writer_no": number,
        }
        text = content.canonical(content.written(row))
        texts.append(text.decode())
        macs.append(content.writer_mac(text, key))
    count.will_write(len(facts))
    with connection.cursor() as cursor:
        if len(facts) == 1:
            cursor.execute(_ONE, [texts[0], macs[0]])
        else:
            cursor.execute(_MANY, [texts, macs])
        return [row[0] for row in cursor.fetchall()]


def forget_faults(*, fold: str, before: int) -> int:
    """Say that the counters of a fold were counted anew up to a sealed entry; how many faults that mended.

    fold: ``module.function`` as the relay notes it; before: number of sealed entries that were counted
    """
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM journal_fault WHERE fold = %s AND idx < %s", [fold, before])
        return cursor.rowcount


class _Pending:
    """Numbers written in the open transaction. Called by Django after its COMMIT, forgotten on rollback."""

    def __init__(self, count: "_Count", numbers: int):
        self.count = count
        self.numbers = numbers
        self.committed = False

    def __call__(self) -> None:
        self.committed = True
        self.count.last += self.numbers
        self.count.unsure = None


class _Count:
    """The writer's numbers of one connection: contiguous, though no lock and no statement is spent on them.

    A number counts once its transaction is committed; one that was rolled back is given again. So a gap in
    a writer's numbers means that somebody took an entry away, also before it was sealed. When the connection
    broke and it is not known whether the last transaction was committed, a new writer begins.
    """

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self.writer: UUID = uuid4()
        self.last = 0
        self.unsure: object | None = None
        self.home = self._where()

    @staticmethod
    def _where() -> tuple[int, str]:
        return os.getpid(), connection.settings_dict["NAME"]

    def next_number(self) -> int:
        """The number after the last of this writer, those of the open transaction included."""
        pending = [hook.numbers for _, hook, *_ in connection.run_on_commit if self._is_mine(hook)]
        if not pending and self.unsure is not None and self.unsure is not connection.connection:
            self._begin()
        if self.home != self._where():
            self._begin()  # a forked process, or another database
        return self.last + sum(pending) + 1

    def will_write(self, numbers: int) -> None:
        """Told before the statement, so that a failing one can only leave numbers that are given again."""
        self.unsure = connection.connection
        hooks, savepoints = connection.run_on_commit, set(connection.savepoint_ids)
        if hooks and hooks[0][0] == savepoints and self._is_mine(hooks[0][1]):
            hooks[0][1].numbers += numbers
        else:
            # In front: a hook of somebody else that raises would keep Django from calling ours.
            hooks.insert(0, (savepoints, _Pending(self, numbers), False))

    def _is_mine(self, hook: object) -> bool:
        return isinstance(hook, _Pending) and hook.count is self and not hook.committed


_counts: WeakKeyDictionary[object, _Count] = WeakKeyDictionary()


def _count() -> _Count:
    wrapper = connections["default"]
    if wrapper not in _counts:
        _counts[wrapper] = _Count()
    return _counts[wrapper]
