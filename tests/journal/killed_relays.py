"""A process that writes facts and lets one relay after the other be killed with -9, each one point later.

Points are the moments before a statement and before a COMMIT, so that every seam of a batch is met. Further kills
(``random``) come at moments that nobody chose. Run by the test beside it.
"""

import os
import random
import signal
import sys

import django

django.setup()

from django.db import connection  # noqa: E402
from procrastinate.contrib.django import app  # noqa: E402

from quanlin.journal.actions import record_many  # noqa: E402
from quanlin.journal.jobs import run_relay  # noqa: E402
from quanlin.kit.actor import SYSTEM  # noqa: E402
from tests.journal.conftest import Happened, scope  # noqa: E402


@app.task(queue="trial", name="trial.react")
def react(entry_id: int) -> None: ...


def fold(entries, there) -> None:
    with there.cursor() as cursor:
        cursor.execute(
            "INSERT INTO trial_folded SELECT unnest(%s::bigint[])", [[entry.idx for entry in entries]]
        )


def die_before(point: int) -> None:
    """Kill this process when the ``point``-th statement or commit is about to be sent."""
    met = 0

    def count() -> None:
        nonlocal met
        met += 1
        if met == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def wrapper(execute, *arguments):
        count()
        return execute(*arguments)

    commit = connection._commit

    def counted_commit():
        count()
        return commit()

    connection.execute_wrappers.append(wrapper)
    connection._commit = counted_commit


def die_within(seconds: float) -> None:
    """Kill this process at a moment of the kernel's choice."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def write(count: int) -> None:
    with scope():
        record_many([Happened(subject_id="1", step=n) for n in range(count)], actor=SYSTEM)


def main(points: int, moments: int) -> None:
    chance = random.Random(815)
    for turn in range(points + moments):
        for _ in range(3):
            write(chance.randint(1, 40))
        connection.close()
        pid = os.fork()
        if pid == 0:
            die_before(turn + 1) if turn < points else die_within(chance.uniform(0.001, 0.3))
            run_relay(
                reactions={"trial.happened": [react]},
                folds=[fold],
                nats_url=os.environ["QUANLIN_NATS_URL"],
                stop=lambda: False,
            )
            os._exit(1)
        _, status = os.waitpid(pid, 0)
        if not os.WIFSIGNALED(status):
            sys.exit(f"relay {turn} ended by itself: {status}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
