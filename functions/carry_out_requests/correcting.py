"""Steps of a correction: the right values go the way of any event, and are theirs once they have arrived."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from functions.carry_out_requests.settings import Doors
from functions.carry_out_requests.steps import Again, Done, Failed, HasTime, Step
from functions.carry_out_requests.whom import NOBODY, audit, person_of
from shared.aws.streams import StreamRecord, put_records
from shared.contracts.records import Record, element, encode
from shared.domain.corrections import SOURCE, correction_event, is_applied
from shared.domain.identifiers import rank
from shared.domain.privacy_requests import PrivacyRequest
from shared.domain.times import from_text, to_text

_LOOK_AGAIN_SECONDS = 15
_MOST_WAITING = timedelta(minutes=15)


def correct(doors: Doors, request: PrivacyRequest, has_time: HasTime) -> Done | Failed:
    """The same event however often it is done: of its repeats one is stored."""
    person = person_of(doors, request)
    if isinstance(person, Failed):
        return person
    if person is None:
        return Done(NOBODY)
    if not person.identifiers:
        return Failed("nobody_named")
    now = to_text(datetime.now(UTC))
    anchor, held = min(person.identifiers.items(), key=lambda entry: (rank(entry[1].namespace), entry[1]))
    event = correction_event(held, request)
    record = Record(source_id=SOURCE, received_at=now, correlation_id=request.id, elements=(element(event),))
    put_records(doors.stream, [StreamRecord(anchor, encode(record))])
    names = sorted(request.params["traits"])
    audit(doors, request, person.id, "changed", *(f"traits.{name}" for name in names))
    return Done({"people": 1, "at": now, "traits": names})


def arrive(doors: Doors, request: PrivacyRequest, has_time: HasTime) -> Done | Again | Failed:
    """Whether the values are the person's by now. Who is stopped gets them when they are resumed."""
    if request.done["correct"] == NOBODY:
        return Done()
    person = person_of(doors, request)
    if isinstance(person, Failed):
        return person
    if person is None or person.stopped or is_applied(person, request):
        return Done({"waits_for_resumption": bool(person and person.stopped)})
    if datetime.now(UTC) - from_text(request.done["correct"]["at"]) > _MOST_WAITING:
        return Failed("not_applied: look into quarantine for it", undone=("correct",))
    return Again(_LOOK_AGAIN_SECONDS)


STEPS: Mapping[str, Step] = {"correct": correct, "arrive": arrive}
