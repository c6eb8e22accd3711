"""Jobs of kind rebuild: each person folded again, and who they are; facts of what differs are published, or none."""

from collections.abc import Callable

from functions.run_jobs.everybody import Taken, skipped
from functions.run_jobs.everybody import step as everybody
from functions.run_jobs.settings import Doors
from shared.domain.jobs import Job
from shared.people.rebuilding import Rebuilding
from shared.stores.profile_store import WriteReason


def step(doors: Doors, job: Job, has_time: Callable[[], bool]) -> Job:
    reason = WriteReason("rebuild", correlation_id=job.id, is_silent=not job.params["publish"])

    def take(profile_id: str) -> Taken:
        ended = doors.verifier.mend(profile_id, reason)
        is_held = ended in (Rebuilding.FROZEN, Rebuilding.STOPPED)
        return skipped(profile_id, ended.value) if is_held else Taken(ended.value)

    return everybody(doors, job, take)
