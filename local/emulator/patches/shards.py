"""The shards that an event source mapping reads, of a Kinesis stream or a table's stream, and its place in each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from ministack.core.arn import parse_arn
from ministack.services import dynamodb, kinesis, lambda_svc

from local.emulator.patches.retries import Record

INVOCATION_BYTES = 6 * 1024 * 1024
TABLE_SHARD = "shardId-00000000000000000000-00000000"


class Shard(Protocol):
    @property
    def mapping(self) -> dict[str, Any]: ...
    @property
    def id(self) -> str: ...
    def waiting(self) -> bool: ...
    def read(self) -> list[Record]: ...
    def advance(self, count: int) -> None: ...


@dataclass(frozen=True)
class KinesisShard:
    mapping: dict[str, Any]
    id: str
    source: dict[str, Any]
    positions: dict[str, int]

    def waiting(self) -> bool:
        return len(self.source["records"]) > self.positions[self.id]

    def read(self) -> list[Record]:
        """As many as the batch size and the size of an invocation allow, at least one."""
        start, size, batch = self.positions[self.id], 0, list[Record]()
        for record in self.source["records"][start : start + int(self.mapping["BatchSize"])]:
            size += len(record["Data"])
            if batch and size > INVOCATION_BYTES:
                break
            batch.append(self._event_record(record))
        return batch

    def advance(self, count: int) -> None:
        self.positions[self.id] += count

    def _event_record(self, record: dict[str, Any]) -> Record:
        arn = parse_arn(self.mapping["EventSourceArn"])
        return {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record["PartitionKey"],
                "sequenceNumber": record["SequenceNumber"],
                "data": record["Data"],
                "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"],
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{self.id}:{record['SequenceNumber']}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": f"arn:aws:iam::{arn.account_id}:role/{self.mapping['FunctionName']}",
            "awsRegion": arn.region,
            "eventSourceARN": self.mapping["EventSourceArn"],
        }


@dataclass(frozen=True)
class TableShard:
    mapping: dict[str, Any]
    table: str
    id: str = TABLE_SHARD

    def waiting(self) -> bool:
        return bool(dynamodb.stream_end_position(self.table) > self._position())

    def read(self) -> list[Record]:
        size = int(self.mapping["BatchSize"])
        return list(dynamodb.stream_records_since(self.table, self._position(), size))

    def advance(self, count: int) -> None:
        lambda_svc._dynamodb_stream_positions[self.mapping["UUID"]] = self._position() + count

    def _position(self) -> int:
        at = lambda_svc._dynamodb_stream_positions[self.mapping["UUID"]]
        return max(int(at), int(dynamodb.stream_start_position(self.table)))


def shards_of(mapping: dict[str, Any]) -> Iterator[Shard]:
    """Those that exist now. Call it in the account and region of the mapping."""
    arn = parse_arn(mapping["EventSourceArn"])
    if arn.service == "kinesis":
        yield from _kinesis_shards(mapping, lambda_svc._kinesis_stream_name_from_arn_spec(arn))
    elif arn.service == "dynamodb":
        name, _label = lambda_svc._dynamodb_stream_table_from_arn_spec(arn)
        table = dynamodb._tables.get(name)
        if table and table.get("LatestStreamArn") == mapping["EventSourceArn"]:
            lambda_svc._init_stream_position(mapping["UUID"], mapping["EventSourceArn"], mapping["StartingPosition"])
            yield TableShard(mapping, name)


def _kinesis_shards(mapping: dict[str, Any], stream_name: str) -> Iterator[Shard]:
    stream = kinesis._streams.get(stream_name)
    if not stream or stream["StreamStatus"] != "ACTIVE":
        return
    positions = lambda_svc._kinesis_positions.get(mapping["UUID"])
    if positions is None:
        latest = mapping["StartingPosition"] != "TRIM_HORIZON"
        positions = {key: len(shard["records"]) if latest else 0 for key, shard in stream["shards"].items()}
        lambda_svc._kinesis_positions[mapping["UUID"]] = positions
    for shard_id, source in stream["shards"].items():
        positions.setdefault(shard_id, 0)
        yield KinesisShard(mapping, shard_id, source, positions)
