"""Pieces of work for the hot handlers and their twins: events of one workload, each as its own door brings them."""

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import count, islice
from typing import Any

from bench.endpoint import SECRETS
from bench.raced import Work
from bench.requests import SOURCE, WRITE_KEY, bodies, http, kinesis, streamed
from shared.domain.sources import Source, WriteKey
from shared.stores.tables import CATALOGUE, TABLES

Body = dict[str, Any]
Handler = Callable[[dict[str, Any], Any], Any]


class Context:
    """What Powertools asks of Lambda's context."""

    function_name, memory_limit_in_mb, aws_request_id = "bench", 512, "request"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:bench"


def settings(url: str) -> dict[str, str]:
    """The environment of every function, at the endpoint of this URL."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_REGION": "eu-west-1",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "STAGE": "bench",
        **{table.setting: table.name for table in TABLES},
        "EVENTS_STREAM": "events",
        "LOG_BUCKET": "log",
        "QUARANTINE_KEY": "quarantine",
        "STORE_RETRIES_QUEUE_URL": f"{url}/store",
        "STITCH_RETRIES_QUEUE_URL": f"{url}/stitch",
        "IDENTIFIER_KEY_SECRET": "identifier-key",
        "SUPPRESSION_KEYS_SECRET": "suppression-keys",
        "POWERTOOLS_SERVICE_NAME": "bench",
        "POWERTOOLS_METRICS_NAMESPACE": "Bench",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "POWERTOOLS_METRICS_FUNCTION_NAME": "bench",
    }


def seed() -> None:
    """The source that all send with."""
    from shared.stores.catalogue_store import CatalogueStore

    catalogue = CatalogueStore(os.environ[CATALOGUE.setting])
    catalogue.put(Source(SOURCE, "A shop"))
    catalogue.put_write_key(WRITE_KEY, WriteKey(SOURCE))


def requests(handler: Handler, events_a_request: float, seed: int, at_once: int) -> Iterator[tuple[int, Work]]:
    """So many requests in a row, each answered with 200."""
    sent = bodies(events_a_request, seed)
    while True:
        batch = [*islice(sent, at_once)]
        asked = [http(body) for body in batch]

        def work(asked: Sequence[Body] = asked) -> None:
            for one in asked:
                reply = handler(one, Context())
                if reply["statusCode"] != 200:
                    raise RuntimeError(reply["body"])

        yield sum(len(body["batch"]) for body in batch), work


def batches(
    handler: Handler, put: Callable[[Body], Sequence[bytes]], events_a_request: float, seed: int, events: int
) -> Iterator[tuple[int, Work]]:
    """Batches of the stream of about so many events, in the records that `put` makes of a request."""
    sent, first = bodies(events_a_request, seed), seed * 1_000_000_000
    while True:
        batch: list[Body] = []
        while sum(len(body["batch"]) for body in batch) < events:
            batch.append(next(sent))
        datas = [data for body in batch for data in put(body)]
        come, first = kinesis(datas, first), first + len(datas)

        def work(come: Body = come) -> None:
            if handler(come, Context())["batchItemFailures"]:
                raise RuntimeError("a batch failed")

        yield sum(len(body["batch"]) for body in batch), work


def ours_put(body: Body) -> list[bytes]:
    from functions.collect_events.packing import pack
    from shared.contracts.collect import request_of

    request, source = request_of(http(body)), Source(SOURCE, "A shop")
    packed = pack(request, body, body["batch"], source, SECRETS["identifier-key"], datetime.now(UTC))
    return [record.data for record in packed]


def naive_put(body: Body) -> list[bytes]:
    from bench.twins.naive_models import Batch, Stored

    now = datetime.now(UTC)
    return [
        Stored(source_id=SOURCE, received_at=now, event=event).model_dump_json(exclude_unset=True).encode()
        for event in Batch.model_validate(body).batch
    ]


def good_put(body: Body) -> list[bytes]:
    import orjson

    return [orjson.dumps({"source_id": SOURCE, "received_at": datetime.now(UTC).isoformat(), "events": body["batch"]})]


def ours_stored(item: Body) -> Body:
    """Its body packed, as the table has it."""
    from shared.stores.event_store import PACKED_FROM
    from shared.stores.packing import BODY, packed

    is_small = len(item["event"].encode()) < PACKED_FROM
    return item if is_small else {**item, "event": None, "packed": packed(item["event"], BODY)}


def naive_stored(item: Body) -> Body:
    return item


def stream(
    handler: Handler, events_a_request: float, seed: int, events: int, stored: Callable[[Body], Body]
) -> Iterator[tuple[int, Work]]:
    """Batches of the events table's stream, of about so many events each, in the form that `stored` says."""
    from functions.store_events.judging import Arrived, judge
    from functions.store_events.settings import doors
    from shared.aws.dynamo import to_attributes
    from shared.domain.events import Event
    from shared.domain.times import to_text
    from shared.stores.event_store import to_item

    sent, sequence = bodies(events_a_request, seed), count(1)
    while True:
        now, judged = to_text(datetime.now(UTC)), list[Event]()
        while len(judged) < events:
            for data in ours_put(next(sent)):
                arrived = Arrived("shard", str(next(sequence)), now, data)
                judged += [one for one in judge(doors(), arrived, now).judgements if isinstance(one, Event)]
        images = [streamed(to_attributes(stored(to_item(event, 365)))) for event in judged]
        records = [
            {
                "eventID": str(place),
                "eventName": "INSERT",
                "eventSource": "aws:dynamodb",
                "dynamodb": {"NewImage": image, "SequenceNumber": str(place)},
            }
            for place, image in enumerate(images)
        ]

        def work(records: list[Body] = records) -> None:
            if handler({"Records": records}, Context())["batchItemFailures"]:
                raise RuntimeError("a batch failed")

        yield len(records), work
