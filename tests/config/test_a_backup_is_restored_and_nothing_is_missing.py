"""Backup and restore of a real database with photos, and what they refuse."""

import os
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from quanlin.config.stack import backup, roles
from quanlin.config.stack.faults import CannotStart

KEYS = [1, 2, 3]


def said(_: str) -> None:
    pass


@pytest.fixture
def admin_url(fresh_database: str) -> str:
    """The administrator's address of a database of the test's own."""
    connection.close()
    return psycopg.conninfo.make_conninfo(os.environ["QUANLIN_DATABASE_OWNER_URL"], dbname=fresh_database)


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    (folder / "photos" / "ab").mkdir(parents=True)
    (folder / "photos" / "ab" / "abcd.jpg").write_bytes(b"a photo")
    return folder


def places_in(url: str) -> int:
    with psycopg.connect(url) as there:
        return there.execute("select count(*) from places_place").fetchone()[0]


def dropped(url: str, name: str) -> None:
    with psycopg.connect(url, dbname="postgres", autocommit=True) as admin:
        admin.execute(f'drop database "{name}" with (force)')


def test_what_was_lost_after_a_backup_is_there_after_restoring_it(
    admin_url: str, media: Path, tmp_path: Path
):
    file = tmp_path / "quanlin.tar"
    before = places_in(admin_url)
    made = backup.back_up(file, admin_url=admin_url, media=media, keys=KEYS, say=said)
    assert made.rows["places_place"] == before > 0
    assert (made.media, made.keys) == (1, KEYS)
    assert file.stat().st_mode & 0o777 == 0o600
    with psycopg.connect(admin_url) as there:
        there.execute("truncate places_place cascade")
    (media / "photos" / "ab" / "abcd.jpg").unlink()

    manifest, old = backup.restore(file, admin_url=admin_url, media=media, keys=[*KEYS, 4], say=said)

    assert manifest == made
    assert places_in(admin_url) == before
    assert (media / "photos" / "ab" / "abcd.jpg").read_bytes() == b"a photo"
    assert places_in(psycopg.conninfo.make_conninfo(admin_url, dbname=old)) == 0
    dropped(admin_url, old)


def test_a_restored_database_keeps_its_walls(admin_url: str, media: Path, tmp_path: Path):
    file = tmp_path / "quanlin.tar"
    walls = (
        "select relname, relforcerowsecurity, relacl::text, relowner::regrole::text from pg_class"
        " where relnamespace = 'public'::regnamespace and relkind in ('r', 'v', 'S') order by 1"
    )
    policies = "select tablename, policyname, cmd, qual, with_check from pg_policies order by 1, 2"
    defaults = (
        "select defaclrole::regrole::text, defaclobjtype, defaclacl::text from pg_default_acl order by 1, 2"
    )

    def all_walls() -> list:
        with psycopg.connect(admin_url) as there:
            return [there.execute(question).fetchall() for question in (walls, policies, defaults)]

    before = all_walls()
    backup.back_up(file, admin_url=admin_url, media=media, keys=KEYS, say=said)
    _, old = backup.restore(file, admin_url=admin_url, media=media, keys=KEYS, say=said)
    assert all_walls() == before
    dropped(admin_url, old)


def test_a_damaged_backup_is_refused_and_nothing_changes(admin_url: str, media: Path, tmp_path: Path):
    file = tmp_path / "quanlin.tar"
    backup.back_up(file, admin_url=admin_url, media=media, keys=KEYS, say=said)
    before = places_in(admin_url)
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 1
    file.write_bytes(whole)
    with pytest.raises(CannotStart, match="不是完整的泉邻备份"):
        backup.restore(file, admin_url=admin_url, media=media, keys=KEYS, say=said)
    assert places_in(admin_url) == before
    with psycopg.connect(admin_url) as there:
        left = there.execute(
            "select count(*) from pg_database where datname like 'quanlin_restored%'"
        ).fetchone()
    assert left == (0,)


def test_a_backup_whose_keys_are_missing_is_refused(admin_url: str, media: Path, tmp_path: Path):
    file = tmp_path / "quanlin.tar"
    backup.back_up(file, admin_url=admin_url, media=media, keys=KEYS, say=said)
    with pytest.raises(CannotStart, match="编号 2、3"):
        backup.restore(file, admin_url=admin_url, media=media, keys=[1], say=said)


def test_an_account_that_sees_only_some_rows_makes_no_backup(admin_url: str, media: Path, tmp_path: Path):
    file = tmp_path / "quanlin.tar"
    limited = psycopg.conninfo.make_conninfo(admin_url, user=roles.LOGIN, options=f"-c role={roles.APP}")
    with pytest.raises(CannotStart, match="看不到全部的行"):
        backup.back_up(file, admin_url=limited, media=media, keys=KEYS, say=said)
    assert list(tmp_path.iterdir()) == [media]
