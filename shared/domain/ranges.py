"""Sets of sequence numbers as ranges, in few bytes: which records are counted, and which of them still wait."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_BITS = 7


@dataclass(frozen=True, slots=True)
class Ranges:
    """Whole numbers from 0 on; `spans` are (first, last), both included, sorted and apart."""

    spans: tuple[tuple[int, int], ...] = ()

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self.spans, number, key=lambda span: span[0])
        return place > 0 and number <= self.spans[place - 1][1]

    def __bool__(self) -> bool:
        return bool(self.spans)

    @property
    def last(self) -> int:
        """The highest number, or -1."""
        return self.spans[-1][1] if self.spans else -1

    def united(self, others: Iterable[tuple[int, int]]) -> "Ranges":
        spans: list[tuple[int, int]] = []
        for first, last in sorted((*self.spans, *others)):
            if spans and first <= spans[-1][1] + 1:
                spans[-1] = (spans[-1][0], max(spans[-1][1], last))
            else:
                spans.append((first, last))
        return Ranges(tuple(spans))

    def without(self, first: int, last: int) -> "Ranges":
        """All but the numbers from `first` to `last`."""
        outside = [(a, min(b, first - 1)) for a, b in self.spans if a < first]
        outside += [(max(a, last + 1), b) for a, b in self.spans if b > last]
        return Ranges(tuple(outside))

    def to_bytes(self) -> bytes:
        """Distances from bound to bound, seven bits a byte: about 30 bytes a range of Kinesis' 56 digits."""
        encoded, before = bytearray(), 0
        for bound in (bound for span in self.spans for bound in span):
            encoded += _varint(bound - before)
            before = bound
        return bytes(encoded)

    @classmethod
    def from_bytes(cls, encoded: bytes) -> "Ranges":
        bounds, before = [], 0
        for distance in _varints(encoded):
            before += distance
            bounds.append(before)
        return cls(tuple(zip(bounds[::2], bounds[1::2], strict=True)))


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number >= 1 << _BITS:
        encoded.append(number % (1 << _BITS) | 1 << _BITS)
        number >>= _BITS
    return bytes((*encoded, number))


def _varints(encoded: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in encoded:
        number |= byte % (1 << _BITS) << shift
        shift += _BITS
        if byte < 1 << _BITS:
            yield number
            number = shift = 0
