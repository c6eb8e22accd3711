"""stitch_identities without identity: each event's profile read, changed and written, one after the other."""

import json
import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

logger = Logger()
metrics = Metrics()
processor = BatchProcessor(event_type=EventType.DynamoDBStreams)
profiles = boto3.resource("dynamodb").Table(os.environ["PROFILES_TABLE"])


def stitch(record: DynamoDBRecord) -> None:
    image = (record.dynamodb and record.dynamodb.new_image) or {}
    event = json.loads(image["event"])
    key = {"pk": f"naive#{image['pk']}", "sk": "P"}
    profile: dict[str, Any] = profiles.get_item(Key=key).get("Item") or {
        **key,
        "version": 0,
        "traits": {},
        "counts": {},
    }
    read = profile["version"]
    name = event.get("event") or f"${event['type']}"
    profile["version"] = read + 1
    profile["counts"][name] = profile["counts"].get(name, 0) + 1
    profile["traits"].update(event.get("traits") or {} if event["type"] == "identify" else {})
    profile["last_seen"] = max(profile.get("last_seen", ""), image["time"])
    known: Any = {"ExpressionAttributeValues": {":read": read}} if read else {}
    condition = "version = :read" if read else "attribute_not_exists(pk)"
    profiles.put_item(Item=profile, ConditionExpression=condition, **known)
    metrics.add_metric(name="EventsStitched", unit=MetricUnit.Count, value=1)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, stitch, processor, context)
