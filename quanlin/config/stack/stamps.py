"""What was done to a database, remembered by the database itself as a comment on it.

So the memory goes where the data goes: a restored or replaced database does not lie about its state.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import psycopg
from psycopg import sql


def digest(paths: Iterable[Path]) -> str:
    """One hash over names and contents of files; a folder counts with all it holds."""
    files: set[Path] = set()
    for path in paths:
        files |= {inner for inner in path.rglob("*") if inner.is_file()} if path.is_dir() else {path}
    total = hashlib.sha256()
    for file in sorted(files):
        if "__pycache__" not in file.parts:
            total.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:32]


def read(connection: psycopg.Connection) -> dict[str, str]:
    """The stamps of the database that is connected to."""
    row = connection.execute(
        "select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()"
    ).fetchone()
    try:
        found = json.loads(row[0] or "{}")
    except ValueError:  # somebody else's comment
        return {}
    return found if isinstance(found, dict) else {}


def write(connection: psycopg.Connection, name: str, value: str) -> None:
    """Set one stamp. ``connection``: of somebody who may act for the owner."""
    now = json.dumps(read(connection) | {name: value})
    connection.execute(
        sql.SQL("comment on database {} is {}").format(
            sql.Identifier(connection.info.dbname), sql.Literal(now)
        )
    )
