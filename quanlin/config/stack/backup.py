"""A backup in one file, made at one moment, and believed only after it was restored once.

The file is a tar of ``manifest.json``, ``database.dump`` (pg_dump, custom format) and ``media/…``. Row counts and
dump come from the same snapshot. Photos are copied after it: a photo is written before its row and never changed.
The keys are not in it, or a stolen backup would be readable; the manifest says which keys its rows need.
"""

import hashlib
import json
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql

from quanlin.config.stack import roles, stamps
from quanlin.config.stack.faults import CannotStart, check_space
from quanlin.config.stack.postgres import programs

FORMAT = 1
_NOT_ALL_ROWS = (
    "备份没有开始：数据库账号受行级权限约束，看不到全部的行。"
    "请在 QUANLIN_DATABASE_OWNER_URL 里给出超级用户或带 BYPASSRLS 的备份账号。"
)
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the backup holds. ``rows``: count of each table; ``keys``: ids of the keys in the ring at that time."""

    format: int
    made_at: str
    server: str
    rows: dict[str, int]
    media: int
    sha256: str  # over dump and photos, see _digest
    keys: list[int]
    stamps: dict[str, str]


def back_up(file: Path, *, admin_url: str, media: Path, keys: list[int], say: Say) -> Manifest:
    """Write ``file`` (mode 0600) and restore it into a scratch database to see that it holds.

    admin_url: of somebody whom row security does not hold back, or the dump would be refused
    Raises CannotStart; ``file`` is then not there, or still the old one.
    """
    half = file.with_name(file.name + ".half")
    try:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".quanlin-") as folder:
            dump = Path(folder) / "database.dump"
            with psycopg.connect(admin_url, autocommit=True) as connection:
                size = connection.execute("select pg_database_size(current_database())").fetchone()[0]
            check_space(file.parent, least_mb=size // 2**20 + _megabytes(media) + 100)
            say("导出数据库")
            server, rows, have = _dump(admin_url, dump)
            photos = sorted(path for path in media.rglob("*") if path.is_file())
            manifest = Manifest(
                format=FORMAT,
                made_at=datetime.now(UTC).isoformat(timespec="seconds"),
                server=server,
                rows=rows,
                media=len(photos),
                sha256="",
                keys=keys,
                stamps=have,
            )
            say(f"打包照片等附件 {len(photos)} 个")
            manifest = _pack(half, manifest, dump, media, photos)
            say("恢复到临时数据库核对")
            with _unpacked(half) as (again, dump), _scratch(admin_url, "check") as name:
                _restore(admin_url, name, dump, again)
        half.replace(file)
    finally:
        half.unlink(missing_ok=True)
    return manifest


def restore(file: Path, *, admin_url: str, media: Path, keys: list[int], say: Say) -> tuple[Manifest, str]:
    """Put the state of ``file`` in place of the database behind ``admin_url``, which is kept under another name.

    Answers the manifest and the name of the database that was there before. Raises CannotStart; then nothing
    has changed.
    """
    with psycopg.connect(admin_url) as connection:
        database = connection.info.dbname
    with _unpacked(file) as (manifest, dump):
        if missing := sorted(set(manifest.keys) - set(keys)):
            raise CannotStart(
                f"现在的密钥文件缺少这份备份要用的密钥（编号 {'、'.join(map(str, missing))}），姓名和电话会读不出来。"
                "没有改动任何数据。请先把当时的密钥文件放回原处，再恢复。"
            )
        say("恢复到新的数据库并核对")
        with _scratch(admin_url, "restored", keep_on_success=True) as name:
            _restore(admin_url, name, dump, manifest)
            with psycopg.connect(admin_url, dbname=name, autocommit=True) as inside:
                for stamp, value in manifest.stamps.items():
                    if stamp != "tables":  # newer code may have more of them
                        stamps.write(inside, stamp, value)
            say("放回照片等附件")
            _unpack_media(file, media)
            before = f"{database}_before_{datetime.now(UTC):%Y%m%d%H%M%S}"
            say("换上恢复好的数据库")
            _swap(admin_url, database, name, before)
    return manifest, before


def _dump(admin_url: str, dump: Path) -> tuple[str, dict[str, int], dict[str, str]]:
    with psycopg.connect(admin_url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute("set row_security = off")  # an error rather than half of the rows
        snapshot = connection.execute("select pg_export_snapshot()").fetchone()[0]
        try:
            rows = _count(connection)
        except psycopg.errors.InsufficientPrivilege as error:
            raise CannotStart(_NOT_ALL_ROWS) from error
        # fmt: off
        command = [
            programs() / "pg_dump", "--format=custom", f"--snapshot={snapshot}",
            f"--file={dump}", f"--dbname={admin_url}",
        ]
        # fmt: on
        _run(command, "导出数据库")
        server = connection.execute("select current_setting('server_version')").fetchone()[0]
        return server, rows, stamps.read(connection)


def _count(connection: psycopg.Connection) -> dict[str, int]:
    """Rows of every table in the schema public, as the connection's transaction sees them."""
    tables = connection.execute(
        "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition order by 1"
    ).fetchall()
    counted = {}
    for (table,) in tables:
        statement = sql.SQL("select count(*) from public.{}").format(sql.Identifier(table))
        counted[table] = connection.execute(statement).fetchone()[0]
    return counted


