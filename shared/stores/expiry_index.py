"""Which anchors have events that expire, by day: written when events are stored, so that no table is ever scanned.

An object is work to do: the sweep deletes it once all its anchors are folded.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import zstandard

from shared.aws.batching import chunks
from shared.aws.objects import delete_objects, get_object, list_objects, put_object

PREFIX = "expiring/"
MOST_ANCHORS = 20_000
"""In one object: what a sweep has to do again at most where it is cut off."""


class Due(NamedTuple):
    """An object of the index; some event of each of its anchors expires on `day` (`2027-11-21`)."""

    day: str
    key: str


@dataclass(frozen=True, slots=True)
class ExpiryIndex:
    bucket: str

    def put(self, day: str, written: str, anchors: Iterable[str]) -> None:
        """`written` names what the anchors are from; the same name, day and anchors make the same objects."""
        for number, chunk in enumerate(chunks(sorted(anchors), MOST_ANCHORS)):
            body = zstandard.ZstdCompressor().compress("\n".join(chunk).encode())
            put_object(self.bucket, f"{PREFIX}{day}/{written}-{number}.txt.zst", body)

    def due(self, last: str) -> Iterator[Due]:
        """The objects of all days until `last`, oldest day first."""
        for found in list_objects(self.bucket, PREFIX):
            day = found.key.removeprefix(PREFIX).partition("/")[0]
            if day > last:
                return
            yield Due(day, found.key)

    def anchors(self, due: Due) -> Sequence[str]:
        return zstandard.ZstdDecompressor().decompress(get_object(self.bucket, due.key)).decode().split("\n")

    def forget(self, due: Due) -> None:
        delete_objects(self.bucket, [due.key])
