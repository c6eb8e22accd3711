"""An hour reconciled: the counts of each source against what the outcomes, the tables and the bucket say."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from functions.reconcile_counts.checking import HourRead, lines_of, read_hour
from functions.reconcile_counts.giving_up import HOUR, GivenUp
from functions.reconcile_counts.settings import Doors
from shared.domain.outcomes import Tally
from shared.domain.quarantine import UNKNOWN_SOURCE
from shared.domain.ranges import Ranges
from shared.domain.reconciliation import Reconciliation, reconciled, uncounted
from shared.domain.sources import Source
from shared.domain.times import from_text, to_text

Waiting = Mapping[tuple[str, str], Sequence[GivenUp]]


def reconcile_hour(doors: Doors, hour: str, waiting: Waiting, now: datetime) -> dict[str, Reconciliation]:
    """By source, those of which something was received, or should have been."""
    known = {source.id for source in doors.catalogue.list(Source)} | {UNKNOWN_SOURCE}
    known |= {source_id for source_id, of_hour in waiting if of_hour == hour}
    before = {source_id: _totals(doors, source_id, hour) for source_id in known}
    read = read_hour(doors, hour, hours(hour, to_text(now)[:HOUR]), lambda read: _is_whole(read, before), now)
    after = {source_id: _snapshot(doors, source_id, hour) for source_id in sorted(known | read.found.keys())}
    left = {source_id: _left(after[source_id], waiting.get((source_id, hour), ())) for source_id in after}
    if doubtful := [source_id for source_id in after if uncounted(after[source_id].totals, read.found[source_id])]:
        _leave_out_waiting(doors, read, {one: after[one] for one in doubtful}, left, now)
    results = {}
    for source_id, counts in after.items():
        given_up = sum(left[source_id].values())
        result = reconciled(before.get(source_id, Tally()), counts.totals, read.found[source_id], given_up)
        if result.totals.received or result.open or result.gap:
            results[source_id] = result
    return results


def hours(first: str, last: str) -> Iterator[str]:
    """From the first to the last, both included."""
    moment = from_text(f"{first}:00")
    while (hour := to_text(moment)[:HOUR]) <= last:
        yield hour
        moment += timedelta(hours=1)


def _totals(doors: Doors, source_id: str, hour: str) -> Tally:
    return sum((counts.totals for _, _, counts in doors.counts.of_source(source_id, hour, hour)), Tally())


def _is_whole(read: HourRead, before: Mapping[str, Tally]) -> bool:
    """Whether the outcomes of everything that is counted were read."""
    return all(sum(read.found[source_id].endings.values()) >= tally.ended for source_id, tally in before.items())


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The counts of a source and hour, and by shard the records in them and those of these that wait."""

    totals: Tally
    counted: Mapping[str, Ranges]
    pending: Mapping[str, Ranges]


def _snapshot(doors: Doors, source_id: str, hour: str) -> Snapshot:
    found = {shard: counts for _, shard, counts in doors.counts.of_source(source_id, hour, hour)}
    return Snapshot(
        totals=sum((counts.totals for counts in found.values()), Tally()),
        counted={
            shard: doors.counts.counted(source_id, hour, shard) if counts.has_older else counts.counted
            for shard, counts in found.items()
        },
        pending={shard: counts.pending for shard, counts in found.items()},
    )


def _left(after: Snapshot, records: Iterable[GivenUp]) -> dict[tuple[str, int], int]:
    """Events by record of what Lambda gave up, save what is in the counts: some had been counted before it did."""
    return {
        (one.shard, one.sequence): one.events
        for one in records
        if one.sequence not in after.counted.get(one.shard, Ranges())
    }


def _leave_out_waiting(
    doors: Doors,
    read: HourRead,
    doubtful: Mapping[str, Snapshot],
    left: Mapping[str, Container[tuple[str, int]]],
    now: datetime,
) -> None:
    """Read the outcomes once more, for all sources that have more of them than counts say: those of a record that
    waits, or that Lambda gave up, are counted with it, later. Of the others, those in no count are named.
    """
    again = HourRead(read.hour)
    for source_id in doubtful:
        read.found[source_id].endings.clear()
    for stored_hour in hours(read.hour, to_text(now)[:HOUR]):
        for line in again.fresh(lines_of(chain.from_iterable(doors.outcomes.objects_of_hour(stored_hour)), read.hour)):
            source_id, (shard, place, _) = line["source_id"], line["origin"].split(":")
            sequence = int(place)
            if source_id not in doubtful or (shard, sequence) in left[source_id]:
                continue
            found, after = read.found[source_id], doubtful[source_id]
            if sequence not in after.pending.get(shard, Ranges()):
                found.ended(line["outcome"])
            if sequence not in after.counted.get(shard, Ranges()):
                found.name("uncounted", line.get("message_id") or line["origin"])
