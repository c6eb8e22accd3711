"""Steps by which the processing of somebody stops, and goes on."""

from collections.abc import Callable, Mapping

from functions.carry_out_requests.settings import Doors
from functions.carry_out_requests.steps import Done, Failed, HasTime, HeldError, Step
from functions.carry_out_requests.whom import NOBODY, audit, person_of
from shared.domain.privacy_requests import PrivacyRequest
from shared.people.rebuilding import Rebuilding


def stop(doors: Doors, request: PrivacyRequest, has_time: HasTime) -> Done | Failed:
    return _put(doors, request, lambda profile_id: doors.stopper.stop(profile_id, f"request {request.id}"))


def resume(doors: Doors, request: PrivacyRequest, has_time: HasTime) -> Done | Failed:
    return _put(doors, request, doors.stopper.resume)


STOP: Mapping[str, Step] = {"stop": stop}
RESUME: Mapping[str, Step] = {"resume": resume}


def _put(doors: Doors, request: PrivacyRequest, change: Callable[[str], Rebuilding]) -> Done | Failed:
    person = person_of(doors, request)
    if isinstance(person, Failed):
        return person
    if person is None:
        return Done(NOBODY)
    match change(person.id):
        case Rebuilding.FROZEN:
            raise HeldError("frozen")
        case Rebuilding.GONE:
            raise HeldError("merged meanwhile")
    audit(doors, request, person.id, "changed", "processing")
    return Done({"people": 1})
