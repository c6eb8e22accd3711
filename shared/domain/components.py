"""Which identifiers events connect, and which of these components no identity rule can touch: each is one person."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.domain.identity_rules import IdentityRules

Numbers = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Identifiers:
    """Those of some events as columns; they are numbers from 0 on. `edges`: which stand on one event, each with its
    highest; `namespace_of`: a place in `namespaces`.
    """

    edges: tuple[Numbers, Numbers]
    namespace_of: Numbers
    namespaces: Sequence[str]

    def roots(self) -> Numbers:
        """Of each the lowest in its component."""
        return connected(*self.edges, len(self.namespace_of))

    def touched(self, roots: Numbers, rules: IdentityRules) -> NDArray[np.bool_]:
        """Of each, whether a rule can touch its component: all in it together would break a limit, one of them may
        never merge, or an alias names a user id, which only counts once somebody has it. In the others no part can
        break what the whole doesn't, and a window only counts fewer.
        """
        found = np.bincount(roots) > rules.most_identifiers
        highest, other = self.edges
        for number, namespace in enumerate(self.namespaces):
            own = self.namespace_of == number
            if namespace in rules.never_merge:
                found[roots[own]] = True
            if limit := rules.limits.get(namespace):
                found |= np.bincount(roots[own], minlength=len(found)) > limit.most
            if namespace == "user_id":
                found[roots[other[own[other] & (highest != other)]]] = True
        return found[roots]


def connected(one: Numbers, other: Numbers, size: int) -> Numbers:
    """The root of each of so many identifiers: the lowest that edges (`one` to `other`) lead to. Of what is connected
    two rounds leave half as many roots at most.
    """
    roots = np.arange(size, dtype=np.int32)
    while len(one):
        ends = roots[one], roots[other]
        low, high = np.minimum(*ends), np.maximum(*ends)
        apart = low != high
        one, other = one[apart], other[apart]
        np.minimum.at(roots, high[apart], low[apart])
        while not np.array_equal(roots, further := roots[roots]):
            roots = further
    return roots