def _pack(file: Path, manifest: Manifest, dump: Path, media: Path, photos: list[Path]) -> Manifest:
    """Write the tar; answers the manifest with the digest of what was written."""
    file.touch(mode=0o600)
    with tarfile.open(file, mode="w") as tar:
        tar.add(dump, arcname="database.dump")
        for photo in photos:
            tar.add(photo, arcname=f"media/{photo.relative_to(media)}")
    manifest = replace(manifest, sha256=_digest(file))
    with tarfile.open(file, mode="a") as tar, tempfile.NamedTemporaryFile("w") as text:
        json.dump(asdict(manifest), text, ensure_ascii=False, indent=1)
        text.flush()
        tar.add(text.name, arcname="manifest.json")
    with file.open("rb+") as written:
        os.fsync(written.fileno())
    return manifest


def _digest(file: Path) -> str:
    """SHA-256 over name and contents of all members but the manifest, in their order."""
    total = hashlib.sha256()
    with tarfile.open(file) as tar:
        for member in tar:
            if member.isfile() and member.name != "manifest.json":
                digest = hashlib.file_digest(tar.extractfile(member), "sha256").digest()
                total.update(member.name.encode() + b"\0" + digest)
    return total.hexdigest()


@contextmanager
def _unpacked(file: Path) -> Iterator[tuple[Manifest, Path]]:
    """The manifest and the dump out of the backup, after the digest was compared."""
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".quanlin-") as folder:
        try:
            with tarfile.open(file) as tar:
                for name in ("manifest.json", "database.dump"):
                    tar.extract(name, folder, filter="data")
            manifest = Manifest(**json.loads((Path(folder) / "manifest.json").read_text()))
            whole = manifest.format == FORMAT and _digest(file) == manifest.sha256
        except (OSError, tarfile.TarError, KeyError, TypeError, ValueError):
            whole = False
        if not whole:
            raise CannotStart(f"{file} 不是完整的泉邻备份，没有改动任何数据。请换一份备份文件。")
        yield manifest, Path(folder) / "database.dump"


def _unpack_media(file: Path, media: Path) -> None:
    """Photos that are there already stay: their names are random and their contents never change."""
    with tarfile.open(file) as tar:
        for member in tar:
            if not member.isfile() or not member.name.startswith("media/"):
                continue
            member.name = member.name.removeprefix("media/")
            if not (media / member.name).exists():
                tar.extract(member, media, filter="data")


@contextmanager
def _scratch(admin_url: str, purpose: str, *, keep_on_success: bool = False) -> Iterator[str]:
    """A new database with roles and privileges, dropped at the end."""
    name = f"quanlin_{purpose}_{os.getpid()}"
    roles.ensure(admin_url, name)
    done = False
    try:
        yield name
        done = True
    finally:
        if not (done and keep_on_success):
            with psycopg.connect(admin_url, dbname="postgres", autocommit=True) as admin:
                admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _restore(admin_url: str, name: str, dump: Path, manifest: Manifest) -> None:
    """Fill the database ``name`` and compare its row counts with the manifest."""
    target = psycopg.conninfo.make_conninfo(admin_url, dbname=name)
    jobs = str(min(os.cpu_count() or 1, 4))
    # fmt: off
    command = [
        programs() / "pg_restore", "--exit-on-error", f"--jobs={jobs}",
        f"--dbname={target}", dump,
    ]
    # fmt: on
    _run(command, "恢复数据库")
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute("set row_security = off")
        found = _count(connection)
        connection.execute("analyze")
    if found != manifest.rows:
        differing = sorted(t for t in {*found, *manifest.rows} if found.get(t) != manifest.rows.get(t))
        raise CannotStart(
            f"恢复出来的行数与备份时不同（{'、'.join(differing)}）。请不要使用这份备份，并重新备份。"
        )


def _swap(admin_url: str, database: str, restored: str, before: str) -> None:
    """Rename two databases; programs are cut off for that moment and connect again by themselves."""
    with psycopg.connect(admin_url, dbname="postgres", autocommit=True) as admin:
        for old, new in ((database, before), (restored, database)):
            admin.execute(sql.SQL("alter database {} allow_connections false").format(sql.Identifier(old)))
            admin.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s", [old]
            )
            rename = sql.SQL("alter database {} rename to {}")
            admin.execute(rename.format(sql.Identifier(old), sql.Identifier(new)))
            admin.execute(sql.SQL("alter database {} allow_connections true").format(sql.Identifier(new)))


def _run(command: list, what: str) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        words = done.stderr.strip().splitlines() or [""]
        raise CannotStart(
            f"{what}没有成功：{words[0]}。没有改动任何数据。请检查磁盘空间和账号权限，然后重试。"
        )


def _megabytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) // 2**20
