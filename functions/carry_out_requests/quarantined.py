"""Refused events of somebody, found by looking into all that quarantine keeps: thirty days at most."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from functions.carry_out_requests.working import Work
from shared.domain.suppression import without
from shared.stores.quarantine_store import Held


@dataclass(frozen=True, slots=True)
class Quarantined:
    def found(self, work: Work) -> int:
        return sum(len(theirs) for theirs in _pages(work))

    def erase(self, work: Work) -> Iterator[None]:
        for theirs in _pages(work):
            work.doors.quarantine.delete(theirs)
            yield


def _pages(work: Work) -> Iterator[list[Held]]:
    for page in work.doors.quarantine.everything():
        yield [held for held in page if _says(work, held.body)]


def _says(work: Work, body: bytes) -> bool:
    """By the values as JSON has them; what isn't JSON is searched as text."""
    text = body.decode(errors="replace")
    try:
        element = json.loads(text)
    except ValueError:
        return any(one.value.lower() in text.lower() for one in work.person.identifiers)
    return bool(without(element, work.person.identifiers, work.doors.rules.get().naming) != element)
