"""How each element of a batch ended, written down for the lake, the live tail and traces.

After the inserts, because only they tell the outcome, and before the counts and the reply to Lambda: where this fails
the batch comes again, its inserts change nothing, and it is written down then. So whatever is acknowledged is in here.
"""

from collections.abc import Iterator, Sequence

from functions.store_events.settings import Doors
from functions.store_events.writing import Written
from shared.domain.events import Event
from shared.domain.quarantine import Quarantined
from shared.domain.suppression import Suppressed
from shared.stores.event_store import Insertion, RefusedInsertError, to_item
from shared.stores.outcome_log import Line

_STORED = (Insertion.STORED, Insertion.REDELIVERED)


def write_outcomes(doors: Doors, batch: str, written: Sequence[Written], now: str) -> None:
    """All of them, those of a record that breaks too: its neighbours in the record may be stored. `now` is UTC text."""
    doors.outcomes.put(batch, now, [line for one in written for line in _lines(one, now)])


def _lines(written: Written, now: str) -> Iterator[Line]:
    for event, ending in written.ended:
        if ending in _STORED:
            item = to_item(event, written.judged.retention_days)
            stored = {name: value for name, value in item.items() if value is not None}
            outcome = "reduced" if written.judged.is_reduced(event) else "stored"
            yield {"outcome": outcome, **({"redelivered": True} if ending is Insertion.REDELIVERED else {}), **stored}
        elif isinstance(ending, RefusedInsertError):
            yield {"outcome": "broken", **_told(event)}
        elif ending is not Insertion.REUSED:  # that is among the refused
            yield {"outcome": str(ending), **_told(event)}
    for refused in written.refused:
        yield _refused(refused, now)
    for judgement in written.judged.judgements:
        if isinstance(judgement, Suppressed):
            yield {"outcome": "suppressed", "stored_at": now, **judgement._asdict()}


def _told(event: Event) -> Line:
    names = "pk sk origin source_id message_id type name time received_at stored_at correlation_id".split()
    return {name: value for name in names if (value := getattr(event, name)) is not None}


def _refused(refused: Quarantined, now: str) -> Line:
    names = "origin source_id reason field message_id received_at correlation_id".split()
    told = {name: value for name in names if (value := getattr(refused, name)) is not None}
    return {"outcome": "quarantined", "stored_at": now, **told}
