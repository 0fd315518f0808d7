"""How a command finds the database that runs, and what it says when it does not."""

import os

from quanlin.config.stack.faults import CannotStart
from quanlin.config.stack.instance import Instance, data_folder


def find_running(*, as_owner: bool = False) -> None:
    """Put the addresses of the running instance into the environment, unless they are set there.

    ``as_owner``: act as the owner of the tables, for migrations. Raises CannotStart when nothing runs.
    """
    if "QUANLIN_DATABASE_URL" not in os.environ:
        told = Instance(data_folder()).told()
        if told is None:
            raise CannotStart("泉邻没有在运行。请先在另一个窗口执行 ./run，或设置 QUANLIN_DATABASE_URL。")
        for name, value in told.items():
            os.environ.setdefault(name, value)
    if as_owner:
        os.environ["QUANLIN_AS_OWNER"] = "1"


def use_django(*, as_owner: bool = False) -> None:
    """Make Django ready for a command. Raises CannotStart when no database is known."""
    find_running(as_owner=as_owner)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quanlin.config.settings")
    import django

    django.setup()


def explain(fault: Exception) -> str | None:
    """The sentence for the person at the keyboard, or None for what nobody foresaw."""
    if isinstance(fault, CannotStart):
        return str(fault)
    from quanlin.kit.errors import QuanlinError
    from quanlin.kit.sealing import KeyFileWrong

    if isinstance(fault, QuanlinError | KeyFileWrong):
        return str(fault)
    import psycopg

    cause = fault.__cause__ if isinstance(fault.__cause__, psycopg.OperationalError) else fault
    if isinstance(cause, psycopg.OperationalError):
        first = (str(cause).strip().splitlines() or [""])[0]
        return f"数据库没有应答：{first}。请看泉邻是否在运行（./run），数据库地址是否正确，然后重试。"
    return None
