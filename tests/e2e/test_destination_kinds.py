"""A queue, a stream and a list for an ad platform, which deliver reaches by its role alone."""

import csv
import hashlib
import json
import time
from typing import Any

import pytest

from functions.deliver.handler import CONFIGURATION_KEPT_SECONDS
from local import aws as local_aws
from local.outputs import Outputs
from tests.e2e.people import api, aws, eventually, fresh, has, sdk
from tests.e2e.test_spine import BOUGHT

pytestmark = pytest.mark.e2e
SHARD = "shardId-000000000000"
HASHED = {"identifiers": ["email"], "fields": [{"name": "em", "source": "identifiers.email", "hash": "sha256"}]}


def add(cloud: Outputs, kind: str, **settings: Any) -> str:
    name = fresh(kind.replace("_", "-"))
    body = {"name": name, "kind": kind, "detail_types": ["Segment Entered"], **HASHED, **settings}
    api(cloud).put(f"/v1/destinations/{name}", body)
    return name


def test_who_enters_a_segment_is_told_of_on_a_queue_and_a_stream_and_in_a_file(
    cloud: Outputs, request: pytest.FixtureRequest
) -> None:
    if "iam" not in request.node.name:
        pytest.skip("it is the same on the cloud that holds functions to their roles")
    sqs, kinesis, s3 = (aws(cloud, service) for service in ("sqs", "kinesis", "s3"))
    url = sqs.create_queue(QueueName="facts")["QueueUrl"]
    kinesis.create_stream(StreamName="facts", ShardCount=1)
    queued = add(cloud, "stream", stream={"arn": local_aws.FACTS_QUEUE}, facts_per_second=50)
    streamed = add(cloud, "stream", stream={"arn": local_aws.FACTS_STREAM})
    needed = ["Segment Entered", "Segment Exited", "Consent Changed", "Profile Merged", "Profile Erased"]
    listed = add(cloud, "s3_list", s3_list={"segment": "bought_once", "most_facts": 1}, detail_types=needed)
    time.sleep(CONFIGURATION_KEPT_SECONDS)
    user = fresh("user")
    client = sdk(cloud)
    client.identify(user, {"email": f"{user}@Example.com"})
    client.track(user, BOUGHT)
    client.shutdown()
    profile_id = has(cloud, f"user_id:{user}", Order_Completed=1)["profile_id"]
    em = hashlib.sha256(f"{user}@example.com".encode()).hexdigest()

    def of_queue() -> list[Any]:
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
        return [one for one in found.get("Messages", []) if json.loads(one["Body"])["data"].get("em") == em]

    [message] = eventually(of_queue, "a message on the queue")
    assert message["MessageAttributes"]["destination"]["StringValue"] == queued
    assert json.loads(message["Body"])["data"] == {"em": em}
    at = kinesis.get_shard_iterator(StreamName="facts", ShardId=SHARD, ShardIteratorType="TRIM_HORIZON")

    def of_stream() -> list[Any]:
        found = kinesis.get_records(ShardIterator=at["ShardIterator"])["Records"]
        return [one for one in found if one["PartitionKey"] == profile_id]

    [record] = eventually(of_stream, f"a record for {streamed}")
    assert json.loads(record["Data"]) == json.loads(message["Body"])

    def of_list() -> list[str]:
        found = s3.list_objects_v2(Bucket=cloud.log_bucket, Prefix=f"outbound/{listed}/incremental/")
        files = [s3.get_object(Bucket=cloud.log_bucket, Key=one["Key"]) for one in found.get("Contents", [])]
        return [row["em"] for file in files for row in csv.DictReader(file["Body"].read().decode().splitlines())]

    assert eventually(of_list, "a file of the list") == [em]
    for one in (queued, streamed, listed):
        api(cloud).delete(f"/v1/destinations/{one}")
