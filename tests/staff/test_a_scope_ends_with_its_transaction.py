"""The scope of a transaction on a database of its own, where transactions are real."""

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from quanlin.kit.actor import SYSTEM
from quanlin.staff import actions
from tests import world


def sql(text: str, *values: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        return cursor.fetchall() if cursor.description else [(cursor.rowcount,)]


def test_without_a_scope_nothing_is_seen_and_nothing_is_written(fresh_database):
    with actions.act_as(SYSTEM):
        world.resident("13800000001", "王秀英")
    assert sql("SELECT count(*) FROM people_person") == [(0,)]
    assert sql("SELECT count(*) FROM journal_entry") == [(0,)]
    with pytest.raises(DatabaseError) as fault:
        sql(
            "INSERT INTO people_code (phone_blind, digest, source, sent_at, tries) VALUES ('x', 'x', 'x', now(), 0)"
        )
    assert isinstance(fault.value.__cause__, psycopg.errors.InsufficientPrivilege)
    assert sql("UPDATE people_person SET name_mask = 'x'") == [(0,)]
    with actions.act_as(SYSTEM):
        assert sql("SELECT count(*) FROM people_person") == [(1,)]


def test_a_scope_does_not_outlive_its_transaction_on_a_kept_connection(fresh_database):
    with actions.act_as(SYSTEM):
        world.resident("13800000001", "王秀英")
    assert sql("SELECT current_setting('q.role', true), current_setting('q.lo', true)") == [("", "")]


def test_a_page_that_is_looked_at_cannot_write(fresh_database):
    with actions.act_as(SYSTEM):
        wang = world.resident("13800000001", "王秀英")
    with pytest.raises(DatabaseError) as fault, actions.act_as(wang, read_only=True):
        sql("UPDATE people_person SET name_mask = 'x' WHERE id = %s", wang.person)
    assert isinstance(fault.value.__cause__, psycopg.errors.ReadOnlySqlTransaction)
    with actions.act_as(wang):
        assert sql("SELECT name_mask FROM people_person WHERE id = %s", wang.person) == [("王**",)]


def test_what_follows_a_reading_transaction_may_write_again(fresh_database):
    with actions.act_as(SYSTEM, read_only=True):
        assert sql("SHOW transaction_read_only") == [("on",)]
    with transaction.atomic():
        assert sql("SHOW transaction_read_only") == [("off",)]
    with actions.act_as(SYSTEM):
        assert sql("SHOW transaction_read_only") == [("off",)]
