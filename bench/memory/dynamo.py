"""The fake DynamoDB with a count of everything, and the streams of its tables."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from bench.memory.counts import Counts
from shared.stores.tables import TABLES, Table
from tests.fakes.dynamo import FakeDynamo, fake_client
from tests.fakes.parts import Answer, Item, Key, RefusedError, Request
from tests.fakes.sizes import size_of, write_units

_WRITING = frozenset(
    {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem", "BatchExecuteStatement"}
)
_REFUSED = "ConditionalCheckFailedException"
Changed = Callable[[str, Key, Item | None, Item | None], None]


class CountedDynamo:
    """Every table of ours, named as in tables.py. `changed` is told table, key, and the item before and
    after; `there` is what is stored already.
    """

    def __init__(self, counts: Counts, changed: Changed, there: Mapping[str, Mapping[Key, Item]]) -> None:
        self.client: Any = fake_client(self._call)
        self._fake, self._counts, self._changed = FakeDynamo(), counts, changed
        self._operation = ""
        for table in TABLES:
            self._fake.tables[table.name] = _Watched(table, self._wrote, there.get(table.name, {}))

    def items(self) -> dict[str, dict[Key, Item]]:
        """All that is stored, by table: no item is ever changed, only replaced."""
        return {name: dict(items) for name, items in self._fake.tables.items()}

    def _call(self, operation: str, request: Request) -> Answer:
        with self._counts.lock:
            began = time.thread_time()
            self._operation = operation
            self._counts.asked("dynamodb requests")
            try:
                return self._counted(operation, request)
            finally:
                self._counts.seconds += time.thread_time() - began

    def _counted(self, operation: str, request: Request) -> Answer:
        try:
            answer = self._fake.call(operation, {**request, "ReturnConsumedCapacity": "TOTAL"})
        except RefusedError as refused:
            if refused.code == _REFUSED:  # a write that is refused takes what it would have written
                self._counts.add(f"write units {request['TableName']}")
                self._counts.add("refused write units")
            raise
        consumed = answer.get("ConsumedCapacity", [])
        for one in consumed if isinstance(consumed, list) else [consumed]:
            kind = "write" if operation in _WRITING else "read"
            self._counts.add(f"{kind} units {one['TableName']}", one["CapacityUnits"])
        return answer

    def _wrote(self, table: Table, key: Key, before: Item | None, after: Item | None) -> None:
        sizes = size_of(before or {}), size_of(after or {})
        units = write_units(*sizes) * (2 if self._operation == "TransactWriteItems" else 1)
        self._counts.wrote(self._operation, table.name, kind_of(table, key, after or {}), units, sizes[1])
        if table.stream:
            self._changed(table.name, key, before, after)


_Wrote = Callable[[Table, Key, Item | None, Item | None], None]


class _Watched(dict[Key, Item]):
    """A table that tells of each write to it."""

    def __init__(self, table: Table, wrote: _Wrote, there: Mapping[Key, Item]) -> None:
        super().__init__(there)
        self._table, self._wrote = table, wrote

    def __setitem__(self, key: Key, item: Item) -> None:
        self._wrote(self._table, key, self.get(key), item)
        super().__setitem__(key, item)

    def pop(self, key: Key, *default: Any) -> Any:
        if key in self:
            self._wrote(self._table, key, self[key], None)
        return super().pop(key, *default)


def kind_of(table: Table, key: Key, item: Mapping[str, Any]) -> str:
    """What docs/data-model.md calls an item."""
    pk, sk = key
    if table.name == "profiles":
        named = {"P": "profile", "I": "identifier", "N": "refusals", "G": "group"}
        kind = named.get(sk) or {"R": "bucket", "D": "demotion", "G": "group of an anchor"}.get(sk[0], sk[0])
        return "tombstone" if kind == "profile" and "merged_into" in item else kind
    if table.name == "ledger":
        if pk.startswith("P#"):
            return f"entry {sk.partition('#')[0]}"
        starts = {"C#": "count", "M#": "merge", "H#": "change of hands", "I#": "decision on an identifier"}
        starts |= {"K#": "consent record", "T#": "due mark"}
        return starts.get(pk[:2], pk)
    return {"events": "event"}.get(table.name, table.name)
