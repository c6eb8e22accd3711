"""Suppresses the identifiers of whom is erased, so that from then on nothing of them comes in, and lets that settle."""

from functions.carry_out_requests.settings import Doors
from functions.carry_out_requests.steps import Done, HasTime
from functions.carry_out_requests.working import person_of
from shared.domain.privacy_requests import PrivacyRequest
from shared.domain.suppression import HOLDS, SETTLED


def suppress(doors: Doors, request: PrivacyRequest, has_time: HasTime) -> Done:
    """Of a contested device only what happened until the end of their period is suppressed."""
    person, at = person_of(doors, request), request.done["find"]["at"]
    until = {one.identifier.identifier: person.until(hashed, at) for hashed, one in person.ownerships.items()}
    for_good = [identifier for identifier, time in until.items() if time == HOLDS]
    doors.suppressions.put(for_good, at, request.id)
    for identifier, time in until.items():
        if time != HOLDS:
            doors.suppressions.put_until(identifier, time, at, request.id)
    told = {"identifiers": len(for_good), "contested": len(until) - len(for_good)}
    return Done(told, wait_seconds=int(SETTLED.total_seconds()))
