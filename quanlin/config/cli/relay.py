"""The verb that runs the relay: seals the journal, counts, starts the jobs of facts, tells the broker."""

import signal
import threading

import typer

from quanlin.config.cli.connect import use_django

app = typer.Typer()


@app.command()
def relay() -> None:
    """封存日志、更新计数、触发后续任务、推送到实时屏幕，直到 Ctrl-C（由 up 自动启动）。"""
    use_django()
    from django.conf import settings

    from quanlin.config.reactions import FOLDS, WHEN
    from quanlin.journal.jobs import run_relay

    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    run_relay(
        reactions=WHEN,
        folds=FOLDS,
        nats_url=settings.NATS_URL,
        stop=ended.is_set,
        checkpoint_file=settings.DATA_DIR / "journal-checkpoint.txt",
    )
