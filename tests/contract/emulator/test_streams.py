"""Stream mappings of the emulator retry, split, filter and give up as Lambda's do."""

import json
import time
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.emulator.support import Emulator, Template, function, role, table, until

# Notes each batch it sees in a table, and fails as the records' own data says.
WITNESS = """
    import base64, json, os, time, uuid, boto3
    notes = boto3.client("dynamodb")
    def data(record):
        if "kinesis" in record:
            return json.loads(base64.b64decode(record["kinesis"]["data"]))
        return json.loads(record["dynamodb"]["NewImage"]["data"]["S"])
    def sequence(record):
        return record["kinesis"]["sequenceNumber"] if "kinesis" in record else record["dynamodb"]["SequenceNumber"]
    def handler(event, context):
        records = event["Records"]
        numbers = [data(record)["n"] for record in records]
        note = {"pk": {"S": uuid.uuid4().hex}, "at": {"N": str(time.time())}, "numbers": {"S": json.dumps(numbers)}}
        notes.put_item(TableName=os.environ["NOTES"], Item=note)
        while any(data(record).get("wait") for record in records):
            if "Item" in notes.get_item(TableName=os.environ["NOTES"], Key={"pk": {"S": "go on"}}):
                break
            time.sleep(0.05)
        if any(data(record).get("raise") for record in records):
            raise ValueError("poison")
        failed = [sequence(record) for record in records if data(record).get("fail")]
        return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}
"""


