"""Jobs of kind backfill: who is in a segment, and what profiles keep for it, as its definition says now.

Everybody is looked at once; written are those alone whom it changes.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from functions.run_jobs import bulk
from functions.run_jobs.everybody import Taken, skipped
from functions.run_jobs.everybody import step as everybody
from functions.run_jobs.settings import Doors
from shared.aws.dynamo import Key, Segment
from shared.domain.jobs import BULK, STOP, Job, advanced, cancelled
from shared.domain.segments.backfilling import SETTLED, is_concerned
from shared.domain.selections import selecting
from shared.domain.times import from_text
from shared.people.rebuilding import Rebuilding
from shared.people.retelling import Reteller
from shared.stores.profile_store import WriteReason

_NAP = timedelta(seconds=5)


def step(doors: Doors, job: Job, has_time: Callable[[], bool]) -> Job:
    if STOP in job.position:
        time.sleep(_NAP.total_seconds())  # who lost the race to it may still be writing
        return cancelled(bulk.told(doors, job))
    wait = from_text(job.created_at) + SETTLED - datetime.now(UTC)
    if wait > timedelta(0):
        time.sleep(min(wait, _NAP).total_seconds())
        return advanced(job, job.position)
    in_bulk = tuple(job.position.get(BULK, ()))
    reason = WriteReason("rebuild", job.id, is_silent=not job.params["publish"], in_bulk=in_bulk)
    segment, reteller = job.params["segment"], Reteller(doors.rebuilder)

    def take(profile_id: str) -> Taken:
        ended = reteller.retell(profile_id, segment, reason)
        is_held = ended in (Rebuilding.FROZEN, Rebuilding.STOPPED)
        if is_held:
            return skipped(profile_id, ended.value)
        return Taken(ended.value, more=bulk.crossed(doors, job, profile_id) if in_bulk else ())

    def concerned(part: Segment) -> tuple[set[str], Key | None, int]:
        page, after = doors.scan.whole(part)
        telling, now = doors.profiles.telling(max((one.told_by for one in page), default=0)), datetime.now(UTC)
        ids = {one.id for one in page if is_concerned(one, segment, telling, now)}
        return ids, after, len(page)

    after = everybody(doors, job, take, concerned)
    if selecting(job) and not selecting(after):
        return bulk.decided(doors, after)
    return bulk.told(doors, after) if in_bulk and after.state == "done" else after
