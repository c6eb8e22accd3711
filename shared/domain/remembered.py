"""How a profile remembers which events it has folded: as short hashes, by anchor and by when they were stored."""

import hashlib
import operator
from collections.abc import Mapping
from typing import NamedTuple

from shared.domain.events import Event
from shared.domain.maps import unite_by_key

PART = 500
"""Hashes after which a bucket goes on in another item: 4 KB, a read unit."""

_BYTES = 8


class Busy(NamedTuple):
    """Of an anchor with many events of late: the profiles beside which its buckets lie, and how many hashes they hold,
    by quarter of the day.
    """

    beside: tuple[str, ...]
    quarters: Mapping[str, int]


class Bucket(NamedTuple):
    """Hashes of the events of an anchor that were stored in a quarter of a day."""

    anchor: str
    quarter: str


def event_hash(event: Event) -> bytes:
    """The 8 bytes by which a profile remembers an event."""
    return hashlib.sha256(event.sk.encode()).digest()[:_BYTES]


def hashes_in(kept: bytes) -> list[bytes]:
    return [kept[i : i + _BYTES] for i in range(0, len(kept), _BYTES)]


def number_of(kept: Mapping[str, bytes]) -> int:
    """How many hashes there are, in all quarters together."""
    return sum(map(len, kept.values())) // _BYTES


def bucket_of(event: Event) -> Bucket:
    """Where an event of a busy anchor may be remembered."""
    return Bucket(event.anchor or "", quarter_of(event.stored_at))


def quarter_of(time: str) -> str:
    """Of the day: `2026-11-21T06` from six to twelve."""
    return f"{time[:11]}{int(time[11:13]) // 6 * 6:02}"


def both_busy(one: Busy, other: Busy) -> Busy:
    beside = tuple(sorted({*one.beside, *other.beside}))
    return Busy(beside, unite_by_key(one.quarters, other.quarters, operator.add))
