"""GET /healthz with everything there, and with parts away."""

import json
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from quanlin.config import health
from quanlin.kit import sealing

PARTS = {"program", "web", "database", "schema", "relay", "worker", "broker", "live", "keys", "disk"}


@pytest.fixture(autouse=True)
def asked_anew(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(health, "_kept", None)


def ask() -> tuple[int, dict]:
    answer = Client().get("/healthz")
    return answer.status_code, json.loads(answer.content)


@pytest.mark.django_db
def test_each_part_has_a_state_and_those_that_run_a_version():
    status, body = ask()
    assert status == 200
    assert set(body) == {"state", "parts"}
    assert set(body["parts"]) == PARTS
    assert all("state" in part for part in body["parts"].values())
    parts = body["parts"]
    assert parts["database"]["version"].startswith("PostgreSQL ")
    assert parts["broker"] == {"state": "ok", "version": parts["broker"]["version"]}
    assert parts["broker"]["version"].startswith("NATS 2.")
    assert parts["schema"] == {"state": "ok", "missing": 0}
    assert parts["keys"] == {"state": "ok", "version": "INTL"}
    # nothing works in the background while these tests run
    assert parts["worker"]["state"] == parts["relay"]["state"] == "down"
    assert body["state"] == "degraded"


@pytest.mark.django_db
def test_it_costs_four_statements_and_a_second_question_none(django_assert_num_queries):
    with django_assert_num_queries(4):
        ask()
    with django_assert_num_queries(0):
        ask()


@pytest.mark.django_db
def test_tables_that_are_not_up_to_date_are_no_service(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(health, "_known_migrations", lambda: frozenset({("cases", "9999_of_tomorrow")}))
    status, body = ask()
    assert status == 503
    assert body["state"] == "down"
    assert body["parts"]["schema"] == {"state": "down", "missing": 1}


@pytest.mark.django_db(transaction=False)
def test_a_database_that_is_gone_is_503_and_names_no_address(fresh_database: str, tmp_path: Path):
    before = dict(connection.settings_dict)
    connection.close()
    try:
        connection.settings_dict.update(HOST=str(tmp_path), NAME="secret_name")
        status, body = ask()
    finally:
        connection.settings_dict.update(before)
        connection.close()
    assert status == 503
    assert body["state"] == "down"
    assert body["parts"]["database"] == {"state": "down"}
    assert body["parts"]["worker"] == {"state": "unknown"}
    assert "secret_name" not in json.dumps(body)
    assert str(tmp_path) not in json.dumps(body)


@pytest.mark.django_db
def test_a_broker_that_is_gone_degrades_and_does_not_stop(settings):
    settings.NATS_URL = "nats://quanlin:secret@127.0.0.1:1"
    status, body = ask()
    assert status == 200
    assert body["parts"]["broker"] == {"state": "down"}
    assert "secret" not in json.dumps(body)


@pytest.mark.django_db
def test_keys_that_are_gone_are_told(monkeypatch: pytest.MonkeyPatch):
    def gone():
        raise sealing.KeyFileWrong("没有密钥文件")

    monkeypatch.setattr(sealing, "keyring", gone)
    status, body = ask()
    assert status == 200
    assert body["parts"]["keys"] == {"state": "down"}
    assert body["state"] == "degraded"
