"""What of the time is the emulator's own: the same way through functions that do nothing."""

import io
import json
import time
import zipfile
from collections.abc import Callable
from statistics import median
from typing import Any

from bench.results import Cell, Table
from bench.waiting.cloud import Cloud, queue_behind
from bench.waiting.stages import percentile

TRIES = 50
_PAUSE = 0.05
_CODE = """
import json, time

def handler(event, context):
    at = time.time()
    for record in event["Records"]:
        if "kinesis" in record:
            told = record["kinesis"]["partitionKey"]
        elif "dynamodb" in record:
            told = record["dynamodb"]["Keys"]["pk"]["S"]
        else:
            told = json.loads(record["body"])["detail"]["id"]
        print(json.dumps({"came": told, "at": at}))
"""
_LEGS = {"HTTP API": 1, "Kinesis": 1, "DynamoDB stream": 2, "bus and queue": 1}
"""How often an event's way to the webhook goes through each."""


def hops(cloud: Cloud, to_webhook: float) -> Table:
    """From the call that puts something to a function that does nothing. `to_webhook`: an event's p50, milliseconds."""
    function = _nothing(cloud)
    puts = {
        "Kinesis": _stream(cloud, function),
        "DynamoDB stream": _table(cloud, function),
        "bus and queue": _bus(cloud, function),
    }
    taken = {"HTTP API": [_refused(cloud) for _ in range(TRIES)]}
    taken |= {name: _hop(cloud, name.split()[0], put) for name, put in puts.items()}
    rows: list[tuple[Cell, ...]] = [
        (f"{name} to a function", _LEGS[name], *(round(percentile(sorted(found), share), 1) for share in (50, 90, 99)))
        for name, found in taken.items()
    ]
    own = sum(_LEGS[name] * median(found) for name, found in taken.items())
    rows.append(("all of an event's way", None, round(own, 1), None, None))
    title = f"Idle: the emulator's own, {own / to_webhook:.0%} of the p50 to the webhook"
    note = (
        "The rest is our handlers, with the emulator's answers to their calls. HTTP API: a refusal (401) by a function"
        " of ours, so some of it is ours; the others reach a function that does nothing."
    )
    return Table("emulator", title, ("milliseconds from", "times", "p50", "p90", "p99"), tuple(rows), note)


def _refused(cloud: Cloud) -> float:
    """An answer that takes a function next to nothing: 401."""
    started = time.perf_counter()
    cloud.client.get(f"{cloud.outputs.api_url}/v1/profiles/user_id:nobody")
    return (time.perf_counter() - started) * 1000


def _nothing(cloud: Cloud) -> str:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("nothing.py", _CODE)
    made = cloud.aws("lambda").create_function(
        FunctionName="bench-nothing",
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/bench",
        Handler="nothing.handler",
        Code={"ZipFile": archive.getvalue()},
    )
    return str(made["FunctionName"])


def _stream(cloud: Cloud, function: str) -> Callable[[str], object]:
    kinesis = cloud.aws("kinesis")
    kinesis.create_stream(StreamName="bench", ShardCount=1)
    arn = kinesis.describe_stream(StreamName="bench")["StreamDescription"]["StreamARN"]
    _listen(cloud, function, arn, StartingPosition="TRIM_HORIZON")
    return lambda told: kinesis.put_record(StreamName="bench", PartitionKey=told, Data=b"{}")


def _table(cloud: Cloud, function: str) -> Callable[[str], object]:
    dynamodb = cloud.aws("dynamodb")
    made = dynamodb.create_table(
        TableName="bench",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    _listen(cloud, function, made["TableDescription"]["LatestStreamArn"], StartingPosition="TRIM_HORIZON")
    return lambda told: dynamodb.put_item(TableName="bench", Item={"pk": {"S": told}})


def _bus(cloud: Cloud, function: str) -> Callable[[str], object]:
    events = cloud.aws("events")
    events.create_event_bus(Name="bench")
    arn = queue_behind(cloud.outputs, "bench", "bench", {"source": ["bench"]}).arn
    _listen(cloud, function, arn, BatchSize=1)

    def put(told: str) -> object:
        entry = {"EventBusName": "bench", "Source": "bench", "DetailType": "Bench", "Detail": json.dumps({"id": told})}
        return events.put_events(Entries=[entry])

    return put


def _listen(cloud: Cloud, function: str, source: str, **more: Any) -> None:
    cloud.aws("lambda").create_event_source_mapping(FunctionName=function, EventSourceArn=source, **more)


def _hop(cloud: Cloud, name: str, put: Callable[[str], object]) -> list[float]:
    put(f"{name}-warm")
    time.sleep(2)
    began = {}
    for number in range(TRIES):
        began[f"{name}-{number}"] = time.time()
        put(f"{name}-{number}")
        time.sleep(_PAUSE + number * 0.013 % 0.1)
    time.sleep(2)
    came = _came(cloud)
    return [(came[told] - at) * 1000 for told, at in began.items() if told in came]


def _came(cloud: Cloud) -> dict[str, float]:
    pages = cloud.aws("logs").get_paginator("filter_log_events").paginate(logGroupName="/aws/lambda/bench-nothing")
    lines = (json.loads(event["message"]) for page in pages for event in page["events"] if '"came"' in event["message"])
    return {line["came"]: line["at"] for line in lines}
