"""The process that does the jobs of all queues."""

from procrastinate.contrib.django import app
from procrastinate.job_context import JobContext

SIMULTANEOUS = 4


@app.periodic(cron="* * * * *")
@app.task(queue="housekeeping", name="config.retry_stalled", pass_context=True)
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    """Take up again what a worker held that was killed. Every job may run twice, so this is safe."""
    jobs = context.app.job_manager
    for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=30):
        await jobs.retry_job(job)


def run() -> None:
    """Do jobs until SIGTERM; those in hand get a few seconds to end."""
    with app.replace_connector(app.connector.get_worker_connector()) as worker:
        worker.run_worker(
            concurrency=SIMULTANEOUS,
            fetch_job_polling_interval=2,
            shutdown_graceful_timeout=5,
            delete_jobs="successful",
        )
