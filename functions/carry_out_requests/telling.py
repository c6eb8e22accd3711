"""What destinations answered to the request to erase that deliver sent them, as the ledger of deliveries has it."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from functions.carry_out_requests.settings import Doors
from functions.carry_out_requests.steps import Again, Done, HasTime
from shared.domain.destinations import Destination
from shared.domain.privacy_requests import PrivacyRequest
from shared.stores.delivery_store import Delivery, DeliveryStore

FIRST_WAIT_SECONDS = 5
_LONGEST_WAIT_SECONDS = 12 * 3600
_MOST_POLLS = 18
"""More than two days and a half: deliver gives up before."""

_ACCEPTED = 202


class Answer(NamedTuple):
    """`asked`: it took the request, and didn't say that it is done; without an answer at all there is a reason."""

    outcome: Literal["done", "asked", "unsupported", "failed"]
    reason: str = ""


def tell(doors: Doors, request: PrivacyRequest, has_time: HasTime) -> Done | Again:
    facts, polls = request.done["find"]["facts"], request.done.get("progress", {}).get("polls", 0)
    answers = {one.id: _answer_of(doors, one, facts) for one in doors.catalogue.list(Destination)} if facts else {}
    silent = sorted(name for name, answer in answers.items() if answer.reason == "no_answer")
    if silent and polls < _MOST_POLLS:
        wait = min(FIRST_WAIT_SECONDS * 2**polls, _LONGEST_WAIT_SECONDS)
        return Again(wait, {"polls": polls + 1, "waits_for": silent})
    return Done({name: answer._asdict() for name, answer in answers.items()})


def _answer_of(doors: Doors, destination: Destination, facts: Sequence[str]) -> Answer:
    if "Profile Erased" not in destination.detail_types:
        return Answer("unsupported", "not_in_detail_types")
    if destination.state == "disabled":
        return Answer("failed", "disabled")
    store = DeliveryStore(doors.ledger)
    answers = [_answer(store.find(destination.id, fact)) for fact in facts]
    return max(answers, key=lambda answer: ("done", "asked", "unsupported", "failed").index(answer.outcome))


def _answer(delivery: Delivery | None) -> Answer:
    if delivery is None or delivery.status == "held":
        return Answer("asked", "no_answer")
    if delivery.status != "delivered":
        return Answer("failed", delivery.reason or delivery.status)
    return Answer("asked") if delivery.code == _ACCEPTED else Answer("done")
