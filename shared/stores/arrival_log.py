"""The log by arrival: one object per batch with the records in it as they came, for retries and redrives. What erased
people sent isn't in it.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import zstandard

from shared.aws.objects import find_object, get_object, put_if, put_object
from shared.domain.suppression import NOBODY_LEFT_OUT, LeftOut
from shared.stores.contention import ContentionError


@dataclass(frozen=True, slots=True)
class Line:
    """A record: `<shard>:<sequence>`, when Kinesis had it (UTC text), and its JSON, or its bytes where it has none;
    `left_out` is what erased people were taken out of.
    """

    shard: str
    sequence: str
    arrived_at: str
    record: str | bytes
    left_out: LeftOut = NOBODY_LEFT_OUT

    def to_json(self) -> str:
        left_out = {"left_out": self.left_out.to_fields()} if any(self.left_out) else {}
        head = json.dumps({"origin": f"{self.shard}:{self.sequence}", "arrived_at": self.arrived_at, **left_out})
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
        put_object(self.bucket, key, _packed(lines))
        return key

    def get(self, key: str) -> list[Line]:
        return _unpacked(get_object(self.bucket, key))

    def replace(self, key: str, lines: Mapping[int, Line]) -> None:
        """Write these lines, by place, over those that are there. ContentionError where others did so too."""
        found = find_object(self.bucket, key)
        there = dict(enumerate(_unpacked(found.body))) if found else {}
        if found is None or not put_if(self.bucket, key, _packed(list({**there, **lines}.values())), found.etag):
            raise ContentionError


def _packed(lines: Sequence[Line]) -> bytes:
    return zstandard.ZstdCompressor().compress("\n".join(line.to_json() for line in lines).encode())


def _unpacked(body: bytes) -> list[Line]:
    text = zstandard.ZstdDecompressor().decompress(body).decode()
    return [_line(json.loads(line)) for line in text.split("\n")]


def _line(fields: dict[str, Any]) -> Line:
    shard, _, sequence = str(fields["origin"]).rpartition(":")
    record = fields["record"]
    return Line(
        shard=shard,
        sequence=sequence,
        arrived_at=str(fields["arrived_at"]),
        record=b64decode(record) if isinstance(record, str) else json.dumps(record, ensure_ascii=False),
        left_out=LeftOut.of_fields(fields.get("left_out", {})),
    )
