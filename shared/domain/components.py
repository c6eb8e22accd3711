"""Which identifiers events connect, and which of these components no identity rule can touch: each is one person."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from shared.domain.events import HashedIdentifier
from shared.domain.identity_rules import IdentityRules


@dataclass(slots=True)
class Components:
    """Union-find over identifiers, numbered as they come; a component's root is its lowest number."""

    numbers: dict[str, int] = field(default_factory=dict)
    _parents: "array[int]" = field(default_factory=lambda: array("i"))
    _namespaces: list[str] = field(default_factory=list)

    def connect(self, identifiers: Sequence[HashedIdentifier]) -> None:
        """They stand on one event."""
        roots = [self._find(self._number(one)) for one in identifiers]
        least = min(roots, default=0)
        for root in roots:
            self._parents[root] = least

    def root(self, hashed: str) -> int:
        return self._find(self.numbers[hashed])

    def touched(self, rules: IdentityRules) -> bytearray:
        """By root: 1 where all identifiers together would break a limit, or one of them may never merge. In the others
        no part can break what the whole doesn't, and a window only counts fewer.
        """
        size = len(self._parents)
        found, sizes = bytearray(size), array("i", bytes(4 * size))
        held = {namespace: array("i", bytes(4 * size)) for namespace in rules.limits}
        for number, namespace in enumerate(self._namespaces):
            root = self._find(number)
            sizes[root] += 1
            if namespace in held:
                held[namespace][root] += 1
                found[root] |= held[namespace][root] > rules.limits[namespace].most
            found[root] |= namespace in rules.never_merge or sizes[root] > rules.most_identifiers
        return found

    def members(self) -> Iterator[tuple[str, int]]:
        """Each identifier with its root."""
        return ((hashed, self._find(number)) for hashed, number in self.numbers.items())

    def _number(self, one: HashedIdentifier) -> int:
        number = self.numbers.setdefault(one.hash, len(self._parents))
        if number == len(self._parents):
            self._parents.append(number)
            self._namespaces.append(one.identifier.namespace)
        return number

    def _find(self, number: int) -> int:
        parents = self._parents
        while (parent := parents[number]) != number:
            parents[number] = number = parents[parent]
        return number


def connected(events: Iterable[Sequence[HashedIdentifier]]) -> Components:
    """By all events together."""
    components = Components()
    for identifiers in events:
        components.connect(identifiers)
    return components
