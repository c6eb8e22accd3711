"""The fake DynamoDB with a count of everything, and the streams of its tables."""

import pickle
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping
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
Held = Mapping[str, Mapping[Key, bytes]]
"""Items by table, each packed by `pickle`: a million as maps take five times the memory, and the collector's time."""


class CountedDynamo:
    """Every table of ours, named as in tables.py. `changed` is told table, key, and the item before and
    after; `there` is what is stored already.
    """

    def __init__(self, counts: Counts, changed: Changed, there: Held) -> None:
        self.client: Any = fake_client(self._call)
        self._fake, self._counts, self._changed = FakeDynamo(), counts, changed
        self._operation = ""
        self._watched = {one.name: _Watched(one, self._wrote, there.get(one.name, {})) for one in TABLES}
        self._fake.tables.update(self._watched)

    def items(self) -> Held:
        """All that is stored."""
        return {name: dict(table.packed) for name, table in self._watched.items()}

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


class _Watched(MutableMapping[Key, Item]):
    """A table that tells of each write to it."""

    def __init__(self, table: Table, wrote: _Wrote, there: Mapping[Key, bytes]) -> None:
        self._table, self._wrote, self.packed = table, wrote, dict(there)

    def __getitem__(self, key: Key) -> Item:
        return unpacked(self.packed[key])

    def __setitem__(self, key: Key, item: Item) -> None:
        self._wrote(self._table, key, self.get(key), item)
        self.packed[key] = pickle.dumps(item)

    def __delitem__(self, key: Key) -> None:
        self._wrote(self._table, key, self[key], None)
        del self.packed[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self.packed)

    def __len__(self) -> int:
        return len(self.packed)


def unpacked(item: bytes) -> Item:
    found: Item = pickle.loads(item)  # noqa: S301 - our own
    return found


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
