"""The log of outcomes: an object per written batch with how each element ended, keyed by the hour of writing."""

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import zstandard

from shared.aws.objects import Listed, get_object, get_objects, list_objects, put_object
from shared.stores import lifecycles

PREFIX = "outcomes/"
KEPT_DAYS = lifecycles.KEPT_DAYS[PREFIX]
Line = Mapping[str, Any]
"""How one element ended: `outcome`, `origin`, `source_id` and, of a stored one, its item. docs/data-model.md has it."""

_TOLD_BY = ("origin", "outcome", "pk", "sk")


@dataclass(frozen=True, slots=True)
class OutcomeLog:
    bucket: str

    def put(self, batch: str, written_at: str, lines: Sequence[Line]) -> str:
        """Write the lines of a batch and give the object's key.

        The same batch that ends in the same way in the same hour is the same object; ended otherwise (its source was
        disabled in between) it is another, so that nothing said to be stored is ever overwritten.
        """
        told = json.dumps([[line.get(name) for name in _TOLD_BY] for line in lines])
        mark = hashlib.sha256(told.encode()).hexdigest()[:16]
        key = f"{hour_prefix(written_at)}{batch}-{mark}.jsonl.zst"
        text = "\n".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in lines)
        put_object(self.bucket, key, zstandard.ZstdCompressor().compress(text.encode()))
        return key

    def listed(self, hour: str) -> Iterator[Listed]:
        """The objects of an hour (`2026-11-21T09`)."""
        return list_objects(self.bucket, hour_prefix(hour))

    def first_hour(self) -> str | None:
        """The oldest hour that still has an object."""
        oldest = next(list_objects(self.bucket, PREFIX), None)
        if oldest is None:
            return None
        year, month, day, hour = oldest.key.removeprefix(PREFIX).split("/")[:4]
        return f"{year}-{month}-{day}T{hour}"

    def lines(self, key: str) -> Iterator[Line]:
        return map(json.loads, _texts(get_object(self.bucket, key)))

    def objects_of_hour(self, hour: str) -> Iterator[Iterator[str]]:
        """The objects of an hour, each as its lines of JSON text. A busy hour has tens of thousands of them, so a few
        are fetched at once; memory never holds one inflated.
        """
        return map(_texts, get_objects(self.bucket, (found.key for found in self.listed(hour))))


def _texts(body: bytes) -> Iterator[str]:
    with zstandard.ZstdDecompressor().stream_reader(body) as reader:
        yield from io.TextIOWrapper(reader, encoding="utf-8", newline="\n")


def hour_prefix(moment: str) -> str:
    """What the keys of a moment's hour begin with; `moment` is UTC text from the hour on."""
    return f"{PREFIX}{moment[:10].replace('-', '/')}/{moment[11:13]}/"
