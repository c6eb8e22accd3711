"""The record that Lambda leaves in S3 for a batch it gave up: metadata, and the whole event in `payload`."""

import json
import logging
import os
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import boto3
from botocore.exceptions import ClientError
from ministack.core.lambda_runtime import execution_credentials

from local.emulator.patches.retries import Batch, Record, arrived_at, sequence_number

logger = logging.getLogger(__name__)
S3_ARN = "arn:aws:s3:::"
BATCH_INFO = {"kinesis": "KinesisBatchInfo", "dynamodb": "DDBStreamBatchInfo"}


def leave_in_s3(mapping: dict[str, Any], function: dict[str, Any], shard_id: str, batch: Batch, condition: str) -> None:
    """Written with the function's role, as on AWS, so that IAM enforcement covers it. A refusal is logged: Lambda
    drops the records then, too."""
    destination = ((mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination") or ""
    if not destination.startswith(S3_ARN):
        logger.error("%d records of %s are dropped: no S3 destination", len(batch.records), mapping["FunctionName"])
        return
    now = datetime.now(UTC)
    body = json.dumps(_invocation_record(mapping, function, shard_id, batch, condition, now))
    key = f"aws/lambda/{mapping['UUID']}/{shard_id}/{now:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{uuid4()}"
    try:
        _s3(function).put_object(Bucket=destination.removeprefix(S3_ARN), Key=key, Body=body.encode())
    except ClientError:
        logger.exception("%d records of %s are dropped", len(batch.records), mapping["FunctionName"])


def _s3(function: dict[str, Any]) -> Any:
    credentials = execution_credentials(function)
    return boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
        region_name=function["FunctionArn"].split(":")[3],
        aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=credentials["AWS_SESSION_TOKEN"] or None,
    )


def _invocation_record(
    mapping: dict[str, Any],
    function: dict[str, Any],
    shard_id: str,
    batch: Batch,
    condition: str,
    now: datetime,
) -> dict[str, Any]:
    first, last = batch.records[0], batch.records[-1]
    return {
        "requestContext": {
            "requestId": str(uuid4()),
            "functionArn": function["FunctionArn"],
            "condition": condition,
            "approximateInvokeCount": batch.invocations,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": _iso(now),
        BATCH_INFO[_kind(first)]: {
            "shardId": shard_id,
            "startSequenceNumber": sequence_number(first),
            "endSequenceNumber": sequence_number(last),
            "approximateArrivalOfFirstRecord": _iso(datetime.fromtimestamp(arrived_at(first), UTC)),
            "approximateArrivalOfLastRecord": _iso(datetime.fromtimestamp(arrived_at(last), UTC)),
            "batchSize": len(batch.records),
            "streamArn": mapping["EventSourceArn"],
        },
        "payload": json.dumps({"Records": batch.records}),
    }


def _kind(record: Record) -> str:
    return "kinesis" if "kinesis" in record else "dynamodb"


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
