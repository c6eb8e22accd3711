"""The door to what was delivered, counted by destination, source and field: what the register of data flows shows."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.aws.batching import chunks
from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, query, to_attributes
from shared.domain.data_flows import Flow, Went
from shared.domain.times import to_text
from shared.stores.contention import contention
from shared.stores.keys import FLOWS, flow_sk

SCHEMA = 1
_COUNT, _FIRST, _LAST = "count#", "first#", "last#"
_MOST_FIELDS = 60
"""Of one update: an expression holds 4 KB."""


@dataclass(frozen=True, slots=True)
class FlowCounts:
    """`table` is the deployed name of the ledger."""

    table: str

    def add(
        self, destination_id: str, source_id: str, fields: Mapping[str, int], purposes: Sequence[str], now: datetime
    ) -> None:
        """One write unit for the fields of a whole batch. ContentionError where DynamoDB is busy."""
        for some in chunks(fields, _MOST_FIELDS):
            self._add(destination_id, source_id, {name: fields[name] for name in some}, purposes, to_text(now))

    def all(self) -> Iterator[Went]:
        for item in query(self.table, FLOWS):
            yield from _went(item)

    def _add(
        self, destination_id: str, source_id: str, fields: Mapping[str, int], purposes: Sequence[str], now: str
    ) -> None:
        places = {name: place for place, name in enumerate(fields)}
        last = ", ".join(f"#l{n} = :now, #f{n} = if_not_exists(#f{n}, :now)" for n in places.values())
        names = {f"#{mark[0]}{n}": f"{mark}{name}" for name, n in places.items() for mark in (_COUNT, _FIRST, _LAST)}
        values = {":v": SCHEMA, ":now": now, ":purposes": json.dumps([*purposes])}
        with contention():
            dynamodb().update_item(
                TableName=self.table,
                Key=to_attributes({"pk": FLOWS, "sk": flow_sk(destination_id, source_id)}),
                UpdateExpression=f"SET v = :v, purposes = :purposes, {last} ADD "
                + ", ".join(f"#c{n} :c{n}" for n in places.values()),
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=to_attributes(values | {f":c{places[f]}": n for f, n in fields.items()}),
            )


def _went(item: Item) -> Iterator[Went]:
    destination_id, _, source_id = item["sk"].partition("#")
    for name in (key.removeprefix(_COUNT) for key in item if key.startswith(_COUNT)):
        yield Went(
            destination_id=destination_id,
            flow=Flow(source_id, name),
            count=item[_COUNT + name],
            first=item[_FIRST + name],
            last=item[_LAST + name],
            purposes=tuple(json.loads(item["purposes"])),
        )
