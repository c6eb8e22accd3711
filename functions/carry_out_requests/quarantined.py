"""Refused events of somebody, found by looking into all that quarantine keeps: thirty days at most."""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from functions.carry_out_requests.working import Work
from shared.domain.identifiers import Identifier, Naming
from shared.domain.suppression import without
from shared.stores.quarantine_store import Held


@dataclass(frozen=True, slots=True)
class Quarantined:
    def found(self, work: Work) -> int:
        return sum(len(theirs) for theirs, _ in _pages(work))

    def erase(self, work: Work, after: str = "") -> Iterator[str]:
        for theirs, reached in _pages(work, after):
            work.doors.quarantine.delete(theirs)
            if reached:
                yield reached


def _pages(work: Work, after: str = "") -> Iterator[tuple[list[Held], str]]:
    naming = work.doors.rules.get().naming
    for page, reached in work.doors.quarantine.everything(json.loads(after) if after else None):
        theirs = [held for held in page if says(held.body, work.person.identifiers, naming)]
        yield theirs, json.dumps(reached) if reached else ""


def says(body: bytes, identifiers: Collection[Identifier], naming: Naming) -> bool:
    """Whether it names them, by the values as JSON has them; what isn't JSON is searched as text, for
    whole words: an id of a few letters is in everybody's.
    """
    text = body.decode(errors="replace")
    try:
        element = json.loads(text)
    except ValueError:
        return any(re.search(rf"(?<!\w){re.escape(one.value)}(?!\w)", text, re.IGNORECASE) for one in identifiers)
    return bool(without(element, identifiers, naming) != element)
