"""The event lake: a partition at a time, since each file of it has to be looked into, twice."""

from datetime import UTC, datetime

from functions.carry_out_requests.noting import OTHERS_EVENTS
from functions.carry_out_requests.settings import Doors
from functions.carry_out_requests.steps import Again, Done, HasTime
from functions.carry_out_requests.working import work_of
from shared.domain.privacy_requests import PrivacyRequest
from shared.domain.times import to_text
from shared.lake.erasing import erasing


def leave_lake(doors: Doors, request: PrivacyRequest, has_time: HasTime) -> Done | Again:
    """Their rows, and rows of others that name them. Done again from where it was when time was up; a second look is
    part of it, and fails where somebody is left.
    """
    work, progress = work_of(doors, request), request.done.get("progress", {})
    after, rows = progress.get("partition", ""), progress.get("rows", 0)
    whom, now = (work.person.whole, work.person.profile_ids), to_text(datetime.now(UTC))
    for partition, erased in erasing(doors.lake, *whom, now, after, work.noted.get(OTHERS_EVENTS, [])):
        rows += erased.rows
        if not has_time():
            return Again(progress={"partition": partition, "rows": rows})
    return Done({"rows": rows})
