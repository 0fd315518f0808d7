"""The database itself refuses a write behind a GET."""

from django.db import connection

from quanlin.kit.actor import SYSTEM
from quanlin.staff.actions import act_as
from tests import world
from tests.asking import Asker


def test_what_is_read_runs_in_a_transaction_that_cannot_write(fresh_database: str) -> None:
    with act_as(SYSTEM):
        people = world.build()
    worker = Asker(people.worker)
    seen: list[bool] = []

    def note(execute, sql, params, many, context):
        if "FROM cases_case" in sql:
            with context["connection"].connection.cursor() as raw:
                seen.append(raw.execute("SHOW transaction_read_only").fetchone()[0] == "on")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        assert worker.get("/cases").status_code == 200
    assert seen == [True]
