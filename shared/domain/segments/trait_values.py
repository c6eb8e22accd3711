"""One trait and all that segments ask of it: a value's class, and the bits that every value of the class sets."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from shared.domain.segments.asking import trait_value
from shared.domain.segments.comparing import Truth, comparison
from shared.domain.segments.definition import OfTrait
from shared.domain.traits import Trait

MOST_CLASSES = 4_096
"""Of a trait whose values have to be told one by one, so many are remembered."""

_WHOLE = frozenset({"eq", "ne", "in", "not_in", "exists", "missing"})
"""Operators that don't look into a text."""

_OTHER = object()


@dataclass(slots=True)
class TraitValues:
    """`texts`: those that are asked for, where no leaf looks into a text; `numbers` in order."""

    leaves: list[tuple[Callable[[Any], Truth], int, int]] = field(default_factory=list)
    texts: set[str] | None = field(default_factory=set)
    numbers: list[Decimal] = field(default_factory=list)
    known: dict[Any, int] = field(default_factory=dict)

    def add(self, leaf: OfTrait, true: int, false: int) -> None:
        """A leaf, with the bits that are set where it is true and where it is false."""
        self.leaves.append((comparison(leaf), true, false))
        values = leaf.value if isinstance(leaf.value, tuple | list) else (leaf.value,)
        if leaf.type == "number":
            numbers = (
                Decimal(str(one)) for one in values if isinstance(one, int | float) and not isinstance(one, bool)
            )
            self.numbers = sorted({*self.numbers, *numbers})
        elif (leaf.type == "text" and leaf.operator not in _WHOLE) or leaf.type == "time":
            self.texts = None
        elif leaf.type == "text" and self.texts is not None:
            self.texts |= {one for one in values if isinstance(one, str)}

    def bits(self, traits: Mapping[str, Trait], path: str) -> int:
        """Those that a person's value sets."""
        value = trait_value(traits, path)
        key = self._class(value)
        if key is None:
            return self._asked(value)
        found = self.known.get(key)
        if found is None:
            if len(self.known) >= MOST_CLASSES:
                self.known.clear()
            found = self.known[key] = self._asked(value)
        return found

    def _class(self, value: Any) -> Any:
        """The same for values of which every leaf says the same; None where that can't be told."""
        if value is None or isinstance(value, bool):
            return (bool, value)
        if isinstance(value, str):
            return value if self.texts is None or value in self.texts else _OTHER
        if isinstance(value, int | float):
            number = Decimal(str(value))
            if number.is_finite():
                return bisect_left(self.numbers, number), bisect_right(self.numbers, number)
        return None

    def _asked(self, value: Any) -> int:
        bits = 0
        for compare, true, false in self.leaves:
            truth = compare(value)
            bits |= true if truth else false if truth is False else 0
        return bits
