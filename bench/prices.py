"""What counts cost at the list prices of prices.json: a million events, and a month in which nothing happens."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bench.memory.stack import Deployed
from bench.memory.standing import Standing

_GB = 1024**3
_MILLION = 1_000_000
_SCHEDULED_AN_HOUR = {"rate(1 minute)": 60.0, "rate(1 hour)": 1.0}
_SCHEDULED_A_DAY = 1 / 24


@cache
def prices() -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parent / "prices.json").read_text())
    return found


def price(*path: str) -> float:
    """Without its tag."""
    found: Any = prices()
    for name in path:
        found = found[name]
    return float(found[0])


def assumed(name: str) -> float:
    return price("assumed", name)


@dataclass(frozen=True, slots=True)
class PerEvent:
    """Counts by event: what a bill is made of. `billed_kb` of Kinesis; `gb_seconds` of Lambda, waiting and all."""

    requests: float
    invocations: float
    gb_seconds: float
    write_units: float
    read_units: float
    billed_kb: float
    s3_puts: float
    entries: float
    entry_bytes: float
    sqs_requests: float
    kms_requests: float
    log_bytes: float


def bill(counts: PerEvent) -> dict[str, float]:
    """Dollars by service for a million events."""

    def many(number: float, name: str) -> float:
        return number * price("per_million", name)

    def much(size: float, *names: str) -> float:
        return size * _MILLION / _GB * sum(price("per_gb", name) for name in names)

    lambda_time = counts.gb_seconds * _MILLION * price("lambda_gb_second")
    archived = much(counts.entry_bytes, "eventbridge_archived")
    return {
        "HTTP API": many(counts.requests, "http_api_requests"),
        "Lambda": many(counts.invocations, "lambda_requests") + lambda_time,
        "Kinesis": much(counts.billed_kb * 1024, "kinesis_in", "kinesis_out"),
        "DynamoDB writes": many(counts.write_units, "dynamodb_write_units"),
        "DynamoDB reads": many(counts.read_units, "dynamodb_read_units"),
        "S3": many(counts.s3_puts, "s3_puts"),
        "EventBridge": many(counts.entries, "eventbridge_entries") + archived,
        "SQS": many(counts.sqs_requests, "sqs_requests"),
        "KMS": many(counts.kms_requests, "kms_requests"),
        "CloudWatch Logs": much(counts.log_bytes, "logs"),
    }


def idle(stack: Deployed, standing: Standing) -> dict[str, float]:
    """Dollars a month by what it is for; `standing` of each minute. ValueError for a kind of resource whose price
    isn't known.
    """
    kinds = {kind.removeprefix("AWS::"): number for kind, number in stack.kinds().items()}
    billed = {name: price("per_month", name) for name in prices()["per_month"]}
    known = {*billed, *prices()["free_when_idle"], "Kinesis::Stream"}
    if unknown := sorted(kinds.keys() - known):
        raise ValueError(f"prices.json says nothing of {', '.join(unknown)}")
    lines = {f"{kinds[name]} x {name}": kinds[name] * each for name, each in billed.items() if name in kinds}
    hours = assumed("hours_a_month")
    for stream in stack.of_type("Kinesis::Stream").values():
        lines[f"Kinesis stream, {_mode(stream)}"] = hours * _stream_hour(stream)
    queues = sum("Queue" in str(one["EventSourceArn"]) for one in stack.of_type("Lambda::EventSourceMapping").values())
    polls = queues * hours * assumed("polls_of_an_idle_queue_an_hour")
    lines[f"SQS, {queues} queues polled"] = polls / _MILLION * price("per_million", "sqs_requests")
    lines["Lambda, by schedule"] = _scheduled(stack)
    reads = standing.reads * price("per_million", "dynamodb_read_units")
    writes = standing.writes * price("per_million", "dynamodb_write_units")
    lines["DynamoDB, by schedule"] = (reads + writes) * 60 * hours / _MILLION
    asked = assumed("kms_requests_of_an_idle_stage_an_hour") * hours
    lines["KMS, by schedule"] = asked / _MILLION * price("per_million", "kms_requests")
    lines["CloudWatch metrics, by schedule"] = assumed("metrics_of_an_idle_stage") * price("metric_month")
    return lines


def _mode(stream: Mapping[str, Any]) -> str:
    return str(stream.get("StreamModeDetails", {}).get("StreamMode", "PROVISIONED")).lower().replace("_", "-")


def _stream_hour(stream: Mapping[str, Any]) -> float:
    if _mode(stream) == "on-demand":
        return price("kinesis_on_demand_stream_hour")
    is_longer = bool(stream.get("RetentionPeriodHours", 24) > 24)
    shard = price("kinesis_shard_hour") + is_longer * price("kinesis_shard_hour_kept_longer")
    return float(stream["ShardCount"]) * shard


def _scheduled(stack: Deployed) -> float:
    """Of functions that run by the clock and find nothing to do."""
    functions, dollars = stack.of_type("Lambda::Function"), 0.0
    for rule in stack.of_type("Events::Rule").values():
        said = rule.get("ScheduleExpression")
        for target in rule["Targets"] if said else []:
            megabytes = functions[target["Arn"]["Fn::GetAtt"][0]]["MemorySize"]
            hourly = _SCHEDULED_AN_HOUR.get(said, 1.0 if said.split()[1] == "*" else _SCHEDULED_A_DAY)
            gb_seconds = assumed("seconds_of_an_idle_run") * megabytes / 1024
            run = gb_seconds * price("lambda_gb_second") + price("per_million", "lambda_requests") / _MILLION
            dollars += hourly * assumed("hours_a_month") * run
    return dollars
