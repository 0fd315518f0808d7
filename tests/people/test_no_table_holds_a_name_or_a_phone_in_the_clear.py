"""The whole database, as a dump would have it, searched for what registered persons are called and their numbers."""

import base64
import json
import zlib

import psycopg
import pytest

from quanlin.kit.actor import SYSTEM
from quanlin.notices import actions as notices
from quanlin.people import actions, queries
from quanlin.staff import actions as staff
from tests import signing, world
from tests.conftest import OWNER_URL

NAMES = ("欧阳拂晓", "司徒望舒", "麦秋实")
PHONES = ("13861234571", "15972345682", "18883456793")


def dump(url: str, name: str) -> dict[str, str]:
    """Every row of every table as text, bytes decoded where they are text, sessions opened; by table."""
    found = {}
    with psycopg.connect(url, dbname=name) as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for schema, table in tables:
            rows = connection.execute(f'SELECT to_jsonb(t) FROM "{schema}"."{table}" t').fetchall()
            found[table] = "\n".join(spelled_out(row) for (row,) in rows)
    return found


def spelled_out(row: dict) -> str:
    parts = [json.dumps(row, ensure_ascii=False)]
    for value in row.values():
        if isinstance(value, str) and value.startswith("\\x"):
            raw = bytes.fromhex(value[2:])
            parts += [raw.decode(code, "ignore") for code in ("utf-8", "utf-16", "gb18030")]
    if "session_data" in row:
        body = row["session_data"].rsplit(":", 2)[0]
        raw = base64.urlsafe_b64decode(body.lstrip(".") + "=" * (-len(body.lstrip(".")) % 4))
        parts.append((zlib.decompress(raw) if body.startswith(".") else raw).decode())
    return "\n".join(parts)


@pytest.fixture
def used(fresh_database) -> str:
    """A database in which persons were entered, signed in, asked for codes, were looked at and told."""
    with staff.act_as(SYSTEM):
        built = world.build()
        for name, phone in zip(NAMES[:2], PHONES[:2], strict=True):
            actions.register(name=name, actor=SYSTEM, sort="resident", phone=phone, invented=True)
        notices.queue_sms(key="k1", phone=PHONES[0], words=f"{NAMES[0]}您好，{PHONES[0]} 的案件已办结")
    client = signing.fresh_client()
    signing.sign_in_resident(client, PHONES[2])
    assert client.post("/me/name/", {"name": NAMES[2]}).status_code == 302
    waiting = signing.fresh_client()
    assert waiting.post("/sign-in/", {"phone": PHONES[1]}).status_code == 302
    with staff.act_as(SYSTEM):
        account, person = queries.account_of_phone(PHONES[2])
        assert account
    with staff.act_as(built.worker):
        whole = actions.reveal(
            person=person,
            purpose="on_site",
            about="case:1",
            place=built.community,
            units=(),
            actor=built.worker,
        )
        assert (whole.name, whole.phone) == (NAMES[2], PHONES[2])
    return fresh_database


def test_a_dump_of_the_database_shows_no_name_and_no_number(used):
    found = dump(OWNER_URL, used)
    assert {
        "people_person",
        "people_code",
        "notices_outgoing",
        "django_session",
        "journal_entry",
    } <= found.keys()
    assert all(found[t] for t in ("people_person", "people_code", "notices_outgoing", "django_session"))
    for secret in (*NAMES, *PHONES, "王秀英", "13800000001", "李静"):
        holders = [table for table, text in found.items() if secret in text]
        assert holders == [], secret


def test_the_search_would_find_them(used):
    """So that the test above cannot pass by looking past them."""
    with psycopg.connect(OWNER_URL, dbname=used, autocommit=True) as connection:
        connection.execute("CREATE TABLE leak (a text, b bytea)")
        connection.execute("INSERT INTO leak VALUES (%s, %s)", [NAMES[0], PHONES[0].encode()])
    text = dump(OWNER_URL, used)["leak"]
    assert NAMES[0] in text
    assert PHONES[0] in text
