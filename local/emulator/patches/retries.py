"""How Lambda drives one batch of a stream to its end: partial answers, bisection, a bounded number of tries."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Policy:
    """What the event source mapping asks for. `tries` counts invocations; None means until it works."""

    tries: int | None
    oldest_seconds: int | None
    bisects: bool
    partial: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """Records from `first` on are to be tried again; `by_error` where the function raised instead of answering."""

    first: int
    by_error: bool


@dataclass(frozen=True, slots=True)
class Batch:
    records: list[Record]
    invocations: int = 0


def policy_of(mapping: dict[str, Any]) -> Policy:
    retries = int(mapping.get("MaximumRetryAttempts", -1))
    oldest = int(mapping.get("MaximumRecordAgeInSeconds", -1))
    return Policy(
        tries=None if retries < 0 else retries + 1,
        oldest_seconds=None if oldest < 0 else oldest,
        bisects=bool(mapping.get("BisectBatchOnFunctionError")),
        partial="ReportBatchItemFailures" in (mapping.get("FunctionResponseTypes") or []),
    )


def settle(
    records: list[Record],
    policy: Policy,
    invoke: Callable[[list[Record]], Failed | None],
    give_up: Callable[[Batch, str], None],
    wait: Callable[[int], None],
) -> None:
    """Returns once every record was taken by the function or handed to `give_up` with Lambda's word for the reason.
    Splitting a batch costs no try."""
    waiting = [Batch(records)]
    while waiting:
        batch = waiting.pop()
        failed = invoke(batch.records)
        if failed is None:
            continue
        rest = Batch(batch.records[failed.first :], batch.invocations + 1)
        if policy.bisects and failed.by_error and len(rest.records) > 1:
            middle = len(rest.records) // 2
            waiting += [
                Batch(rest.records[middle:], batch.invocations),
                Batch(rest.records[:middle], batch.invocations),
            ]
        elif policy.tries is not None and rest.invocations >= policy.tries:
            give_up(rest, "RetryAttemptsExhausted")
        elif policy.oldest_seconds is not None and _age(rest.records) > policy.oldest_seconds:
            give_up(rest, "RecordAgeExceeded")
        else:
            wait(rest.invocations)
            waiting.append(rest)


def read_answer(answer: Any, records: list[Record], partial: bool) -> Failed | None:
    """What a function's answer says of its batch. An identifier that isn't of the batch fails all of it."""
    failures = answer.get("batchItemFailures") if partial and isinstance(answer, dict) else None
    if not failures:
        return None
    positions = {sequence_number(record): position for position, record in enumerate(records)}
    named = [positions.get(failure.get("itemIdentifier"), 0) for failure in failures]
    return Failed(first=min(named), by_error=False)


def sequence_number(record: Record) -> str:
    body = record.get("kinesis") or record["dynamodb"]
    return str(body.get("sequenceNumber") or body["SequenceNumber"])


def arrived_at(record: Record) -> float:
    """Epoch seconds."""
    if "kinesis" in record:
        return float(record["kinesis"]["approximateArrivalTimestamp"])
    return float(record["dynamodb"]["ApproximateCreationDateTime"])


def _age(records: list[Record]) -> float:
    return time.time() - min(arrived_at(record) for record in records)
