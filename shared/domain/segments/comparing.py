"""Typed comparisons in three values: None is unknown, where a value is missing or of another type."""

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any

from shared.domain.segments.definition import Comparison, Filter, OfComputed, OfTrait
from shared.domain.times import from_text, to_text

Compared = Comparison | Filter | OfTrait | OfComputed
Truth = bool | None

OPERATORS: Mapping[str, frozenset[str]] = {
    "text": frozenset({"eq", "ne", "in", "not_in", "contains", "starts_with", "ends_with", "exists", "missing"}),
    "number": frozenset({"eq", "ne", "in", "not_in", "lt", "lte", "gt", "gte", "between", "exists", "missing"}),
    "boolean": frozenset({"eq", "ne", "exists", "missing"}),
    "time": frozenset({"lt", "lte", "gt", "gte", "between", "exists", "missing"}),
    "list": frozenset({"contains", "exists", "missing"}),
}
"""What values of a type can be asked."""

PRESENCE = frozenset({"exists", "missing"})
MANY = frozenset({"in", "not_in", "between"})

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda one, other: one == other,
    "ne": lambda one, other: one != other,
    "in": lambda one, others: one in others,
    "not_in": lambda one, others: one not in others,
    "lt": lambda one, other: one < other,
    "lte": lambda one, other: one <= other,
    "gt": lambda one, other: one > other,
    "gte": lambda one, other: one >= other,
    "between": lambda one, ends: ends[0] <= one <= ends[1],
    "contains": lambda one, other: other in one,
    "starts_with": lambda one, other: one.startswith(other),
    "ends_with": lambda one, other: one.endswith(other),
}


def comparison(test: Compared) -> Callable[[Any], Truth]:
    """What asks a value, None for a missing one."""
    if test.operator in PRESENCE:
        wanted = test.operator == "exists"
        return lambda value: (value is not None) == wanted
    asked = _asked(test)
    typed, compare = _TYPED[test.type], _COMPARE[test.operator]

    def truth(value: Any) -> Truth:
        known = typed(value)
        return None if known is None else compare(known, asked)

    return truth


def _asked(test: Compared) -> Any:
    as_is = _AS_IS.get(test.type, _exact)
    return [as_is(one) for one in test.value] if isinstance(test.value, tuple | list) else as_is(test.value)


def _exact(value: Any) -> Any:
    """Numbers as decimals, by how they are written: 0.1 is a tenth."""
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _member(value: Any) -> tuple[bool, Any]:
    """Of a list, where true isn't 1."""
    return isinstance(value, bool), _exact(value)


_AS_IS: Mapping[str, Callable[[Any], Any]] = {"time": lambda one: to_text(from_text(one)), "list": _member}


def _number(value: Any) -> Decimal | None:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = Decimal(str(value))
    return number if number.is_finite() else None


def _time(value: Any) -> str | None:
    """Times are compared as UTC; a date is its midnight."""
    try:
        return to_text(from_text(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def _list(value: Any) -> Collection[Any] | None:
    return [_member(one) for one in value if _is_plain(one)] if isinstance(value, list | tuple) else None


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool | Decimal)


_TYPED: Mapping[str, Callable[[Any], Any]] = {
    "text": lambda value: value if isinstance(value, str) else None,
    "number": _number,
    "boolean": lambda value: value if isinstance(value, bool) else None,
    "time": _time,
    "list": _list,
}


def conjunction(truths: Collection[Truth]) -> Truth:
    """False where one is; else unknown where one is."""
    return False if False in truths else None if None in truths else True


def disjunction(truths: Collection[Truth]) -> Truth:
    return True if True in truths else None if None in truths else False


def negation(truth: Truth) -> Truth:
    return None if truth is None else not truth
