"""Judged records written: events inserted once, refusals kept, and for each record how it ended."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from functions.store_events.judging import REUSED, Judged, retention_days
from functions.store_events.settings import Doors
from shared.domain.counting import CountedRecord, Run
from shared.domain.events import Event
from shared.domain.outcomes import Tally, noted, refusal_note
from shared.domain.quarantine import Ending, EntryId, Quarantined
from shared.domain.suppression import Suppressed
from shared.stores.event_store import Insertion, RefusedInsertError

_HOUR = len("2026-11-21T09")


@dataclass(frozen=True, slots=True)
class Written:
    """How a record ended: `tally`; or `is_contended`, to be tried again; or `error`, which no retry mends.

    `ended` has how the insert of each of its events ended.
    """

    judged: Judged
    ended: tuple[tuple[Event, Insertion | RefusedInsertError], ...]
    tally: Tally
    stored: tuple[Event, ...]
    refused: tuple[Quarantined, ...]
    is_contended: bool
    error: RefusedInsertError | None

    @property
    def sequence(self) -> int:
        return int(self.judged.arrived.sequence)

    @property
    def count_key(self) -> tuple[str, str, str]:
        """Source, hour and shard under which the record is counted."""
        return self.judged.source_id, self.judged.received_at[:_HOUR], self.judged.arrived.shard


def waiting(judged: Judged) -> Written:
    """A record of which nothing was tried."""
    return Written(judged, (), Tally(received=len(judged.judgements)), (), (), is_contended=True, error=None)


def write(doors: Doors, judged: list[Judged]) -> list[Written]:
    """Insert and quarantine everything. Raises where DynamoDB can't be reached at all: the batch comes again."""
    events = [event for one in judged for event in one.judgements if isinstance(event, Event)]
    endings = dict(zip((e.origin for e in events), doors.events.insert(events, retention_days(judged)), strict=True))
    written = [_written(one, endings) for one in judged]
    doors.quarantine.put([refusal for one in written for refusal in one.refused])
    for one in written:
        _tell_quarantine(doors, one)
    return written


def hand_on(doors: Doors, written: Sequence[Written], now: str) -> None:
    """Say that there is something to stitch; `now` is the time at which it was stored."""
    if any(ending is Insertion.STORED for one in written for _, ending in one.ended):
        doors.waits.handed("stitch_identities", now)


def _written(judged: Judged, endings: dict[str, Insertion | RefusedInsertError]) -> Written:
    events = [event for event in judged.judgements if isinstance(event, Event)]
    refused = [refusal for refusal in judged.judgements if isinstance(refusal, Quarantined)]
    refused += [judged.reused(event) for event in events if endings[event.origin] is Insertion.REUSED]
    ended = Counter(ending for event in events if isinstance(ending := endings[event.origin], Insertion))
    there = (Insertion.STORED, Insertion.REDELIVERED, Insertion.DUPLICATE)
    stored = [event for event in events if endings[event.origin] in (Insertion.STORED, Insertion.REDELIVERED)]
    reduced = sum(judged.is_reduced(event) for event in stored)
    errors = [ending for event in events if isinstance(ending := endings[event.origin], RefusedInsertError)]
    return Written(
        judged=judged,
        ended=tuple((event, endings[event.origin]) for event in events),
        tally=Tally(
            received=len(judged.judgements),
            stored=len(stored) - reduced,
            duplicate=ended[Insertion.DUPLICATE],
            quarantined=len(refused),
            suppressed=sum(isinstance(judgement, Suppressed) for judgement in judged.judgements),
            reduced=reduced,
            notes=noted(_notes(judged, endings)),
        ),
        stored=tuple(event for event in events if endings[event.origin] in there),
        refused=tuple(refused),
        is_contended=ended[Insertion.CONTENDED] > 0,
        error=errors[0] if errors else None,
    )


def _tell_quarantine(doors: Doors, written: Written) -> None:
    """How the replay of an entry ended; a contended one is told by its retry. Of erased people no entry stays."""
    record = written.judged.record
    replayed = EntryId.parse(record.replay_of) if record and record.replay_of else None
    if replayed is None or written.is_contended or written.error:
        return
    tally = written.tally
    if tally.suppressed:
        doors.quarantine.remove(replayed)
        return
    ending: Ending = "refused" if written.refused else "stored" if tally.stored + tally.reduced else "duplicate"
    doors.quarantine.mark_ended(replayed, ending, written.refused[0].id if written.refused else None)


def _notes(judged: Judged, endings: dict[str, Insertion | RefusedInsertError]) -> Iterator[str]:
    """Why elements were refused, and what is to be said of those that ended as they were judged: duplicates did not."""
    for judgement, notes in zip(judged.judgements, judged.notes, strict=True):
        ending = endings[judgement.origin] if isinstance(judgement, Event) else None
        if isinstance(judgement, Quarantined):
            yield refusal_note(judgement.reason, judgement.field)
        elif ending is Insertion.REUSED:
            yield refusal_note(REUSED.reason, REUSED.field)
        if ending in (None, Insertion.STORED, Insertion.REDELIVERED) and not isinstance(judgement, Suppressed):
            yield from notes


def count_records(doors: Doors, written: Sequence[Written], places: Sequence[int]) -> None:
    """Count records, each once however often this is asked; one that is contended is received, and ends by its retry.

    `places` are theirs in their batch: a run of records ends where one was left out.
    """
    runs: dict[tuple[str, str, str], list[Run]] = defaultdict(list)
    for _, together in groupby(enumerate(zip(places, written, strict=True)), lambda entry: entry[0] - entry[1][0]):
        by_key: dict[tuple[str, str, str], list[CountedRecord]] = defaultdict(list)
        for _, (_, one) in together:
            by_key[one.count_key].append(CountedRecord(one.sequence, one.tally, has_ended=not one.is_contended))
        for key, run in by_key.items():
            runs[key].append(run)
    for key, of_key in runs.items():
        doors.counts.add(*key, *of_key)
