"""Tallies: how often events of each name happened to a person, for a bounded number of names."""

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from operator import add
from types import MappingProxyType
from typing import NamedTuple

from shared.domain.computed_attributes import CONTACT_LOGGED, ORDER_COMPLETED
from shared.domain.maps import unite_by_key
from shared.domain.validation import TYPES

MOST_NAMES = 300
OTHER = "$other"
"""Counts all names beyond MOST_NAMES together. A name that once counted there never counts by itself again: which
names do goes by a hash alone."""

_ALWAYS = frozenset({OTHER, ORDER_COMPLETED, CONTACT_LOGGED, *(f"${kind}" for kind in TYPES)})


class Tally(NamedTuple):
    """How often an event of one name happened, when first and last, and what it was worth, by currency."""

    total: int
    first: str
    last: str
    sums: Mapping[str, Decimal] = MappingProxyType({})


def united(one: Mapping[str, Tally], other: Mapping[str, Tally]) -> Mapping[str, Tally]:
    """Tallies of both sets of events."""
    both = unite_by_key(one, other, _add)
    if len(both) <= MOST_NAMES:
        return both
    ranked = sorted((name for name in both if name not in _ALWAYS), key=_rank)
    bounded = dict(both)
    for name in ranked[MOST_NAMES:]:
        tally = bounded.pop(name)
        bounded[OTHER] = _add(bounded[OTHER], tally) if OTHER in bounded else tally
    return bounded


def may_hide(tallies: Mapping[str, Tally], name: str) -> bool:
    """Whether events of this name may be among those that are counted together."""
    return OTHER in tallies and name not in tallies and name not in _ALWAYS


def _add(one: Tally, other: Tally) -> Tally:
    sums = unite_by_key(one.sums, other.sums, add)
    return Tally(one.total + other.total, min(one.first, other.first), max(one.last, other.last), sums)


@lru_cache(maxsize=4096)
def _rank(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()
