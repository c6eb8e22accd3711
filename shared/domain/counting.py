"""Counting each record of the stream once, in whatever parts and order, and however often, it comes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from shared.domain.outcomes import Tally
from shared.domain.ranges import Ranges


class CountedRecord(NamedTuple):
    """A record by its sequence number: its tally, and whether it has ended or waits for its retry."""

    sequence: int
    tally: Tally
    has_ended: bool = True


Run = Sequence[CountedRecord]
"""Records of one source and hour, in order, with no other of these between them in their shard."""


_NONE = Ranges()


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted of one source, hour and shard. `totals.received` has every record in `counted`, their endings
    are added as they come; `pending` are those whose endings are still to come. `version` is that of the stored item.

    `has_older`: ranges of counted records lie apart.
    """

    totals: Tally = field(default_factory=Tally)
    counted: Ranges = field(default_factory=Ranges)
    pending: Ranges = field(default_factory=Ranges)
    version: int = 0
    has_older: bool = False


def needs_older(counts: Counts, runs: Sequence[Run]) -> bool:
    """Whether only the ranges that lie apart can tell if all of these records are counted."""
    return counts.has_older and any(
        record.sequence < counts.counted.last and record.sequence not in counts.counted
        for run in runs
        for record in run
    )


def with_run(counts: Counts, run: Run, older: Ranges = _NONE) -> Counts:
    """`counts` with the records of a run. One that is counted adds nothing, save its ending where that was to come."""
    first, last = run[0].sequence, run[-1].sequence
    new = {record.sequence for record in run if record.sequence not in counts.counted and record.sequence not in older}
    totals, waiting = counts.totals, []
    for record in run:
        if record.sequence in new:
            totals += Tally(received=record.tally.received, waiting=record.tally.received)
        elif record.sequence not in counts.pending:
            continue
        if record.has_ended:
            totals += replace(record.tally, received=0, waiting=-record.tally.received)
        else:
            waiting.append(record.sequence)
    pending = counts.pending.without(first, last).united(_spans(run, waiting))
    return replace(
        counts,
        totals=totals,
        counted=counts.counted.united([(first, last)]) if new else counts.counted,
        pending=pending if totals.waiting else Ranges(),
    )


def _spans(run: Run, waiting: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The waiting records of a run as ranges with no other record of it between."""
    left = set(waiting)
    start: int | None = None
    for record, following in zip(run, (*run[1:], None), strict=True):
        if record.sequence not in left:
            continue
        start = record.sequence if start is None else start
        if following is None or following.sequence not in left:
            yield start, record.sequence
            start = None
