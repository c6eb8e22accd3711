"""What the places of an erasure share: whom it is about, and the doors to where they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from functions.carry_out_requests.settings import Doors
from shared.aws.dynamo import Key
from shared.domain.erasures import Person
from shared.domain.privacy_requests import PrivacyRequest


@dataclass(frozen=True, slots=True)
class Work:
    """`noted` are keys that nothing leads to once others are deleted, by name."""

    doors: Doors
    request: PrivacyRequest
    person: Person
    noted: Mapping[str, list[Key]]


class Place(Protocol):
    """Somewhere that people are kept. `erase` gives after each part of the work where it goes on when it is called
    again: behind what it has looked through, or at the beginning where what is done isn't met again.
    """

    def found(self, work: Work) -> int:
        """How much of them is there."""

    def erase(self, work: Work, after: str = "") -> Iterator[str]: ...


def person_of(doors: Doors, request: PrivacyRequest) -> Person:
    person = doors.working.find(request.id)
    if person is None:
        raise LookupError("the working list is gone")
    return person


def work_of(doors: Doors, request: PrivacyRequest) -> Work:
    person = person_of(doors, request)
    return Work(doors, request, person, doors.working.noted(request.id))
