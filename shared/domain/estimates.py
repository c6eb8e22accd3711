"""What a rebuild or verify of so many people may ask of DynamoDB, what that costs, and how long it takes."""

from collections.abc import Collection
from dataclasses import dataclass
from math import ceil

from shared.domain.profiles import Profile

READ_DOLLARS, WRITE_DOLLARS = 0.125, 0.625
"""List prices of a million request units."""

PRICES = "DynamoDB on demand, us-east-1, 2026-11"

_READ_BYTES, _WRITE_BYTES = 4_096, 1_024
_READS = 5
"""Of a profile or an identifier: whose it is, its decisions, baselines, demotions and events."""


def write_dollars(write_units: int) -> float:
    return round(write_units * WRITE_DOLLARS / 1_000_000, 6)


@dataclass(frozen=True, slots=True)
class Extent:
    """Whom a job is about: `items` are profiles and identifiers of these bytes; `scanned` bytes find out who it is."""

    people: int
    items: int
    item_bytes: int
    events: int
    event_bytes: int
    scanned: int = 0


def of_people(people: Collection[Profile], event_bytes: float) -> Extent:
    """Of those who are known; `event_bytes` are those of an event on average."""
    events = sum(person.state.event_count for person in people)
    items = sum(1 + len(person.identifiers) for person in people)
    return Extent(len(people), items, sum(person.size for person in people), events, ceil(events * event_bytes))


@dataclass(frozen=True, slots=True)
class Estimate:
    read_units: int
    write_units: int
    dollars: float
    seconds: int


def estimate(extent: Extent, rate: int, *, is_writing: bool) -> Estimate:
    """Everybody is read and, of a rebuild, written, as if all differed: what comes of it is at most about that."""
    scanning = extent.scanned / _READ_BYTES / 2  # eventually consistent: half a unit
    reads = ceil(scanning + (extent.item_bytes + extent.event_bytes) / _READ_BYTES) + _READS * extent.items
    writes = extent.people  # each is noted with the job
    if is_writing:
        writes += extent.people + ceil(extent.item_bytes / _WRITE_BYTES)
    dollars = (reads * READ_DOLLARS + writes * WRITE_DOLLARS) / 1_000_000
    return Estimate(reads, writes, round(dollars, 6), ceil(extent.people / rate))
