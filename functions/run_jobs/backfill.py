"""Jobs of kind backfill: who is in a segment, and what profiles keep for it, as its definition says now.

Everybody is looked at once; written are those alone whom it changes.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from functions.run_jobs.everybody import Taken, skipped
from functions.run_jobs.everybody import step as everybody
from functions.run_jobs.settings import Doors
from shared.aws.dynamo import Key, Segment
from shared.domain.jobs import Job, advanced
from shared.domain.segments.backfilling import SETTLED, is_concerned
from shared.domain.times import from_text
from shared.people.rebuilding import Rebuilding
from shared.people.retelling import Reteller
from shared.stores.profile_store import WriteReason

_NAP = timedelta(seconds=5)


def step(doors: Doors, job: Job, has_time: Callable[[], bool]) -> Job:
    wait = from_text(job.created_at) + SETTLED - datetime.now(UTC)
    if wait > timedelta(0):
        time.sleep(min(wait, _NAP).total_seconds())
        return advanced(job, job.position)
    reason = WriteReason("rebuild", correlation_id=job.id, is_silent=not job.params["publish"])
    segment, reteller = job.params["segment"], Reteller(doors.rebuilder)

    def take(profile_id: str) -> Taken:
        ended = reteller.retell(profile_id, segment, reason)
        is_held = ended in (Rebuilding.FROZEN, Rebuilding.STOPPED)
        return skipped(profile_id, ended.value) if is_held else Taken(ended.value)

    def concerned(part: Segment) -> tuple[set[str], Key | None, int]:
        page, after = doors.scan.whole(part)
        telling, now = doors.profiles.telling(max((one.told_by for one in page), default=0)), datetime.now(UTC)
        ids = {one.id for one in page if is_concerned(one, segment, telling, now)}
        return ids, after, len(page)

    return everybody(doors, job, take, concerned)
