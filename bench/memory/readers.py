"""How Lambda reads streams: a batch for each shard, when it is full or its window is over."""

import hashlib
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

MOST_BYTES = 6 * 1024 * 1024


class _Came(NamedTuple):
    at: float
    size: int
    record: Any


@dataclass
class Reader:
    """One event source mapping: `most` records a batch, `window` seconds."""

    shards: int
    most: int
    window: float
    _came: dict[int, deque[_Came]] = field(default_factory=lambda: defaultdict(deque))

    def shard_of(self, partition: str) -> int:
        return int.from_bytes(hashlib.md5(partition.encode(), usedforsecurity=False).digest()[:8]) % self.shards

    def put(self, shard: int, at: float, record: Any, size: int) -> None:
        """`size` is what the record takes of an invocation's payload."""
        self._came[shard].append(_Came(at, size, record))

    def due(self, now: float) -> Iterator[list[Any]]:
        """Batches that are to be taken by now; what is put meanwhile is in the next ones."""
        for shard in sorted(self._came):
            while batch := self._batch(self._came[shard], now):
                yield batch

    def _batch(self, came: deque[_Came], now: float) -> list[Any]:
        size = number = 0
        for one in came:
            if number == self.most or size + one.size > MOST_BYTES:
                break
            number, size = number + 1, size + one.size
        else:
            if not came or now - came[0].at < self.window:
                return []
        return [came.popleft().record for _ in range(number)]