class Stream:
    """A function behind a stream, the batches it saw and what was left for it in S3."""

    def __init__(self, emulator: Emulator, kind: str, **mapping: Any) -> None:
        self.emulator, self.kind, self.name = emulator, kind, f"s{uuid4().hex[:8]}"
        source = {"Fn::GetAtt": ["Source", "Arn" if kind == "kinesis" else "StreamArn"]}
        self.resources: Template = {
            "Role": role(),
            "Notes": table(TableName=f"{self.name}-notes"),
            "Failures": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": f"{self.name}-failures"}},
            "Source": self._source(),
            "Witness": function(WITNESS, Environment={"Variables": {"NOTES": f"{self.name}-notes"}}),
            "Mapping": {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {
                    "FunctionName": {"Ref": "Witness"},
                    "EventSourceArn": source,
                    "StartingPosition": "TRIM_HORIZON",
                    "BatchSize": 100,
                    "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Failures", "Arn"]}}},
                    "Enabled": False,
                    **mapping,
                },
            },
        }
        self.mapping = emulator.deploy(self.resources, self.name, {"Mapping": {"Ref": "Mapping"}})["Mapping"]

    def _source(self) -> Template:
        if self.kind == "kinesis":
            return {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": self.name, "ShardCount": 1}}
        return table(TableName=self.name, StreamSpecification={"StreamViewType": "NEW_IMAGE"})

    def put(self, *records: dict[str, Any]) -> None:
        """While the mapping is off, so that they come as one batch; then on."""
        for record in records:
            if self.kind == "kinesis":
                data = json.dumps(record).encode()
                self.emulator.client("kinesis").put_record(StreamName=self.name, Data=data, PartitionKey="one")
            else:
                item = {"pk": {"S": str(record["n"])}, "data": {"S": json.dumps(record)}}
                self.emulator.client("dynamodb").put_item(TableName=self.name, Item=item)
        self.emulator.client("lambda").update_event_source_mapping(UUID=self.mapping, Enabled=True)

    def batches(self) -> list[list[int]]:
        items = self.emulator.client("dynamodb").scan(TableName=f"{self.name}-notes")["Items"]
        return [json.loads(item["numbers"]["S"]) for item in sorted(items, key=lambda item: float(item["at"]["N"]))]

    def saw(self, *batches: list[int]) -> None:
        """Exactly these, also a moment later."""
        until(lambda: len(self.batches()) >= len(batches))
        time.sleep(0.3)
        assert self.batches() == list(batches)

    def failures(self) -> list[dict[str, Any]]:
        s3, bucket = self.emulator.client("s3"), f"{self.name}-failures"
        keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        assert all(key.startswith(f"aws/lambda/{self.mapping}/shardId-") for key in keys)
        return [json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]


@pytest.fixture(params=["kinesis", "dynamodb"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


PARTIAL = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}


def test_a_partial_answer_has_the_rest_tried_again_from_the_first_failure(emulator: Emulator, kind: str) -> None:
    stream = Stream(emulator, kind, MaximumRetryAttempts=2, **PARTIAL)
    stream.put({"n": 0}, {"n": 1, "fail": True}, {"n": 2})
    stream.saw([0, 1, 2], [1, 2], [1, 2])
    assert [left["condition"] for left in (left["requestContext"] for left in stream.failures())] == [
        "RetryAttemptsExhausted"
    ]


def test_an_unasked_partial_answer_is_a_success(emulator: Emulator, kind: str) -> None:
    stream = Stream(emulator, kind, MaximumRetryAttempts=2)
    stream.put({"n": 0, "fail": True}, {"n": 1})
    stream.saw([0, 1])
    assert stream.failures() == []


def test_a_poison_record_is_split_out_tried_and_left_in_s3_whole(emulator: Emulator, kind: str) -> None:
    stream = Stream(emulator, kind, MaximumRetryAttempts=1, BisectBatchOnFunctionError=True, **PARTIAL)
    stream.put({"n": 0}, {"n": 1}, {"n": 2, "raise": True}, {"n": 3})
    stream.saw([0, 1, 2, 3], [0, 1], [2, 3], [2], [2], [3])
    [left] = until(stream.failures)
    info = left["KinesisBatchInfo" if kind == "kinesis" else "DDBStreamBatchInfo"]
    assert info["batchSize"] == 1
    [record] = json.loads(left["payload"])["Records"]
    assert record["eventSource"] == f"aws:{kind}"
    assert left["requestContext"]["approximateInvokeCount"] == 2


def test_without_a_limit_a_batch_is_tried_until_it_works_or_the_mapping_goes(emulator: Emulator, kind: str) -> None:
    stream = Stream(emulator, kind)
    stream.put({"n": 0, "raise": True})
    until(lambda: len(stream.batches()) >= 4)
    del stream.resources["Mapping"]
    emulator.deploy(stream.resources, stream.name)
    time.sleep(1.5)
    tries = len(stream.batches())
    time.sleep(1.5)
    assert len(stream.batches()) == tries


def test_a_batch_that_is_too_old_is_given_up(emulator: Emulator, kind: str) -> None:
    stream = Stream(emulator, kind, MaximumRecordAgeInSeconds=1)
    stream.put({"n": 0, "raise": True})
    [left] = until(stream.failures)
    assert left["requestContext"]["condition"] == "RecordAgeExceeded"


def test_records_outside_the_filter_are_passed_over(emulator: Emulator, kind: str) -> None:
    wanted = {"data": {"n": [1]}} if kind == "kinesis" else {"dynamodb": {"NewImage": {"pk": {"S": ["1"]}}}}
    stream = Stream(emulator, kind, FilterCriteria={"Filters": [{"Pattern": json.dumps(wanted)}]})
    stream.put({"n": 0}, {"n": 1}, {"n": 2})
    stream.saw([1])


def test_a_filter_on_the_event_name_lets_inserts_alone_through(emulator: Emulator) -> None:
    pattern = json.dumps({"eventName": ["INSERT"]})
    stream = Stream(emulator, "dynamodb", FilterCriteria={"Filters": [{"Pattern": pattern}]})
    stream.put({"n": 1}, {"n": 1, "again": True}, {"n": 2})
    stream.saw([1, 2])


def test_a_slow_function_does_not_delay_another(emulator: Emulator) -> None:
    slow, quick = Stream(emulator, "kinesis"), Stream(emulator, "kinesis")
    slow.put({"n": 0, "wait": True})
    until(slow.batches)
    quick.put({"n": 1})
    assert until(quick.batches) == [[1]]
    note = {"pk": {"S": "go on"}, "at": {"N": "0"}, "numbers": {"S": "[]"}}
    emulator.client("dynamodb").put_item(TableName=f"{slow.name}-notes", Item=note)


def test_a_batch_stays_under_the_size_of_an_invocation(emulator: Emulator) -> None:
    stream = Stream(emulator, "kinesis")
    stream.put(*[{"n": number, "filler": "x" * 700_000} for number in range(8)])
    stream.saw([0, 1, 2, 3, 4, 5], [6, 7])


def test_partiql_inserts_are_on_the_stream_and_a_duplicate_is_not(emulator: Emulator) -> None:
    stream = Stream(emulator, "dynamodb")
    statement = f"INSERT INTO \"{stream.name}\" VALUE {{'pk': ?, 'data': ?}}"
    parameters = [[{"S": str(n)}, {"S": json.dumps({"n": n})}] for n in (1, 2, 1)]
    statements = [{"Statement": statement, "Parameters": values} for values in parameters]
    answers = emulator.client("dynamodb").batch_execute_statement(Statements=statements)["Responses"]
    assert [answer.get("Error", {}).get("Code") for answer in answers] == [None, None, "DuplicateItem"]
    stream.put()
    stream.saw([1, 2])
