"""The door to the counts in the ledger: what became of each source's events by hour, each Kinesis record once."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from shared.aws.batching import wait
from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, get_item, put_at_version, query, to_attributes
from shared.domain.counting import Counts, Run, needs_older, with_run
from shared.domain.outcomes import NUMBERS, Tally
from shared.domain.ranges import Ranges
from shared.domain.times import from_text
from shared.stores.keys import count_pk, count_sk, counted_pk, counted_sk

SCHEMA = 3
MOST_RANGES = 16
"""So many ranges of counted records stay in an item, which so costs one write unit; older ones go into items of their
own, which nobody writes again."""

_KEPT_SECONDS = 40 * 86_400
"""Longer than anything that could bring a record again: what Lambda gave up is kept for 30 days."""

_TRIES = 8
_IDENTITY = "identity"
_NOTE = "note:"
_END_OF_HOUR = "#~"


class CountContentionError(Exception):
    """Somebody else changed the count between every read and write."""


@dataclass(frozen=True, slots=True)
class CountStore:
    """`table` is the deployed name of the ledger. Hours are written as `2026-11-21T09`."""

    table: str

    def add(self, source_id: str, hour: str, shard: str, *runs: Run) -> None:
        """Count records. One that is counted already adds nothing, save its ending where that was still to come."""
        for turn in range(_TRIES):
            before = self._read(source_id, hour, shard)
            older = self._older(source_id, hour, shard) if needs_older(before, runs) else Ranges()
            after = before
            for run in runs:
                after = with_run(after, run, older)
            if after == before:
                return
            if len(before.counted.spans) >= MOST_RANGES:
                after = self._with_ranges_apart(source_id, hour, shard, before, after)
            item = {"pk": count_pk(source_id), "sk": count_sk(hour, shard), **_fields(after)}
            if put_at_version(self.table, item, before.version):
                return
            wait(turn)
        raise CountContentionError(f"{source_id} {hour} {shard}")

    def note(self, source_id: str, hour: str, notes: Mapping[str, int]) -> None:
        """Add notes that no record of the stream brought: what stitching decided in that hour about its events."""
        key = {"pk": count_pk(source_id), "sk": count_sk(hour, _IDENTITY)}
        names = list(notes)
        dynamodb().update_item(
            TableName=self.table,
            Key=to_attributes(key),
            UpdateExpression="SET v = :v ADD " + ", ".join(f"#n{place} :n{place}" for place in range(len(names))),
            ExpressionAttributeNames={f"#n{place}": f"{_NOTE}{name}" for place, name in enumerate(names)},
            ExpressionAttributeValues=to_attributes(
                {":v": SCHEMA} | {f":n{place}": notes[name] for place, name in enumerate(names)}
            ),
        )

    def of_source(self, source_id: str, first_hour: str, last_hour: str) -> Iterator[tuple[str, str, Counts]]:
        """(hour, shard, what was counted) from the first to the last hour, both included."""
        for item in query(self.table, count_pk(source_id), first=first_hour, last=last_hour + _END_OF_HOUR):
            hour, _, shard = item["sk"].partition("#")
            yield hour, shard, _counts(item)

    def counted(self, source_id: str, hour: str, shard: str) -> Ranges:
        """Every record that is in the counts, waiting ones too."""
        found = self._read(source_id, hour, shard)
        return found.counted.united(self._older(source_id, hour, shard).spans) if found.has_older else found.counted

    def _read(self, source_id: str, hour: str, shard: str) -> Counts:
        item = get_item(self.table, count_pk(source_id), count_sk(hour, shard), consistent=True)
        return _counts(item) if item else Counts()

    def _older(self, source_id: str, hour: str, shard: str) -> Ranges:
        items = query(self.table, counted_pk(source_id), prefix=counted_sk(hour, shard, ""), consistent=True)
        return Ranges().united(span for item in items for span in Ranges.from_bytes(item["counted"]).spans)

    def _with_ranges_apart(self, source_id: str, hour: str, shard: str, before: Counts, after: Counts) -> Counts:
        """Put the stored ranges, all but the newest, into an item of their own, and leave them out of `after`.

        What is stored already is true whether or not the write that follows succeeds; what is new would not be.
        """
        moved = before.counted.spans[:-1]
        sk = counted_sk(hour, shard, f"{before.version:08d}")
        ends = int(from_text(f"{hour}:00").timestamp()) + _KEPT_SECONDS
        item = {"pk": counted_pk(source_id), "sk": sk, "v": SCHEMA, "counted": Ranges(moved).to_bytes(), "ttl": ends}
        dynamodb().put_item(TableName=self.table, Item=to_attributes(item))
        kept = tuple(span for span in after.counted.spans if span not in moved)
        return replace(after, counted=Ranges(kept), has_older=True)


def _counts(item: Item) -> Counts:
    if item["sk"].endswith(f"#{_IDENTITY}"):
        notes = {name.removeprefix(_NOTE): times for name, times in item.items() if name.startswith(_NOTE)}
        return Counts(totals=Tally(notes=notes))
    numbers = {name: item[name] for name in NUMBERS}
    return Counts(
        totals=Tally(**numbers, notes=json.loads(item["notes"])),
        counted=Ranges.from_bytes(item["counted"]),
        pending=Ranges.from_bytes(item.get("pending", b"")),
        version=item["version"],
        has_older=item.get("has_older", False),
    )


def _fields(counts: Counts) -> Item:
    return {
        "v": SCHEMA,
        "version": counts.version + 1,
        **{name: getattr(counts.totals, name) for name in NUMBERS},
        "notes": json.dumps(counts.totals.notes, ensure_ascii=False),
        "counted": counts.counted.to_bytes(),
        "pending": counts.pending.to_bytes() or None,
        "has_older": counts.has_older or None,
    }
