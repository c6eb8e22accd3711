"""Jobs of kind verify: where each person differs from what is folded; nothing is changed."""

from collections.abc import Callable

from functions.run_jobs.everybody import Taken
from functions.run_jobs.everybody import step as everybody
from functions.run_jobs.settings import Doors
from shared.domain.jobs import Job


def step(doors: Doors, job: Job, has_time: Callable[[], bool]) -> Job:
    def take(profile_id: str) -> Taken:
        found = doors.verifier.differences(profile_id)
        if not found:
            return Taken("gone" if found is None else "same")
        return Taken("differ", tuple({"profile_id": profile_id, **one._asdict()} for one in found))

    return everybody(doors, job, take)
