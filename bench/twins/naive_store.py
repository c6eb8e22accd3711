"""store_events by the book of Powertools: batch processor, pydantic, a conditional put per event."""

import hashlib
import json
import os
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import KinesisStreamRecord
from botocore.exceptions import ClientError

from bench.twins.naive_models import Stored

logger = Logger()
metrics = Metrics()
processor = BatchProcessor(event_type=EventType.KinesisDataStreams)
events = boto3.resource("dynamodb").Table(os.environ["EVENTS_TABLE"])

YEAR = 365 * 86_400


def store(record: KinesisStreamRecord) -> None:
    stored = Stored.model_validate_json(record.kinesis.data_as_bytes())
    event = stored.event
    anchor = hashlib.sha256((event.userId or event.anonymousId or event.messageId).encode()).hexdigest()
    item = {
        "pk": f"A#{anchor}",
        "sk": f"{event.timestamp or '-'}#{event.messageId}",
        "source_id": stored.source_id,
        "received_at": stored.received_at.isoformat(),
        "stored_at": datetime.now(UTC).isoformat(),
        "event": json.loads(event.model_dump_json(exclude_unset=True), parse_float=Decimal),
        "ttl": int(time.time()) + YEAR,
    }
    try:
        events.put_item(Item=item, ConditionExpression="attribute_not_exists(pk)")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        metrics.add_metric(name="EventsDuplicate", unit=MetricUnit.Count, value=1)
    else:
        metrics.add_metric(name="EventsStored", unit=MetricUnit.Count, value=1)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, store, processor, context)
