"""What DynamoDB counts: the bytes of items, and the units that reading and writing them takes."""

from collections.abc import Mapping
from typing import Any

MOST_ITEM = 400 * 1024
_READ_UNIT, _WRITE_UNIT = 4096, 1024


def size_of(item: Mapping[str, Any]) -> int:
    return sum(len(name.encode()) + _size(typed) for name, typed in item.items())


def _size(typed: Mapping[str, Any]) -> int:
    ((kind, value),) = typed.items()
    match kind:
        case "S":
            return len(value.encode())
        case "B" | "BS":
            return len(value) if kind == "B" else sum(map(len, value))
        case "N":
            return len(value.strip("-0.").replace(".", "")) // 2 + 2
        case "M":
            return 3 + len(value) + size_of(value)
        case "L":
            return 3 + sum(1 + _size(one) for one in value)
    return 1


def write_units(*sizes: int) -> int:
    """Of one write: the larger of the item before and after counts."""
    return max(1, -(-max(sizes) // _WRITE_UNIT))


def read_units(size: int, consistent: bool) -> float:
    return max(1, -(-size // _READ_UNIT)) * (1.0 if consistent else 0.5)
