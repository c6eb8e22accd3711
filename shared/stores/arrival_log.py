"""The log by arrival: one object per batch with the records in it as they came, for retries, redrives and the lake."""

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass

import zstandard

from shared.aws.objects import get_object, put_object


@dataclass(frozen=True, slots=True)
class Line:
    """A record: `<shard>:<sequence>`, when Kinesis had it (UTC text), and its JSON, or its bytes where it has none."""

    shard: str
    sequence: str
    arrived_at: str
    record: str | bytes

    def to_json(self) -> str:
        head = json.dumps({"origin": f"{self.shard}:{self.sequence}", "arrived_at": self.arrived_at})
        record = self.record if isinstance(self.record, str) else json.dumps(b64encode(self.record).decode())
        return f'{head[:-1]}, "record": {record}}}'


@dataclass(frozen=True, slots=True)
class ArrivalLog:
    bucket: str

    def put(self, lines: Sequence[Line]) -> str:
        """Write the records of one batch, all of one shard, and give the object's key: the same for the same batch."""
        first, last = lines[0], lines[-1]
        day, hour = first.arrived_at[:10].replace("-", "/"), first.arrived_at[11:13]
        key = f"log/{day}/{hour}/{first.shard}-{first.sequence}-{last.sequence}.jsonl.zst"
        text = "\n".join(line.to_json() for line in lines)
        put_object(self.bucket, key, zstandard.ZstdCompressor().compress(text.encode()))
        return key

    def get(self, key: str) -> list[Line]:
        text = zstandard.ZstdDecompressor().decompress(get_object(self.bucket, key)).decode()
        return [_line(json.loads(line)) for line in text.split("\n")]


def _line(fields: dict[str, object]) -> Line:
    shard, _, sequence = str(fields["origin"]).rpartition(":")
    record = fields["record"]
    return Line(
        shard=shard,
        sequence=sequence,
        arrived_at=str(fields["arrived_at"]),
        record=b64decode(record) if isinstance(record, str) else json.dumps(record, ensure_ascii=False),
    )
