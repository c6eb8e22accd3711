"""What a typed comparison may not say: an operator that its type doesn't have, a value of another type."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from shared.domain.flaws import Flaw
from shared.domain.segments.comparing import MANY, OPERATORS, PRESENCE, Compared
from shared.domain.times import from_text

MOST_VALUES = 100
LONGEST_TEXT = 500
MOST = 10**30
"""How far from 0 a number may lie; neither infinity nor what is no number is nearer."""

_PARTS_OF_TEXT = frozenset({"contains", "starts_with", "ends_with"})
_FIXES: Mapping[str, str] = {
    "text": f"Text of {LONGEST_TEXT} characters at most.",
    "number": "A number without quotes, such as 50000.",
    "boolean": "true or false, without quotes.",
    "time": "An ISO 8601 time or date, such as 2026-11-01T00:00:00+09:00; without an offset it is UTC.",
    "list": f"One value: a number, true or false, or text of {LONGEST_TEXT} characters at most.",
}


def comparison_flaws(test: Compared) -> Iterator[Flaw]:
    """Fields are below the comparison."""
    known = OPERATORS[test.type]
    if test.operator not in known:
        fix = f"A {test.type} can be asked {', '.join(sorted(known))}."
        yield Flaw("operator", f"A {test.type} has no “{test.operator}”.", fix)
    elif test.operator in PRESENCE:
        if test.value is not None:
            yield Flaw("value", f"With {test.operator} there is nothing to compare with.", "Leave it out.")
    elif test.operator in MANY:
        yield from _several(test, test.value)
    elif test.value is None:
        yield Flaw("value", "It is missing.", _FIXES[test.type])
    elif not _is_of(test.type, test.value):
        yield Flaw("value", f"{_said(test.value)} is no value of type {test.type}.", _FIXES[test.type])
    elif test.type == "text" and test.operator in _PARTS_OF_TEXT and not test.value:
        yield Flaw("value", "Nothing is part of every text: everybody would match.", "Say a text.")


def _several(test: Compared, values: Any) -> Iterator[Flaw]:
    if not isinstance(values, tuple | list) or not values:
        yield Flaw("value", f"With {test.operator} it is a list, and not an empty one.", "Such as [first, second].")
        return
    if len(values) > MOST_VALUES:
        yield Flaw("value", f"These are {len(values)} values.", f"{MOST_VALUES} at most.")
        return
    wrong = [place for place, value in enumerate(values) if not _is_of(test.type, value)]
    for place in wrong:
        yield Flaw(f"value.{place}", f"{_said(values[place])} is no value of type {test.type}.", _FIXES[test.type])
    if test.operator == "between" and not wrong:
        yield from _ends(test, values)


def _ends(test: Compared, values: Any) -> Iterator[Flaw]:
    if len(values) != 2:
        yield Flaw("value", f"Between lies what has two ends; these are {len(values)}.", "Say the lower and the upper.")
        return
    lower, upper = (from_text(one) for one in values) if test.type == "time" else values
    if lower > upper:
        yield Flaw("value", "Nothing lies between: the lower end is above the upper.", "Say the lower one first.")


def _is_of(kind: str, value: Any) -> bool:
    match kind:
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MOST
        case "boolean":
            return isinstance(value, bool)
        case "time":
            return isinstance(value, str) and _is_time(value)
        case "text":
            return isinstance(value, str) and len(value) <= LONGEST_TEXT
    return any(_is_of(one, value) for one in ("text", "number", "boolean"))


def _is_time(text: str) -> bool:
    try:
        from_text(text)
    except ValueError:
        return False
    return True


def _said(value: Any) -> str:
    text = f"“{value}”" if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 80 else f"{text[:80]}…"
