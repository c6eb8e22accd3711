"""Jobs of kind split: identifiers leave a person. The plan is in the job before anything is written."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter
from ulid import ULID

from functions.run_jobs.settings import Doors
from shared.domain.jobs import HOLDING, Job, advanced, done, failed
from shared.domain.splitting import Split, flaw, parts_of
from shared.domain.times import to_text
from shared.people.splitting import Splitting

MOST_PLANS = 20
"""Until then the person may change between plan and freeze; after that it is left for another time."""

_SPLIT = TypeAdapter(Split)


def step(doors: Doors, job: Job, has_time: Callable[[], bool]) -> Job:
    if HOLDING not in job.position:
        return _planned(doors, job)
    split = to_split(job.position[HOLDING])
    match doors.splitter.carry_out(split, has_time):
        case Splitting.DONE:
            return done(advanced(job, {}, {"new people": len(split.parts)}))
        case Splitting.MORE:
            return advanced(job, job.position)
        case Splitting.FROZEN:
            return failed(job, "frozen: somebody else holds this person")
        case Splitting.CHANGED:
            again = advanced(job, {}, {"planned again": 1})
            return failed(again, "busy: this person keeps changing") if _too_often(again) else again


def to_split(content: Any) -> Split:
    return _SPLIT.validate_python(content)


def as_json(split: Split) -> Any:
    return _SPLIT.dump_python(split, mode="json")


def new_id() -> str:
    return str(ULID())


def _planned(doors: Doors, job: Job) -> Job:
    whole = doors.profiles.profile(job.params["profile_id"])
    leaving = job.params["parts"]
    if whole is None:
        return failed(job, "profile_gone")
    if wrong := flaw(whole, leaving):
        return failed(job, wrong)
    parts = parts_of(doors.profiles.people_of(whole.identifiers), whole, leaving, new_id)
    now = to_text(datetime.now(UTC))
    split = Split(job.id, job.created_by, job.id, whole.id, whole.version, now, "split", parts)
    return advanced(job, {HOLDING: as_json(split)})


def _too_often(job: Job) -> bool:
    return job.counts["planned again"] >= MOST_PLANS
