"""Items inserted many a call and never overwritten: DynamoDB answers for each item apart (PartiQL batch INSERT)."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from shared.aws.batching import chunks, wait
from shared.aws.clients import dynamodb
from shared.aws.dynamo import to_attributes

INSERTED = ""
THERE_ALREADY = "DuplicateItem"
CONTENDED = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingError",
        "ThrottlingException",
        "TransactionConflict",
        "TransactionConflictException",
    }
)
"""Codes after which the same insert may well succeed."""

_MOST = 25
_THREADS = 4  # a call waits for the network: four at once take a quarter of the time


def insert_items(table: str, items: Sequence[Mapping[str, object]], tries: int = 4) -> list[str]:
    """A code for each item: INSERTED, THERE_ALREADY, one of CONTENDED after the last try, or what else DynamoDB said.

    Keys must not repeat. Raises botocore's errors where a whole call failed for another reason than contention.
    """
    codes = [""] * len(items)
    left = list(range(len(items)))
    for turn in range(tries):
        if turn:
            wait(turn - 1)
        parts = list(chunks(left, _MOST))
        with ThreadPoolExecutor(_THREADS) as pool:
            answers = list(pool.map(lambda part: _insert(table, [items[place] for place in part]), parts))
        for part, answer in zip(parts, answers, strict=True):
            for place, code in zip(part, answer, strict=True):
                codes[place] = code
        left = [place for place in left if codes[place] in CONTENDED]
        if not left:
            break
    return codes


def _insert(table: str, items: Sequence[Mapping[str, object]]) -> list[str]:
    statements: list[Any] = [_statement(table, to_attributes(item)) for item in items]
    try:
        answers = dynamodb().batch_execute_statement(Statements=statements)["Responses"]
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in CONTENDED:
            return [code] * len(items)
        raise
    return [answer.get("Error", {}).get("Code", INSERTED) for answer in answers]


def _statement(table: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    fields = ", ".join(f"'{name}': ?" for name in attributes)
    return {"Statement": f"INSERT INTO {json.dumps(table)} VALUE {{{fields}}}", "Parameters": list(attributes.values())}
