"""Counts what is asked of DynamoDB, and the capacity that it takes, over the fake in memory."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.aws import clients
from shared.stores.tables import TABLES
from tests.conftest import create_table
from tests.fakes.dynamo import FakeDynamo, fake_client
from tests.fakes.parts import Answer, Request

_WRITES = frozenset(
    {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem", "BatchExecuteStatement"}
)


@dataclass
class Cost:
    """Requests by operation, and units."""

    requests: Counter[str] = field(default_factory=Counter)
    read_units: float = 0
    write_units: float = 0

    @property
    def round_trips(self) -> int:
        return self.requests.total()


@dataclass
class CountedDynamo:
    """Every table of ours in memory, named as in tables.py; stands behind all stores of a test."""

    fake: FakeDynamo = field(default_factory=FakeDynamo)
    costs: list[Cost] = field(default_factory=list)

    def call(self, operation: str, request: Request) -> Answer:
        answer = self.fake.call(operation, {**request, "ReturnConsumedCapacity": "TOTAL"})
        consumed = answer.get("ConsumedCapacity", [])
        units = sum(one["CapacityUnits"] for one in (consumed if isinstance(consumed, list) else [consumed]))
        for cost in self.costs:
            cost.requests[operation] += 1
            if operation in _WRITES:
                cost.write_units += units
            else:
                cost.read_units += units
        return answer

    @contextmanager
    def counted(self) -> Iterator[Cost]:
        cost = Cost()
        self.costs.append(cost)
        yield cost
        self.costs.remove(cost)


def counted_dynamo(monkeypatch: pytest.MonkeyPatch) -> CountedDynamo:
    counted = CountedDynamo()
    client: Any = fake_client(counted.call)
    for table in TABLES:
        create_table(client, table.name, table)
    monkeypatch.setattr(clients, "_client", lambda service: client)
    return counted
