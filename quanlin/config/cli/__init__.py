"""The command ``quanlin``. Each module of this folder adds its verbs: it has ``app``, a Typer.

With ``GROUP = "places"`` in the module they are ``quanlin places …``, without it they are verbs of their own.
Modules import Django's things inside their functions: ``quanlin up`` does without.
"""

import importlib
import pkgutil
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer


def command_line() -> "typer.Typer":
    """All verbs, gathered from the modules of this folder."""
    import typer

    app = typer.Typer(
        help="泉邻 Quanlin：运行、检查、备份和管理。",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    for found in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{found.name}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=getattr(module, "GROUP", None))
    return app


def main() -> None:
    """Run one verb. Refusals and faults end with their sentence and status 1, not with a traceback."""
    from quanlin.config.cli.connect import explain

    app = command_line()
    try:
        app(prog_name="quanlin")
    except Exception as fault:
        sentence = explain(fault)
        if sentence is None:
            raise
        sys.exit(f"✗ {sentence}")
