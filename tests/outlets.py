"""Destinations of each kind, with what arrives there, for tests that hold every kind to the same."""

import csv
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from unittest.mock import Mock, patch

import boto3

from functions.deliver import handler
from shared.aws import partner_buses
from shared.contracts.queues import Errand
from shared.destinations.fields import hashed
from shared.domain.destinations import (
    Destination,
    DestinationKind,
    ListSettings,
    PartnerSettings,
    PayloadField,
    StreamSettings,
)
from shared.domain.partners import pseudonym
from shared.domain.standard_webhooks import secret_of
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.list_store import ListStore
from shared.stores.tables import CATALOGUE
from tests.component.receiver import Receiver, receiving, status
from tests.conftest import PREFIX, REGION, Deployment
from tests.faults import client_error

FIELDS = (
    PayloadField("em", "identifiers.email", "sha256"),
    PayloadField("town", "traits.city"),
    PayloadField("who", "data.profile_id"),
)


@dataclass
class Outlet:
    """`arrived` is what came so far, as its data; `broken` makes it fail while it is entered. `who` is what a person is
    called there.
    """

    settings: dict[str, Any]
    arrived: Callable[[], list[dict[str, Any]]]
    broken: Callable[[], Any]
    fields: tuple[PayloadField, ...] = FIELDS
    is_list: bool = False
    who: Callable[[str], str] = str


def put(aws: Deployment, outlet: Outlet, name: str = "crm", **rest: Any) -> Destination:
    made = Destination(name, name, **{**outlet.settings, **rest})
    CatalogueStore(aws.table(CATALOGUE)).put(made)
    return made


@contextmanager
def webhook() -> Iterator[Outlet]:
    with receiving() as receiver:
        secret_name = "jogakbo/test/destinations/outlet"
        secrets = json.dumps([secret_of(bytes(range(32)))])
        boto3.client("secretsmanager").create_secret(Name=secret_name, SecretString=secrets)
        settings = {"url": receiver.url, "secret_name": secret_name}
        yield Outlet(settings, lambda: [json.loads(got.body)["data"] for got in receiver.received], _ill(receiver))


@contextmanager
def queue() -> Iterator[Outlet]:
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="facts")["QueueUrl"]
    messages: list[dict[str, Any]] = []

    def arrived() -> list[dict[str, Any]]:
        for got in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            messages.append(json.loads(got["Body"])["data"])
        return messages

    yield Outlet(_stream(f"arn:aws:sqs:{REGION}:123456789012:facts"), arrived, _refusing("send_message"))


@contextmanager
def stream() -> Iterator[Outlet]:
    kinesis = boto3.client("kinesis")
    kinesis.create_stream(StreamName="facts", ShardCount=1)

    def arrived() -> list[dict[str, Any]]:
        at = kinesis.get_shard_iterator(
            StreamName="facts", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
        )
        records = kinesis.get_records(ShardIterator=at["ShardIterator"])["Records"]
        return [json.loads(record["Data"])["data"] for record in records]

    yield Outlet(_stream(f"arn:aws:kinesis:{REGION}:123456789012:stream/facts"), arrived, _refusing("put_record"))


@contextmanager
def a_list() -> Iterator[Outlet]:
    """Of who bought once. What is withdrawn arrives as what is taken off."""
    settings = {"kind": "s3_list", "s3_list": ListSettings("bought_once")}
    ill = partial(patch.object, ListStore, "_update", side_effect=client_error("ThrottlingException"))
    yield Outlet(settings, lambda: [*written("crm"), *written("ads")], ill, FIELDS[:1], is_list=True)


@contextmanager
def partner_bus() -> Iterator[Outlet]:
    """Of a partner that knows people by pseudonyms. It has no names of its own for fields: they are given here."""
    secret_name, key, bus = "jogakbo/test/destinations/outlet", "a key of the partner's", Mock()
    known_as = partial(pseudonym, key.encode())
    boto3.client("secretsmanager").create_secret(Name=secret_name, SecretString=json.dumps([key]))
    settings = {
        "kind": "partner_bus",
        "partner_bus": PartnerSettings(f"arn:aws:events:{REGION}:222222222222:event-bus/jogakbo"),
        "secret_name": secret_name,
    }
    entries: list[dict[str, Any]] = []

    def put_events(Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        entries.extend(Entries)
        return {"Entries": [{} for _ in Entries]}

    refuses = Mock(return_value={"Entries": [{"ErrorCode": "AccessDeniedException"}]})
    bus.put_events = put_events
    with (
        patch.object(partner_buses, "events_as", return_value=bus),
        patch.dict(os.environ, PARTNERS_ROLE_ARN="arn:aws:iam::123456789012:role/p"),
    ):
        partner_buses.forget_sessions()
        ill = partial(patch.object, bus, "put_events", refuses)
        yield Outlet(settings, lambda: [_named(json.loads(one["Detail"])) for one in entries], ill, who=known_as)
    partner_buses.forget_sessions()


def _named(told: Mapping[str, Any]) -> dict[str, Any]:
    """By the names of FIELDS, and what came beside them by its own; what withdraws as it is."""
    parts = {
        f"{part}.{name}": value
        for part in ("identifiers", "traits")
        for name, value in told["person"].get(part, {}).items()
    }
    if not parts:
        return {**told["person"], **told["data"]}
    [email] = parts.pop("identifiers.email")
    return {"em": hashed(email, "sha256"), "town": parts.pop("traits.city"), "who": told["data"]["profile_id"], **parts}


def written(name: str, ending: str = "-add.csv") -> list[dict[str, Any]]:
    """The lines of a list's files, the next of which deliver is told to write now."""
    run(Errand(errand="flush", destination_id=name))
    return [line for key, body in files(name).items() if key.endswith(ending) for line in lines_of(body)]


def run(errand: Errand) -> None:
    record = {"messageId": "errand", "receiptHandle": "r", "body": errand.model_dump_json()}
    assert handler.handler({"Records": [record]}, None) == {"batchItemFailures": []}


def files(name: str) -> dict[str, str]:
    s3, bucket = boto3.client("s3"), f"{PREFIX}-log"
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket, Prefix=f"outbound/{name}/").get("Contents", [])]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys}


def lines_of(body: str) -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(body))]


OUTLETS = {"webhook": webhook, "queue": queue, "stream": stream, "list": a_list, "partner_bus": partner_bus}
COVERED: set[DestinationKind] = {"webhook", "stream", "s3_list", "partner_bus"}


def _stream(arn: str) -> dict[str, Any]:
    return {"kind": "stream", "stream": StreamSettings(arn)}


def _ill(receiver: Receiver) -> Callable[[], Any]:
    @contextmanager
    def broken() -> Iterator[None]:
        receiver.replies.append(status(500))
        yield
        receiver.received.clear()

    return broken


def _refusing(call: str) -> Callable[[], Any]:
    return lambda: patch(f"shared.destinations.stream.client.{call}", return_value="AccessDenied")
