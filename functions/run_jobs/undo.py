"""Jobs of kind undo: what a cause decided is taken back, one person after the other, at the rate that was asked for."""

import time
from collections.abc import Callable
from typing import Any

from functions.run_jobs.settings import Doors
from functions.run_jobs.split import MOST_PLANS, as_json, new_id, to_split
from shared.domain.jobs import HOLDING, STOP, Job, advanced, cancelled, done
from shared.domain.splitting import Split
from shared.domain.times import from_text
from shared.domain.undoing import Cause
from shared.people.splitting import Splitting

_MERGES_AT_ONCE = 100


def step(doors: Doors, job: Job, has_time: Callable[[], bool]) -> Job:
    if HOLDING in job.position:
        after = _carried_out(doors, job, to_split(job.position[HOLDING]), has_time)
        return cancelled(after) if STOP in job.position and HOLDING not in after.position else after
    cause = Cause(**job.params["cause"])
    return _next_of_log(doors, job, cause) if cause.source_id or cause.rules is not None else _next(doors, job, cause)


def _carried_out(doors: Doors, job: Job, split: Split, has_time: Callable[[], bool]) -> Job:
    ended = doors.splitter.carry_out(split, has_time)
    left = {name: value for name, value in job.position.items() if name not in (HOLDING, STOP)}
    if ended is Splitting.DONE:
        left.pop("again", None)
        time.sleep(1 / job.params["rate"])
        return advanced(job, left, {"people": 1, "new people": len(split.parts)})
    if ended is Splitting.MORE:
        return advanced(job, job.position)
    again = left.pop("again", 0) + 1
    if ended is Splitting.CHANGED and again < MOST_PLANS:
        return advanced(job, {**left, "again": again})
    left["skipped"] = [*left.get("skipped", ()), split.profile_id]
    what = "frozen" if ended is Splitting.FROZEN else "busy"
    return advanced(job, left, {"skipped": 1}, [{"profile_id": split.profile_id, "what": what}])


def _next(doors: Doors, job: Job, cause: Cause) -> Job:
    """Of those whom the cause names, the next who falls apart without it."""
    for profile in doors.undoer.concerned(cause):
        if profile.id not in job.position.get("skipped", ()) and (planned := _plan(doors, job, profile.id, cause)):
            return advanced(job, {**job.position, HOLDING: planned})
    return done(job)


def _next_of_log(doors: Doors, job: Job, cause: Cause) -> Job:
    """The next merge of the log that holds somebody together who falls apart without it."""
    after = job.position.get("after", ())
    for number, one in enumerate(doors.undoer.made(cause, from_text(job.created_at), after)):
        profile_id = doors.undoer.still_one(one)
        skipped = profile_id in job.position.get("skipped", ())
        if profile_id and not skipped and (planned := _plan(doors, job, profile_id, cause)):
            return advanced(job, {**job.position, "after": after, HOLDING: planned})
        after = one.place
        if number == _MERGES_AT_ONCE:
            return advanced(job, {**job.position, "after": after})
    return done(job)


def _plan(doors: Doors, job: Job, profile_id: str, cause: Cause) -> Any:
    split = doors.undoer.plan(job, profile_id, cause, new_id)
    return as_json(split) if split else None
