"""Uniting maps: what every part of a profile's state is merged with."""

from collections.abc import Callable, Mapping
from typing import TypeVar

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
