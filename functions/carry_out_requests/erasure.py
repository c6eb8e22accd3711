"""The steps of an erasure. What is there is counted first and looked for again at the end: so the receipt is exact,
however often a step was cut off and done again.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from functions.carry_out_requests.finding import find
from functions.carry_out_requests.keeping import keep
from functions.carry_out_requests.lake import leave_lake
from functions.carry_out_requests.noting import noted_of
from functions.carry_out_requests.places import PLACES
from functions.carry_out_requests.settings import Doors
from functions.carry_out_requests.steps import Again, Done, Failed, HasTime, Step
from functions.carry_out_requests.suppressing import suppress
from functions.carry_out_requests.telling import tell
from functions.carry_out_requests.working import Work, person_of, work_of
from shared.aws.secrets import secret_text
from shared.domain.privacy_requests import PrivacyRequest
from shared.domain.receipts import receipt_of, signed
from shared.domain.times import to_text

_LOOKS = 3


def note(doors: Doors, request: PrivacyRequest, has_time: HasTime) -> Done:
    work = Work(doors, request, person_of(doors, request), {})
    before = doors.working.noted(request.id)  # of a round that left something: what it deleted leads nowhere now
    for name, keys in noted_of(work).items():
        doors.working.note(request.id, name, keys.union(before.get(name, [])))
    return Done()


def census(doors: Doors, request: PrivacyRequest, has_time: HasTime) -> Done:
    return Done(_found(work_of(doors, request)))


def erase(place: str, doors: Doors, request: PrivacyRequest, has_time: HasTime) -> Done | Again:
    after = request.done.get("progress", {}).get("after", "")
    for reached in PLACES[place].erase(work_of(doors, request), after):
        if not has_time():
            return Again(progress={"after": reached})
    return Done()


def prove(doors: Doors, request: PrivacyRequest, has_time: HasTime) -> Done | Again | Failed:
    """The second look. What came meanwhile, as a refusal that is heard, is erased and looked for again. What is still
    there then is erased from the beginning when the request is taken up again.
    """
    work = work_of(doors, request)
    for _ in range(_LOOKS):
        left = {name: number for name, number in _found(work).items() if number}
        if not left:
            return Done({**dict.fromkeys(PLACES, 0), "lake": 0})
        for name in left:
            for _ in PLACES[name].erase(work):
                if not has_time():
                    return Again()
    told = ", ".join(f"{name} ({number})" for name, number in left.items())
    return Failed(f"still_there: {told}", undone=(*PLACES, "note"))


def receipt(doors: Doors, request: PrivacyRequest, has_time: HasTime) -> Done:
    """Write down what was done and what remains, signed; then nothing is known any more of whom it was about."""
    now = to_text(datetime.now(UTC))
    doors.receipts.put_once(signed(receipt_of(request, now), secret_text(doors.receipt_key_secret)))
    doors.working.delete(request.id)
    return Done()


def _found(work: Work) -> Mapping[str, int]:
    return {name: place.found(work) for name, place in PLACES.items()}


STEPS: Mapping[str, Step] = {
    "find": find,
    "suppress": suppress,
    "note": note,
    "found": census,
    "keep": keep,
    **{place: partial(erase, place) for place in PLACES},
    "lake": leave_lake,
    "left": prove,
    "tell": tell,
    "receipt": receipt,
}
