"""How fast a source may send: a bucket of tokens for each source in each warm process."""

from dataclasses import dataclass
from math import ceil

BURST_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Bucket:
    """`tokens` that were left at `at` (seconds of any steady clock). Negative: a batch larger than what was left."""

    tokens: float
    at: float


def take(bucket: Bucket | None, events: int, per_second: int, now: float) -> tuple[Bucket, int]:
    """The bucket after a request of so many events, and 0, or the whole seconds to wait before it is tried again.

    Any batch is let through while something is left, whatever its size: one larger than the bucket could never pass.
    """
    full = per_second * BURST_SECONDS
    left = full if bucket is None else min(full, bucket.tokens + (now - bucket.at) * per_second)
    if left > 0:
        return Bucket(left - events, now), 0
    return Bucket(left, now), max(1, ceil((1 - left) / per_second))
