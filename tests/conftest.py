"""The database of the tests: a template with all migrations, kinds and the places of Jinan, cloned per worker.

Tests run as the application's role, so that row security holds in them too. ``./test`` starts the server and says
where it is; without it these tests fail with a sentence.
"""

import hashlib
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from quanlin.kit import sealing
from tests.stack import data_folder, own_stack, stack  # noqa: F401  fixtures of browser tests and stories
from tests.windows import chromium, window  # noqa: F401

settings.PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher"
]  # a real one takes half a second

ROOT = Path(__file__).resolve().parent.parent
OWNER_URL = os.environ.get("QUANLIN_DATABASE_OWNER_URL", "")
_SOURCES = ("migrations/*.py", "data/**/*", "catalogue/*.yaml", "*/catalogue.py", "models.py", "sql/*.sql")


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for room in sorted((ROOT / "quanlin").iterdir()):
        for pattern in _SOURCES:
            for file in sorted(room.glob(pattern)):
                if file.is_file():
                    digest.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def _admin(name: str = "postgres") -> psycopg.Connection:
    return psycopg.connect(OWNER_URL, dbname=name, autocommit=True)


def _make_template(name: str) -> None:
    """Migrate into a fresh database under an advisory lock, so that parallel workers do it once."""
    with _admin() as admin:
        admin.execute("SELECT pg_advisory_lock(815)")
        if not settings.KEY_FILE.exists():
            settings.KEY_FILE.parent.mkdir(parents=True, exist_ok=True)
            sealing.create_key_file(settings.KEY_FILE, demonstration=True)
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return
        admin.execute(f'DROP DATABASE IF EXISTS "{name}_half"')
        admin.execute(f'CREATE DATABASE "{name}_half" OWNER quanlin_owner TEMPLATE quanlin_test')
        env = {**os.environ, "DJANGO_SETTINGS_MODULE": "quanlin.config.settings"}
        env["QUANLIN_DATABASE_OWNER_URL"] = _with_name(OWNER_URL, f"{name}_half")
        env["QUANLIN_DATABASE_URL"] = _with_name(os.environ["QUANLIN_DATABASE_URL"], f"{name}_half")
        for step, as_owner in (("migrate", "1"), ("base", "0")):
            code = [sys.executable, "-m", "quanlin.config.setup", step]
            done = subprocess.run(
                code, env={**env, "QUANLIN_AS_OWNER": as_owner}, capture_output=True, text=True, cwd=ROOT
            )
            if done.returncode:
                raise RuntimeError(f"{step} failed:\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}")
        admin.execute(f'ALTER DATABASE "{name}_half" RENAME TO "{name}"')


def _with_name(url: str, name: str) -> str:
    head, _, query = url.partition("?")
    return head.rsplit("/", 1)[0] + "/" + name + (f"?{query}" if query else "")


@pytest.fixture(scope="session")
def template_database() -> str:
    """Name of the template that holds everything but what a test writes."""
    if not OWNER_URL:
        pytest.fail('没有测试数据库。请用 ./test 跑，或先 ./test --serve 再 eval "$(./test --env)"。')
    name = f"qtpl_{_fingerprint()}"
    _make_template(name)
    return name


def _clone(template: str, name: str) -> None:
    with _admin() as admin:
        admin.execute("SELECT pg_advisory_lock(816)")
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.execute(
            f'CREATE DATABASE "{name}" OWNER quanlin_owner TEMPLATE "{template}" STRATEGY FILE_COPY'
        )


def _drop(name: str) -> None:
    connection.close()
    with _admin() as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def django_db_setup(template_database: str, django_db_blocker) -> Iterator[None]:
    """Instead of Django's own test database: a clone of the template, reached as quanlin_app."""
    name = f"qt_{os.getpid()}"
    _clone(template_database, name)
    settings.DATABASES["default"]["NAME"] = name
    connection.settings_dict["NAME"] = name
    yield
    with django_db_blocker.unblock():
        _drop(name)


@pytest.fixture
def fresh_database(template_database: str, django_db_setup, django_db_blocker) -> Iterator[str]:
    """A database of the test's own, in which commits are real; answers its name."""
    before = connection.settings_dict["NAME"]
    name = f"qf_{os.getpid()}_{next(_numbers)}"  # a new name each time: a journal writer counts per database
    _clone(template_database, name)
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["NAME"] = name
        _forget()
        yield name
        connection.close()
        connection.settings_dict["NAME"] = before
        _drop(name)
        connection.settings_dict["NAME"] = before


_numbers = itertools.count(1)


def _forget() -> None:
    from quanlin.cases import queries as cases
    from quanlin.config import middleware
    from quanlin.people import queries as people
    from quanlin.places import queries as places
    from quanlin.staff import queries as staff

    cases.forget_kinds()
    people.forget()
    places.forget()
    staff.forget()
    middleware.forget()


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """What a process remembers for some seconds must not leak from one test into the next."""
    _forget()
