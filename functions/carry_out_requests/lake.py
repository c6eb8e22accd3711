"""The event lake: a partition at a time, since each file of it has to be looked into, twice."""

from functions.carry_out_requests.settings import Doors
from functions.carry_out_requests.steps import Again, Done, HasTime
from functions.carry_out_requests.working import person_of
from shared.domain.privacy_requests import PrivacyRequest
from shared.lake.erasing import erasing


def leave_lake(doors: Doors, request: PrivacyRequest, has_time: HasTime) -> Done | Again:
    """Done again from where it was when time was up. A second look is part of it: it fails where somebody is left."""
    person, at = person_of(doors, request), request.done["find"]["at"]
    progress = request.done.get("progress", {})
    after, rows = progress.get("partition", ""), progress.get("rows", 0)
    for partition, erased in erasing(doors.lake, person.whole, person.profile_ids, at, after):
        rows += erased.rows
        if not has_time():
            return Again(progress={"partition": partition, "rows": rows})
    return Done({"rows": rows})
