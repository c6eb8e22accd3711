"""Refused events of somebody, found by looking into all that quarantine keeps: thirty days at most."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from functions.carry_out_requests.working import Work
from shared.domain.identifiers import Identifier, Naming
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
    naming = work.doors.rules.get().naming
    for page in work.doors.quarantine.everything():
        yield [held for held in page if says(held.body, work.person.identifiers, naming)]


def says(body: bytes, identifiers: Collection[Identifier], naming: Naming) -> bool:
    """Whether it names them, by the values as JSON has them; what isn't JSON is searched as text."""
    text = body.decode(errors="replace")
    try:
        element = json.loads(text)
    except ValueError:
        return any(one.value.lower() in text.lower() for one in identifiers)
    return bool(without(element, identifiers, naming) != element)
