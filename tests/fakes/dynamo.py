"""DynamoDB in memory, as far as the stores use it: a real client of botocore whose calls end here.

It answers as DynamoDB does, errors among it; what it doesn't know it refuses. tests/contract runs the same suites over
it as over moto and Amazon's DynamoDB Local.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from tests.fakes import reading, writing
from tests.fakes.expressions import ExpressionError
from tests.fakes.parts import Answer, RefusedError, Request, Tables, invalid


def fake_client(calls: Callable[[str, Request], Answer]) -> Any:
    """A client of botocore, with its own errors and paginators, whose every call goes to `calls`."""
    keys = {"aws_access_key_id": "fake", "aws_secret_access_key": "fake"}
    client: Any = boto3.client("dynamodb", region_name="eu-west-1", **keys)  # type: ignore[call-overload]
    client._make_api_call = answering(client, calls)
    return client


def answering(client: Any, calls: Callable[[str, Request], Answer]) -> Callable[[str, Request], Answer]:
    """`calls` with botocore's errors."""

    def call(operation: str, request: Request) -> Answer:
        try:
            return calls(operation, request)
        except RefusedError as refused:
            raise _error(client, operation, refused) from refused

    return call


def _error(client: BaseClient, operation: str, refused: RefusedError) -> ClientError:
    response: Any = {"Error": {"Code": refused.code, "Message": refused.text}}
    if refused.item is not None:
        response["Item"] = refused.item
    if refused.reasons:
        response["CancellationReasons"] = list(refused.reasons)
    kind: type[ClientError] = client.exceptions.from_code(refused.code)
    return kind(response, operation)


@dataclass
class FakeDynamo:
    """No item is ever changed, only replaced: a copy of the maps is a copy of all."""

    tables: Tables = field(default_factory=dict)
    _lock: Any = field(default_factory=threading.RLock)

    def call(self, operation: str, request: Request) -> Answer:
        """Carry out an operation named as botocore does. RefusedError where DynamoDB would refuse it."""
        if operation not in _OPERATIONS:
            raise NotImplementedError(operation)
        perform, known = _OPERATIONS[operation]
        if unknown := request.keys() - known - _OF_ALL:
            raise NotImplementedError(f"{operation}: {sorted(unknown)}")
        with self._lock:
            try:
                return perform(self.tables, request)
            except ExpressionError as error:
                raise invalid(str(error)) from error


_OF_ALL = frozenset(
    {"ReturnConsumedCapacity", "ExpressionAttributeNames", "ExpressionAttributeValues", "ConsistentRead"}
)
_TABLE = frozenset({"TableName", "KeySchema", "AttributeDefinitions", "BillingMode", "StreamSpecification"})
_ONE = frozenset({"TableName", "Key", "ProjectionExpression"})
_WRITE = frozenset({"TableName", "ConditionExpression", "ReturnValues", "ReturnValuesOnConditionCheckFailure"})
_PAGED = frozenset({"TableName", "FilterExpression", "ProjectionExpression", "Limit", "ExclusiveStartKey", "Select"})
_OPERATIONS: dict[str, tuple[Callable[[Tables, Request], Answer], Iterable[str]]] = {
    "CreateTable": (writing.create, _TABLE),
    "UpdateTimeToLive": (writing.expire, frozenset({"TableName", "TimeToLiveSpecification"})),
    "GetItem": (reading.get, _ONE),
    "BatchGetItem": (reading.batch_get, frozenset({"RequestItems"})),
    "PutItem": (writing.put, _WRITE | {"Item"}),
    "UpdateItem": (writing.update, _WRITE | {"Key", "UpdateExpression"}),
    "DeleteItem": (writing.delete, _WRITE | {"Key"}),
    "TransactWriteItems": (writing.transact, frozenset({"TransactItems"})),
    "BatchWriteItem": (writing.batch_write, frozenset({"RequestItems"})),
    "BatchExecuteStatement": (writing.execute, frozenset({"Statements"})),
    "Query": (reading.query, _PAGED | {"KeyConditionExpression", "ScanIndexForward"}),
    "Scan": (reading.scan, _PAGED | {"Segment", "TotalSegments"}),
}
