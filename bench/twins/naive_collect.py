"""collect_events by the book of Powertools: router, pydantic, a record per event; at /v1/each a call per event, too."""

import base64
import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import UnauthorizedError
from aws_lambda_powertools.metrics import MetricUnit

from bench.twins.naive_models import Batch, Stored

logger = Logger()
metrics = Metrics()
app = APIGatewayHttpResolver()
kinesis = boto3.client("kinesis")
catalogue = boto3.resource("dynamodb").Table(os.environ["CATALOGUE_TABLE"])


@cache
def source_of(write_key: str) -> str:
    key = {"pk": "write_key", "sk": hashlib.sha256(write_key.encode()).hexdigest()}
    found = catalogue.get_item(Key=key).get("Item")
    if not found:
        raise UnauthorizedError("unknown write key")
    return str(found["source_id"])


def put_together(records: list[Any]) -> None:
    answer = kinesis.put_records(StreamName=os.environ["EVENTS_STREAM"], Records=records)
    if answer["FailedRecordCount"]:
        raise RuntimeError("records were not put")


def put_each(records: list[Any]) -> None:
    for record in records:
        kinesis.put_record(StreamName=os.environ["EVENTS_STREAM"], **record)


@app.post("/v1/batch")
def take() -> Response[Any]:
    return taken(put_together)


@app.post("/v1/each")
def take_each() -> Response[Any]:
    return taken(put_each)


def taken(put: Callable[[list[Any]], None]) -> Response[Any]:
    user = app.current_event.headers["authorization"].removeprefix("Basic ")
    source_id = source_of(base64.b64decode(user).decode().partition(":")[0])
    batch = Batch.model_validate_json(app.current_event.decoded_body or "")
    now = datetime.now(UTC)
    records: list[Any] = [
        {
            "PartitionKey": event.userId or event.anonymousId or event.messageId,
            "Data": Stored(source_id=source_id, received_at=now, event=event).model_dump_json(exclude_unset=True),
        }
        for event in batch.batch
    ]
    put(records)
    metrics.add_metric(name="EventsAccepted", unit=MetricUnit.Count, value=len(records))
    logger.info("collected", extra={"events": len(records), "source_id": source_id})
    return Response(status_code=200, content_type="application/json", body='{"success":true}')


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
