"""Erased people are kept out: what a batch says of them leaves its records before anything of it is written."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from functions.store_events.judging import NOTHING, Judged, suppressed
from functions.store_events.settings import Doors
from shared.contracts.records import Element, as_text, element, readable
from shared.domain.events import Event
from shared.domain.identifiers import Identifier, Naming
from shared.domain.quarantine import Quarantined
from shared.domain.suppression import Suppressions, reduced, suppressed_of, without


def screen(doors: Doors, judged: Sequence[Judged]) -> list[Judged]:
    """The records as they may be kept. Everybody whom they name is looked up once, and strongly; ContentionError where
    that can't be done: nobody comes in unasked.
    """
    suppressions = doors.suppressions.look_up(i for one in judged for who in one.named for i in who.identifiers)
    if not suppressions:
        return list(judged)
    naming = doors.identity_rules.get().naming
    return [_screened(one, suppressions, naming) for one in judged]


def _screened(judged: Judged, suppressions: Suppressions, naming: Naming) -> Judged:
    """An element under a suppressed anchor goes, its bytes too; one that names erased people beside is reduced."""
    record = judged.record
    if record is None:
        return judged
    elements, judgements = [*record.elements], [*judged.judgements]
    out, digests = set(judged.left_out.suppressed), dict(judged.left_out.reduced)
    for place, (judgement, who) in enumerate(zip(judged.judgements, judged.named, strict=True)):
        gone = suppressed_of(who.identifiers, who.time, suppressions)
        if gone and who.identifiers[0] in gone:
            elements[place], judgements[place] = NOTHING, suppressed(record, judgement.origin)
            out.add(place)
            digests.pop(place, None)
        elif gone:
            elements[place] = _without(record.elements[place], gone, naming)
            if isinstance(judgement, Event):
                judgements[place] = reduced(judgement, gone, naming)
                digests[place] = judgement.digest
            elif isinstance(judgement, Quarantined):
                judgements[place] = replace(judgement, body=elements[place].text.encode())
    if judgements == [*judged.judgements]:
        return judged
    is_empty = len(out) == len(elements)
    kept = replace(record, elements=tuple(elements), ip=None if is_empty else record.ip)
    left_out = judged.left_out._replace(suppressed=frozenset(out), reduced=digests)
    return replace(judged, record=kept, judgements=tuple(judgements), left_out=left_out)


def _without(came: Element, gone: Collection[Identifier], naming: Naming) -> Element:
    """An element that travels as a text goes on as one."""
    value = readable(came.value)
    left = without(came.value if value is None else value, gone, naming)
    return element(as_text(left) if isinstance(came.value, str) and value is not None else left)
