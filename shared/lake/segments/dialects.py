"""What DuckDB and Athena say differently, and how values get into SQL. JSON values are handled as their own text."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from shared.domain.segments.windows import moment
from shared.domain.times import to_text


class NotInSqlError(Exception):
    """A condition that can't be asked of the lake; it says which part, and why."""


class Dialect(NamedTuple):
    """`at`: the text of the JSON at these steps of a JSON document; `text`: what a JSON string says; `instant`: a time
    with a zone of a text, NULL where it is none; `zoned`: the same of a literal; `any_of`: whether a test holds for the
    text of any element of a JSON array; `has`: whether an array of texts has one.
    """

    at: Callable[[str, Sequence[str]], str]
    text: Callable[[str], str]
    instant: Callable[[str], str]
    zoned: Callable[[str], str]
    matches: Callable[[str, str], str]
    any_of: Callable[[str, Callable[[str], str]], str]
    has: Callable[[str, str], str]


def quoted(text: str) -> str:
    """A literal. Nothing but a quote has a meaning in one."""
    if "\0" in text:
        raise NotInSqlError("a text with the character NUL")
    return "'" + text.replace("'", "''") + "'"


def number(value: float) -> str:
    return f"CAST('{float(value)!r}' AS DOUBLE)"


def time(at: int | datetime) -> str:
    """A literal of milliseconds since 1970, or of a moment, in UTC and without a zone, as the lake's columns are."""
    return f"TIMESTAMP '{clock(moment(at) if isinstance(at, int) else at)}'"


def clock(at: datetime) -> str:
    return to_text(at)[:-1].replace("T", " ")


def _steps(steps: Sequence[str], before: str, after: str) -> str:
    if not all(steps) or "*" in steps:
        raise NotInSqlError(f"a path with the step {'*' if '*' in steps else 'of an empty name'}")
    escaped = (step.replace("\\", "\\\\").replace('"', '\\"') for step in steps)
    return quoted("$" + "".join(f'{before}"{step}"{after}' for step in escaped))


DUCKDB = Dialect(
    at=lambda document, steps: f"CAST(json_extract({document}, {_steps(steps, '.', '')}) AS VARCHAR)",
    text=lambda raw: f"json_extract_string({raw}, '$')",
    instant=lambda text: f"TRY_CAST({text} AS TIMESTAMPTZ)",
    zoned=lambda text: f"TIMESTAMPTZ '{text}+00'",
    matches=lambda text, pattern: f"regexp_matches({text}, {quoted(pattern)})",
    any_of=lambda raw, test: (
        f"len(list_filter(CAST(json_extract({raw}, '$[*]') AS VARCHAR[]), lambda x: coalesce({test('x')}, FALSE))) > 0"
    ),
    has=lambda array, text: f"list_contains({array}, {text})",
)
"""With the time zone of the session at UTC."""

ATHENA = Dialect(
    at=lambda document, steps: f"json_format(json_extract({document}, {_steps(steps, '[', ']')}))",
    text=lambda raw: f"json_extract_scalar({raw}, '$')",
    instant=lambda text: f"TRY(from_iso8601_timestamp(replace({text}, ' ', 'T')))",
    zoned=lambda text: f"TIMESTAMP '{text} UTC'",
    matches=lambda text, pattern: f"regexp_like({text}, {quoted(pattern)})",
    any_of=lambda raw, test: (
        f"cardinality(filter(CAST(json_parse({raw}) AS ARRAY(JSON)),"
        f" x -> coalesce({test('json_format(x)')}, FALSE))) > 0"
    ),
    has=lambda array, text: f"contains({array}, {text})",
)
