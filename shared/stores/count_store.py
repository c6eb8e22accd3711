"""The door to the counts in the ledger: what became of each source's events by hour, each Kinesis record once."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from shared.aws.batching import wait
from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, get_item, query, to_attributes
from shared.domain.outcomes import ENDINGS, Tally
from shared.stores.keys import count_pk, count_sk

SCHEMA = 2
_TRIES = 8
_END_OF_HOUR = "#~"


class CountContentionError(Exception):
    """Somebody else changed the count between every read and write."""


@dataclass(frozen=True, slots=True)
class Counted:
    """An item as read: totals, the newest sequence number in them, and older ones that a retry still has to add.

    Sequence numbers have 56 digits: DynamoDB's numbers would round them and text would sort them wrong.
    """

    totals: Tally
    last: int
    pending: frozenset[int]


_NOTHING = Counted(Tally(), -1, frozenset())


@dataclass(frozen=True, slots=True)
class CountStore:
    """`table` is the deployed name of the ledger."""

    table: str

    def add(
        self, source_id: str, hour: str, shard: str, done: Mapping[int, Tally], parked: Collection[int] = ()
    ) -> None:
        """Add the records of a batch by sequence number; `parked` ones wait for their retry. A repeat adds nothing."""
        self._change(source_id, hour, shard, done, parked)

    def settle(self, source_id: str, hour: str, shard: str, done: Mapping[int, Tally]) -> None:
        """Add records that were parked before; those that nobody waits for add nothing."""
        self._change(source_id, hour, shard, done, None)

    def of_source(self, source_id: str, first_hour: str, last_hour: str) -> Iterator[tuple[str, str, Counted]]:
        """(hour, shard, what was counted) from the first to the last hour (`2026-11-21T09`), both included."""
        for item in query(self.table, count_pk(source_id), first=first_hour, last=last_hour + _END_OF_HOUR):
            hour, _, shard = item["sk"].partition("#")
            yield hour, shard, _counted(item)

    def _change(
        self, source_id: str, hour: str, shard: str, done: Mapping[int, Tally], parked: Collection[int] | None
    ) -> None:
        pk, sk = count_pk(source_id), count_sk(hour, shard)
        for turn in range(_TRIES):
            item = get_item(self.table, pk, sk, consistent=True)
            before = _counted(item) if item else _NOTHING
            after = _after(before, done, parked)
            if after == before or self._write({"pk": pk, "sk": sk, **_fields(after)}, before):
                return
            wait(turn)
        raise CountContentionError(f"{source_id} {hour} {shard}")

    def _write(self, item: Item, read: Counted) -> bool:
        """Put the item if it still is as it was read."""
        before = _fields(read)
        try:
            dynamodb().put_item(
                TableName=self.table,
                Item=to_attributes(item),
                ConditionExpression="attribute_not_exists(pk) OR (last_sequence = :last AND pending = :pending)",
                ExpressionAttributeValues=to_attributes(
                    {":last": before["last_sequence"], ":pending": before["pending"]}
                ),
            )
        except dynamodb().exceptions.ConditionalCheckFailedException:
            return False
        return True


def _after(before: Counted, done: Mapping[int, Tally], parked: Collection[int] | None) -> Counted:
    fresh = [] if parked is None else [sequence for sequence in (*done, *parked) if sequence > before.last]
    added = {sequence for sequence in done if sequence in before.pending or sequence in fresh}
    return Counted(
        totals=sum((done[sequence] for sequence in added), before.totals),
        last=max([before.last, *fresh]),
        pending=(before.pending | set(fresh)) - set(done),
    )


def _counted(item: Item) -> Counted:
    numbers = {name: item[name] for name in ("received", *ENDINGS)}
    totals = Tally(**numbers, notes=json.loads(item["notes"]))
    return Counted(totals, int(item["last_sequence"]), frozenset(map(int, json.loads(item["pending"]))))


def _fields(counted: Counted) -> Item:
    return {
        "v": SCHEMA,
        **{name: getattr(counted.totals, name) for name in ("received", *ENDINGS)},
        "notes": json.dumps(counted.totals.notes, ensure_ascii=False),
        "last_sequence": str(counted.last),
        "pending": json.dumps([str(sequence) for sequence in sorted(counted.pending)]),
    }
