"""Fields of react-querybuilder: what their names lead to here, and of which type their values are."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, get_args

from shared.domain.segments.definition import ValueType

KINDS = ("trait", "computed", "identifier", "consent", "segment", "event")
"""What a field's name begins with, before a dot. Any other is a trait's as it stands."""

OPERATORS: Mapping[str, str] = {
    "=": "eq",
    "!=": "ne",
    "<": "lt",
    "<=": "lte",
    ">": "gt",
    ">=": "gte",
    "in": "in",
    "notIn": "not_in",
    "between": "between",
    "contains": "contains",
    "beginsWith": "starts_with",
    "endsWith": "ends_with",
    "null": "missing",
    "notNull": "exists",
}
NEGATED: Mapping[str, str] = {
    "doesNotContain": "contains",
    "doesNotBeginWith": "starts_with",
    "doesNotEndWith": "ends_with",
    "notBetween": "between",
}
"""Said here by a `not` around it."""

MODES: Mapping[str, str] = {"atLeast": "gte", "atMost": "lte", "exactly": "eq"}
"""How many elements of a list match: of a person's events."""

_INPUTS = {"number": "number", "range": "number", "date": "time", "datetime-local": "time"}
_EDITORS = {"checkbox": "boolean", "switch": "boolean"}
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,29})(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,3})?")


class Field(NamedTuple):
    """`inner`: fields of the events that a field stands for."""

    type: str
    inner: Mapping[str, "Field"]


def split_name(name: str) -> tuple[str, str]:
    """`computed.monetary` -> computed, monetary."""
    kind, dot, rest = name.partition(".")
    return (kind, rest) if dot and kind in KINDS else ("trait", name)


def fields_of(declared: Any) -> dict[str, Field]:
    """By name, of what a QueryBuilder has as `fields`: a list, a map, groups of options. `datatype`, one of our types,
    comes before the kind of input.
    """
    return {str(name): _field(one) for name, one in _entries(declared)}


def _entries(declared: Any) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    listed: Iterable[Any] = (
        [{"name": name, **one} for name, one in declared.items() if isinstance(one, Mapping)]
        if isinstance(declared, Mapping)
        else declared
        if isinstance(declared, list)
        else ()
    )
    for one in listed:
        if isinstance(one, Mapping) and "options" in one:
            yield from _entries(one["options"])
        elif isinstance(one, Mapping):
            yield one.get("name", one.get("value")), one


def _field(one: Mapping[str, Any]) -> Field:
    said = one.get("datatype")
    editor, entered = str(one.get("valueEditorType")), str(one.get("inputType"))
    kind = said if said in get_args(ValueType) else _EDITORS.get(editor) or _INPUTS.get(entered, "text")
    inner = one.get("subproperties")
    return Field(str(kind), fields_of(inner.get("fields") if isinstance(inner, Mapping) else None))


def type_of(value: Any) -> str:
    """Of a value of a field that nobody declares: as it is written."""
    if isinstance(value, list) and value:
        value = value[0]
    return "boolean" if isinstance(value, bool) else "number" if isinstance(value, int | float) else "text"


def typed(value: Any, kind: str) -> Any:
    """A value as its declared type: editors give numbers and truths as text."""
    if not isinstance(value, str):
        return value
    if kind == "number" and _NUMBER.fullmatch(value.strip()):
        return int(value) if value.strip().lstrip("-").isdigit() else float(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    return value


def several(value: Any) -> Any:
    """A list, also where it is kept as text with commas; a comma behind a backslash belongs to a value."""
    if not isinstance(value, str):
        return value
    return [one.strip().replace("\\,", ",") for one in re.split(r"(?<!\\),", value) if one.strip()]
