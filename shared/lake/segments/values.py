"""Typed comparisons as SQL: NULL is unknown, where a value is missing or of another type.

Numbers are compared as doubles: those of more than 15 digits may be taken for each other.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from shared.domain.segments.comparing import Compared
from shared.domain.times import from_text
from shared.lake.segments.dialects import Dialect, clock, number, quoted

_ISO = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.]\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?)?$"
"""Times as clients write them; rarer forms of ISO 8601 are unknown here."""

_PLAIN_NUMBER = r"^\s*[+-]?[0-9]{1,20}([.][0-9]{1,20})?\s*$"
UNKNOWN = "CAST(NULL AS BOOLEAN)"


class Value(NamedTuple):
    """A value by the type it is asked as: SQL for each that it can be of. `plain`: a text that is equal for equal
    values, NULL for what is neither text, number nor boolean.
    """

    exists: str
    of: Mapping[str, str]
    plain: str
    contains: Callable[[Any], str] | None = None


def json_value(dialect: Dialect, raw: str) -> Value:
    """Of the text of JSON."""
    text = f"CASE WHEN starts_with({raw}, '\"') THEN {dialect.text(raw)} END"
    number_ = f"TRY_CAST({raw} AS DOUBLE)"
    is_plain = f"{raw} IN ('true', 'false') OR starts_with({raw}, '\"')"
    of = {
        "text": f"({text})",
        "number": number_,
        "boolean": f"(CASE {raw} WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END)",
        "time": _instant(dialect, f"({text})"),
        "amount": _amount(dialect, raw, f"({text})"),
    }
    return Value(
        exists=f"({raw} IS NOT NULL AND {raw} <> 'null')",
        of=of,
        plain=(
            f"(CASE WHEN length({raw}) <= 256 AND ({is_plain}) THEN {raw}"
            f" WHEN {number_} IS NOT NULL THEN regexp_replace({raw}, '[.]0$', '') END)"
        ),
        contains=lambda wanted: _contains(dialect, raw, wanted),
    )


def column_value(dialect: Dialect, column: str, kind: str) -> Value:
    """Of a column of the lake: `text`, `number` or `time`."""
    of = {
        "text": {"text": column, "time": _instant(dialect, column)},
        "number": {"number": f"CAST({column} AS DOUBLE)", "amount": column},
        "time": {"time": f"CAST({column} AS TIMESTAMP WITH TIME ZONE)"},
    }
    return Value(f"({column} IS NOT NULL)", of[kind], f"CAST({column} AS VARCHAR)")


def _instant(dialect: Dialect, text: str) -> str:
    """To the millisecond, in UTC."""
    found = dialect.instant(f"CASE WHEN {dialect.matches(text, _ISO)} THEN {text} END")
    return f"date_trunc('millisecond', {found})"


def _amount(dialect: Dialect, raw: str, text: str) -> str:
    """A number, or a text that is a plain one, exact to four places."""
    found = f"coalesce(CASE WHEN {dialect.matches(text, _PLAIN_NUMBER)} THEN trim({text}) END, {raw})"
    return f"coalesce(TRY_CAST({found} AS DECIMAL(19, 4)), TRY_CAST(TRY_CAST({found} AS DOUBLE) AS DECIMAL(19, 4)))"


def _contains(dialect: Dialect, raw: str, wanted: Any) -> str:
    def test(x: str) -> str:
        if isinstance(wanted, bool):
            return f"{x} = '{str(wanted).lower()}'"
        if isinstance(wanted, str):
            return f"(starts_with({x}, '\"') AND {dialect.text(x)} = {quoted(wanted)})"
        return f"TRY_CAST({x} AS DOUBLE) = {number(wanted)}"

    return f"(CASE WHEN starts_with({raw}, '[') THEN {dialect.any_of(raw, test)} END)"


def compared(dialect: Dialect, value: Value, test: Compared) -> str:
    """Whether a value compares so, as SQL."""
    if test.operator in ("exists", "missing"):
        return value.exists if test.operator == "exists" else f"(NOT {value.exists})"
    if test.type == "list":
        return value.contains(test.value) if value.contains else UNKNOWN
    found = value.of.get(test.type)
    if found is None:
        return UNKNOWN
    asked = test.value if isinstance(test.value, tuple | list) else (test.value,)
    return _OPERATORS[test.operator](found, [_literal(dialect, test.type, one) for one in asked])


def compares(found: str, operator: str, value: Any) -> str:
    """Whether a number does, as SQL."""
    return _OPERATORS[operator](f"CAST({found} AS DOUBLE)", [number(value)])


def _literal(dialect: Dialect, kind: str, value: Any) -> str:
    if kind == "number":
        return number(value)
    if kind == "boolean":
        return str(bool(value)).upper()
    return dialect.zoned(clock(from_text(value))) if kind == "time" else quoted(value)


def _in(found: str, asked: Sequence[str]) -> str:
    return f"({found} IN ({', '.join(asked)}))"


def _ends(found: str, asked: str) -> str:
    return f"(length({found}) >= length({asked}) AND substr({found}, length({found}) - length({asked}) + 1) = {asked})"


_OPERATORS: Mapping[str, Callable[[str, list[str]], str]] = {
    "eq": lambda found, asked: f"({found} = {asked[0]})",
    "ne": lambda found, asked: f"({found} <> {asked[0]})",
    "in": _in,
    "not_in": lambda found, asked: f"(NOT {_in(found, asked)})",
    "lt": lambda found, asked: f"({found} < {asked[0]})",
    "lte": lambda found, asked: f"({found} <= {asked[0]})",
    "gt": lambda found, asked: f"({found} > {asked[0]})",
    "gte": lambda found, asked: f"({found} >= {asked[0]})",
    "between": lambda found, asked: f"({found} BETWEEN {asked[0]} AND {asked[1]})",
    "contains": lambda found, asked: f"(strpos({found}, {asked[0]}) > 0)",
    "starts_with": lambda found, asked: f"starts_with({found}, {asked[0]})",
    "ends_with": lambda found, asked: _ends(found, asked[0]),
}
