"""Real items of a run written to Amazon's DynamoDB Local, which counts their units by itself, where Java is there."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import boto3

from bench.memory.dynamo import Held, kind_of, unpacked
from bench.results import Table
from shared.stores.tables import TABLES
from tests.conftest import create_table
from tests.contract.dynamodb_local import server
from tests.fakes.sizes import size_of, write_units

MOST = 300
"""Items of each kind."""

_TITLE = "Units of these items, by our count and by DynamoDB Local's"
_COLUMNS = ("table", "item", "items", "write units, ours", "write units, DynamoDB Local")
_NOTE = (
    "Each item as it lay there at the end of the first run, put once. DynamoDB Local reports no units of inserts by"
    " PartiQL, nor the second unit of transactions: that an insert takes what a put takes, and a transaction twice of"
    " it, is AWS's documentation."
)
Kinds = Mapping[tuple[str, str], list[Any]]


def accounts(held: Held) -> Table:
    """ValueError where the two differ."""
    if not server.has_java():
        return Table("accounts", _TITLE, _COLUMNS, (), f"Left out here: {server.REMEDY}.")
    server.install()
    with server.running() as address:
        session = boto3.Session(aws_access_key_id="bench", aws_secret_access_key="bench", region_name="us-east-1")  # noqa: S106
        client: Any = session.client("dynamodb", endpoint_url=address)
        for table in TABLES:
            create_table(client, table.name, table)
        rows = [
            (*kind, len(items), sum(write_units(size_of(item)) for item in items), _told(client, kind[0], items))
            for kind, items in sorted(kinds(held).items())
        ]
    if wrong := [row for row in rows if row[3] != row[4]]:
        raise ValueError(f"DynamoDB Local counts otherwise: {wrong}")
    return Table("accounts", _TITLE, _COLUMNS, tuple(rows), _NOTE)


def kinds(held: Held) -> Kinds:
    """By table and kind; the first MOST in the order of their keys."""
    found: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for table in TABLES:
        items = held.get(table.name, {})
        for key in sorted(items):
            item = unpacked(items[key])
            of_kind = found[table.name, kind_of(table, key, item)]
            if len(of_kind) < MOST:
                of_kind.append(item)
    return found


def _told(client: Any, table: str, items: list[Any]) -> int:
    """The units that DynamoDB Local says the items take."""
    units = 0.0
    for batch in _batches(items):
        asked = {table: [{"PutRequest": {"Item": item}} for item in batch]}
        answer = client.batch_write_item(RequestItems=asked, ReturnConsumedCapacity="TOTAL")
        if answer["UnprocessedItems"]:
            raise RuntimeError("DynamoDB Local left items unwritten")
        units += sum(one["CapacityUnits"] for one in answer["ConsumedCapacity"])
    return round(units)


def _batches(items: list[Any]) -> Iterator[list[Any]]:
    left = iter(items)
    while batch := [*islice(left, 25)]:
        yield batch
