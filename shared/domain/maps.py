"""Maps: united, as every part of a profile's state is merged, and compared as JSON is."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

K = TypeVar("K")
V = TypeVar("V")


def unite_by_key(one: Mapping[K, V], other: Mapping[K, V], both: Callable[[V, V], V]) -> Mapping[K, V]:
    """Both maps, `both` deciding where a key is in either."""
    if not other:
        return one
    united = dict(one)
    for key, value in other.items():
        united[key] = both(united[key], value) if key in united else value
    return united


def is_same(one: Any, other: Any) -> bool:
    """Equal as JSON: 1 is 1.0, and true, which Python takes for 1, isn't."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(is_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(is_same, one, other))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)
