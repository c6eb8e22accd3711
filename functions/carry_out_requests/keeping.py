"""Copies what a law obliges the company to keep to where no profile, segment or destination reads it."""

import time
from collections import Counter

from functions.carry_out_requests.settings import Doors
from functions.carry_out_requests.steps import Done, HasTime
from functions.carry_out_requests.working import person_of
from shared.aws.batching import chunks
from shared.domain.privacy_requests import PrivacyRequest
from shared.domain.retention_duties import RetentionDuty, kept

_AT_ONCE = 250


def keep(doors: Doors, request: PrivacyRequest, has_time: HasTime) -> Done:
    """How many events by duty, until when at the latest, and on which law."""
    person, duties = person_of(doors, request), [*doors.catalogue.list(RetentionDuty)]
    number, until = Counter[str](), dict[str, int]()
    own = (
        event
        for hashed in sorted(person.ownerships if duties else ())
        for event, _ in doors.events.kept_of_anchor(hashed)
        if person.owns(hashed, event.time)
    )
    for some in chunks((one for event in own for one in kept(duties, event, time.time())), _AT_ONCE):
        doors.kept.put(some, request.id)
        for one in some:
            number[one.duty.id] += 1
            until[one.duty.id] = max(one.until, until.get(one.duty.id, 0))
    laws = {duty.id: duty.basis for duty in duties}
    return Done({one: {"events": number[one], "basis": laws[one], "until": until[one]} for one in sorted(number)})
