"""run_jobs: does jobs slice by slice; each message is one job to go on with, for as long as the function may run."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from functions.run_jobs import backfill, rebuild, split, undo, verify
from functions.run_jobs.settings import Doors, doors
from shared.aws.failures import discreet
from shared.aws.observability import count, flush_metrics, logger
from shared.aws.queues import send_messages
from shared.contracts.queues import JobSlice
from shared.domain.jobs import Job, tried
from shared.stores.catalogue_store import VersionConflictError

HasTime = Callable[[], bool]

STEPS: Mapping[str, Callable[[Doors, Job, HasTime], Job]] = {
    "backfill": backfill.step,
    "rebuild": rebuild.step,
    "split": split.step,
    "undo": undo.step,
    "verify": verify.step,
}
"""By kind of job: does some of its work, while there is time, and returns it with how far it came. Some seconds are a
good measure, as a job is cancelled between steps. Each step may be done again, or twice at once."""

_STOP_MILLISECONDS = 30_000
_FIRST_DELAY_SECONDS = 5


class Context(Protocol):
    def get_remaining_time_in_millis(self) -> int: ...


@discreet
def handler(event: Mapping[str, Any], context: Context) -> dict[str, list[dict[str, str]]]:
    """Messages of the jobs queue. Those that come again are named."""
    records: Sequence[Mapping[str, Any]] = event["Records"]

    def has_time() -> bool:
        return context.get_remaining_time_in_millis() > _STOP_MILLISECONDS

    try:
        failed = [record["messageId"] for record in records if not _take(record, has_time)]
        return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}
    finally:
        flush_metrics()


def _take(record: Mapping[str, Any], has_time: HasTime) -> bool:
    try:
        to = doors()
        job = to.jobs.find(JobSlice.model_validate_json(record["body"]).job_id)
        _go_on(to, job, has_time) if job else logger().warning("no such job", extra={"id": record["messageId"]})
    except VersionConflictError:
        return True  # another message is doing this job, or it was cancelled
    except Exception:  # this message comes again, and in the end to the dead letters; its neighbours go on
        logger().exception("a message can't be taken", extra={"message_id": record["messageId"]})
        count("JobMessagesFailed")
        return False
    return True


def _go_on(to: Doors, job: Job, has_time: HasTime) -> None:
    """Step by step, each saved at the version that was read; what is left when time is up is a new message."""
    while job.is_open:
        job = to.jobs.put(_stepped(to, job, has_time), datetime.now(UTC))
        if job.tries or not has_time():
            break
    if job.is_open:
        delay = _FIRST_DELAY_SECONDS * 4**job.tries if job.tries else 0
        send_messages(to.jobs_queue_url, [JobSlice(job_id=job.id).model_dump_json()], delay_seconds=min(delay, 900))
    else:
        count(f"Jobs{job.state.capitalize()}")
        logger().info("job ended", extra={"job_id": job.id, "kind": job.kind, "state": job.state})


def _stepped(to: Doors, job: Job, has_time: HasTime) -> Job:
    try:
        return STEPS[job.kind](to, job, has_time)
    except Exception as error:  # whatever breaks, its job says so, and is tried again a few times
        logger().exception("a step failed", extra={"job_id": job.id, "kind": job.kind})
        count("JobStepsFailed")
        return tried(job, f"{type(error).__name__}: the log of run_jobs tells more by job_id")
