"""Looks for somebody in all that a deployment holds: items of every table, objects, messages that wait."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from tempfile import NamedTemporaryFile
from typing import Any

import boto3
import duckdb
import zstandard

from local import aws
from local.outputs import Outputs
from shared.stores.packing import unpacked

REMAINING = ("log/", "outcomes/", "imports/", "aws/lambda/", "lake/erasures/", "expiring/")
"""Where objects lie that receipts of erasures name, until they expire."""

_MOST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Stores:
    """`client` makes a client of a service; `tables` are deployed names, `queues` URLs, by their names in the code."""

    client: Callable[[str], Any]
    tables: Mapping[str, str]
    bucket: str
    queues: Mapping[str, str]

    def naming(self, *texts: str) -> list[str]:
        """Where one of these stands, in capitals or not: `<table> <pk> <sk>`, `<key of an object>`, `<queue> <id>`."""
        wanted = [text.lower() for text in texts]
        return [place for place, said in self.everything() if any(text in said.lower() for text in wanted)]

    def left(self, *texts: str) -> list[str]:
        """The same, save where an erasure leaves things to expire."""
        return [place for place in self.naming(*texts) if not place.startswith(REMAINING)]

    def everything(self) -> Iterator[tuple[str, str]]:
        """Each place with what it says, as text."""
        yield from self._items()
        yield from self.objects()
        yield from self._messages()

    def objects(self, prefix: str = "") -> Iterator[tuple[str, str]]:
        s3 = self.client("s3")
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
            for key in (entry["Key"] for entry in page.get("Contents", [])):
                body = s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
                yield key, _rows(body) if key.endswith(".parquet") else _unpacked(body)

    def _items(self) -> Iterator[tuple[str, str]]:
        for name, table in self.tables.items():
            for page in self.client("dynamodb").get_paginator("scan").paginate(TableName=table):
                for item in page["Items"]:
                    place = f"{name} {item['pk']['S']} {item['sk']['S']}"
                    said = json.dumps(item, ensure_ascii=False, default=_unpacked)
                    yield place, said.replace('\\"', '"')  # of JSON inside an item

    def _messages(self) -> Iterator[tuple[str, str]]:
        """Without taking them."""
        sqs = self.client("sqs")
        for name, url in self.queues.items():
            got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
            for message in got.get("Messages", []):
                yield f"{name} {message['MessageId']}", message["Body"]


def stores_of(outputs: Outputs) -> Stores:
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=aws.REGION)

    def client(service: str) -> Any:
        return session.client(service, endpoint_url=outputs.aws_endpoint_url)  # type: ignore[call-overload]

    return Stores(client, outputs.tables, outputs.log_bucket, outputs.queues)


def _rows(parquet: bytes) -> str:
    with NamedTemporaryFile(suffix=".parquet") as file:
        file.write(parquet)
        file.flush()
        return str(duckdb.connect().execute("SELECT * FROM read_parquet(?)", [file.name]).fetchall())


def _unpacked(value: bytes) -> str:
    with suppress(ValueError):
        return unpacked(value)
    try:
        return zstandard.ZstdDecompressor().decompress(value, max_output_size=_MOST_BYTES).decode(errors="replace")
    except zstandard.ZstdError:
        return value.decode(errors="replace")
