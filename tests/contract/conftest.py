"""The DynamoDBs that one contract suite runs over: our fake, moto, and Amazon's DynamoDB Local where Java is."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

import boto3
import pytest
from moto import mock_aws

from shared.aws import clients
from shared.aws.dynamo import Item, to_python
from shared.stores.tables import Table
from tests.conftest import REGION, create_table
from tests.contract.dynamodb_local import server
from tests.fakes.dynamo import FakeDynamo, fake_client

_NUMBERS = count()


@dataclass
class Dynamo:
    """One of them, with tables made when they are first asked for."""

    name: str
    client: Any
    prefix: str
    _made: set[str] = field(default_factory=set)

    def table(self, table: Table) -> str:
        """The deployed name."""
        name = f"{self.prefix}-{table.name}"
        if name not in self._made:
            self._made.add(name)
            create_table(self.client, name, table)
        return name

    def items(self, table: Table) -> list[Item]:
        pages = self.client.get_paginator("scan").paginate(TableName=self.table(table), ConsistentRead=True)
        return sorted(
            (to_python(i) for page in pages for i in page["Items"]), key=lambda item: (item["pk"], item["sk"])
        )

    def cannot(self, name: str, reason: str) -> None:
        """Excuse one of them from a test, aloud."""
        if self.name == name:
            pytest.skip(f"{name} {reason}")


@pytest.fixture(scope="session")
def dynamodb_local(request: pytest.FixtureRequest) -> Iterator[str]:
    """Its address. Without Java its tests are skipped."""
    if not server.has_java():
        pytest.skip(server.REMEDY)
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        server.install()
    with server.running() as address:
        yield address


@pytest.fixture
def moto(
    partiql_inserts: None,
    transactions_without_backups: None,
    attribute_values_as_they_are: None,
    one_call_at_a_time: None,
) -> Iterator[None]:
    with mock_aws():
        yield


@pytest.fixture(params=["fake", "moto", "local"])
def dynamo(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Dynamo:
    """Stands behind every store of the test."""
    if request.param == "moto":
        request.getfixturevalue("moto")
    address = request.getfixturevalue("dynamodb_local") if request.param == "local" else None
    client, real = _client(request.param, address), clients._client.__wrapped__
    doors = cache(lambda service: client if service == "dynamodb" else real(service))
    monkeypatch.setattr(clients, "_client", doors)
    return Dynamo(request.param, client, f"test{next(_NUMBERS)}")


@cache
def _client(name: str, address: str | None) -> Any:
    """Made once: that takes longer than most tests."""
    if name == "fake":
        return fake_client(FakeDynamo().call)
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client("dynamodb", region_name=REGION, endpoint_url=address, **keys)
