import os
import subprocess
import sys

import psycopg
import pytest

from quanlin.journal import queries
from tests.conftest import ROOT, _with_name
from tests.journal.conftest import check, relay, rows
from tests.journal.test_the_relay_does_everything_once import BROKER, listening, within

POINTS = int(os.environ.get("QUANLIN_KILLS", "40"))
MOMENTS = POINTS // 4


@pytest.mark.stack
def test_after_many_kills_every_entry_was_sealed_counted_and_handed_on_once_and_told_at_least_once(log):
    relay(url=BROKER, until=lambda: queries.lag().published == queries.lag().size)
    start = queries.lag().size
    with psycopg.connect(os.environ["QUANLIN_DATABASE_OWNER_URL"], dbname=log, autocommit=True) as superuser:
        superuser.execute("CREATE TABLE trial_folded (idx bigint)")
        superuser.execute("GRANT ALL ON trial_folded TO quanlin_app")
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "quanlin.config.settings",
        "QUANLIN_DATABASE_URL": _with_name(os.environ["QUANLIN_DATABASE_URL"], log),
    }
    code = [sys.executable, "-m", "tests.journal.killed_relays", str(POINTS), str(MOMENTS)]
    with listening() as heard:
        done = subprocess.run(code, env=env, capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == 0, done.stdout + done.stderr
        # what the last one had no time for; folds and jobs of the rest as above
        relay(
            url=BROKER,
            until=lambda: queries.lag().waiting == 0 and queries.lag().published == queries.lag().size,
        )
        written = rows("SELECT id FROM journal_entry WHERE fact = 'trial.happened' ORDER BY id")
        assert len(written) >= 3 * (POINTS + MOMENTS)
        size = queries.lag().size
        assert within(5, lambda: {told["idx"] for told in heard} >= set(range(start, size)))
    leaves = rows("SELECT idx, entry_id FROM journal_leaf WHERE idx >= %s ORDER BY idx", [start])
    assert [idx for idx, _ in leaves] == list(range(start, size))
    assert sorted(entry for _, entry in leaves) == [entry for (entry,) in written]
    folded = rows("SELECT idx FROM trial_folded ORDER BY idx")
    jobs = rows(
        "SELECT (args->>'entry_id')::bigint FROM procrastinate_jobs WHERE task_name = 'trial.react' ORDER BY 1"
    )
    by_killed = len(folded)
    assert folded == [(idx,) for idx, _ in leaves][:by_killed]
    assert [entry for (entry,) in jobs] == sorted(entry for _, entry in leaves[:by_killed])
    assert by_killed > len(leaves) // 2
    assert {(told["idx"], told["id"]) for told in heard} == set(leaves)
    assert check().findings == []
