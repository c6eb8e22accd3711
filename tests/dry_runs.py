"""Events as the columns that a dry run of identity rules reads, in memory; and what its people hold."""

from collections.abc import Iterable, Sequence

import numpy as np

from shared.domain.components import Identifiers, Numbers
from shared.domain.identity_dry_run import NOBODY, History, Outcome, Seen


def history(events: Sequence[Seen]) -> History:
    known = list({one.hash: one for event in events for one in event.identifiers}.values())
    number = {one.hash: place for place, one in enumerate(known)}
    namespaces = sorted({one.identifier.namespace for one in known})
    named = [[number[one.hash] for one in event.identifiers] for event in events]
    highest = _numbers(numbers[0] for numbers in named for _ in numbers)
    others = _numbers(one for numbers in named for one in numbers)
    namespace_of = _numbers(namespaces.index(one.identifier.namespace) for one in known)
    return History(
        anchors=_numbers(numbers[0] if numbers else NOBODY for numbers in named),
        identifiers=Identifiers((highest, others), namespace_of, namespaces),
        seen=lambda wanted: [events[place] for place in wanted],
        hashes=lambda wanted: tuple(known[place].hash for place in wanted),
    )


def held(outcome: Outcome) -> list[list[str]]:
    """The identifiers of each person."""
    people = {*outcome.person_of.tolist()} - {NOBODY}
    return sorted(sorted(outcome.identifiers(person)) for person in people)


def _numbers(values: Iterable[int]) -> Numbers:
    return np.fromiter(values, np.int32)
