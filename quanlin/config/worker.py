"""The process that does the jobs of all queues."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.job_context import JobContext

from quanlin.config import reactions  # noqa: F401  brings in every room's jobs; the web process does without them

SIMULTANEOUS = 4


@app.periodic(cron="* * * * *")
@app.task(queue="housekeeping", name="config.retry_stalled", pass_context=True)
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    """Take up again what a worker held that was killed. Every job may run twice, so this is safe."""
    jobs = context.app.job_manager
    for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=30):
        await jobs.retry_job(job)


def with_a_living_connection(do: Callable[[], Any], context: JobContext, worker: Any) -> Any:
    """Around each job: a connection that broke with the database is dropped, so that the next job gets a new one."""
    try:
        return do()
    finally:
        connection.close_if_unusable_or_obsolete()


def run() -> None:
    """Do jobs until SIGTERM; those in hand get a few seconds to end."""
    with app.replace_connector(app.connector.get_worker_connector()) as worker:
        worker.run_worker(
            concurrency=SIMULTANEOUS,
            fetch_job_polling_interval=2,
            shutdown_graceful_timeout=5,
            delete_jobs="successful",
            task_middleware=[with_a_living_connection],
        )
