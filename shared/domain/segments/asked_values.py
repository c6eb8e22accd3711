"""One trait or computed attribute, and all that segments ask of it: a value's class, and the bits that every value of
the class sets.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from shared.domain.segments.comparing import Truth, comparison
from shared.domain.segments.definition import OfComputed, OfTrait

MOST_KNOWN = 4_096
"""So many values of a trait are remembered with what they set."""

_LONGEST_KNOWN = 200
"""A longer text is asked again each time: of such, so many would fill a function's memory."""

_WHOLE = frozenset({"eq", "ne", "in", "not_in", "exists", "missing"})
"""Operators that don't look into a text."""

_KINDS = frozenset({str, int, float, Decimal})
_OTHER = object()


@dataclass(slots=True)
class AskedValues:
    """`texts`: those that are asked for, where no leaf looks into a text; `numbers` in order. `sets`: bits that
    were found, each once, as they are as many as segments.
    """

    leaves: list[tuple[Callable[[Any], Truth], Mapping[Truth, int]]] = field(default_factory=list)
    texts: set[str] | None = field(default_factory=set)
    numbers: list[Decimal] = field(default_factory=list)
    known: dict[float | Decimal | str, int] = field(default_factory=dict)
    classes: dict[Any, int] = field(default_factory=dict)
    sets: dict[int, int] = field(default_factory=dict)

    def add(self, leaf: OfTrait | OfComputed, table: Mapping[Truth, int]) -> None:
        """A leaf, and by what it says the bits that are set."""
        self.leaves.append((comparison(leaf), table))
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

    def bits(self, value: Any) -> int:
        """Those that a value sets."""
        kind = value.__class__
        if kind not in _KINDS:
            return self._of_known(kind, value) if value is None or kind is bool else self._asked(value)
        if kind is str and len(value) > _LONGEST_KNOWN:
            return self._of_class(value)
        found = self.known.get(value)
        if found is None:
            found = self._of_class(value)
            if len(self.known) >= MOST_KNOWN:
                self.known.clear()
                self.sets.clear()
            self.known[value] = found = self.sets.setdefault(found, found)
        return found

    @property
    def all_bits(self) -> int:
        """Those that any value sets."""
        return reduce(or_, (bits for _, table in self.leaves for bits in table.values()), 0)

    def _of_known(self, kind: type, value: bool | None) -> int:
        """Beside the others: True isn't 1."""
        key = kind, value
        if key not in self.classes:
            self.classes[key] = self._asked(value)
        return self.classes[key]

    def _of_class(self, value: float | Decimal | str) -> int:
        """Where every leaf says the same of many values, it is asked of one."""
        key = self._class(value)
        if key is None:
            return self._asked(value)
        if key not in self.classes:
            self.classes[key] = self._asked(value)
        return self.classes[key]

    def _class(self, value: float | Decimal | str) -> Any:
        if isinstance(value, str):
            return None if self.texts is None else value if value in self.texts else _OTHER
        number = Decimal(str(value))
        return (bisect_left(self.numbers, number), bisect_right(self.numbers, number)) if number.is_finite() else None

    def _asked(self, value: Any) -> int:
        bits = 0
        for compare, table in self.leaves:
            bits |= table[compare(value)]
        return bits
