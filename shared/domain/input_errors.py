"""What pydantic finds wrong with what somebody wrote, in words for people who write no programs."""

import re
from collections.abc import Mapping
from typing import Any

from shared.domain.item_ids import ITEM_ID

ULID = r"^[0-9A-HJKMNP-TV-Z]{26}$"
"""Ids that are given out, as those of requests and jobs."""

KEY_ID = r"^[0-9a-f]{12}$"

_FORMS = {
    ITEM_ID: "Small letters, digits, - and _, such as web-shop; 64 at most, and no - at the beginning.",
    ULID: "The id as it was given: 26 capital letters and digits.",
    KEY_ID: "The id as the list shows it: 12 digits and letters from a to f.",
}
_DOT = r"\."
_DATE = r"\d{4}-\d{2}-\d{2}T"
_KINDS = {
    "int": "A whole number, such as 30.",
    "float": "A number, such as 0.5.",
    "bool": "true or false.",
    "int_type": "A whole number without quotes, such as 30.",
    "bool_type": "true or false, without quotes.",
    "string": 'Text; a number in quotes, such as "5".',
    "tuple": "A list, such as [first, second].",
    "list": "A list, such as [first, second].",
    "dict": "Names with their values, such as {name: value}.",
    "mapping": "Names with their values, such as {name: value}.",
    "dataclass": "Names with their values, such as {name: value}.",
    "model": "Names with their values, such as {name: value}.",
}
"""By the names of pydantic's errors, or how they begin: `int_parsing`, `tuple_type`."""

_BOUNDS = {
    "greater_than_equal": "{ge} or more.",
    "greater_than": "More than {gt}.",
    "less_than_equal": "{le} or less.",
    "less_than": "Less than {lt}.",
    "string_too_short": "{min_length} or more characters.",
    "string_too_long": "{max_length} characters at most.",
    "too_short": "{min_length} or more entries.",
    "too_long": "{max_length} entries at most.",
    "literal_error": "One of {expected}.",
    "value_error": "{error}.",
}


def fix_of(error: Mapping[str, Any]) -> str:
    """What mends it, in a sentence."""
    name, context = error["type"], error.get("ctx", {})
    if name == "missing":
        return f"Add `{error['loc'][-1]}`."
    if name in ("extra_forbidden", "unexpected_keyword_argument"):
        return "Leave it out, or mend its name; docs/configuration.md and docs/openapi have those there are."
    if name == "string_pattern_mismatch":
        return form_of(context["pattern"])
    if name in _BOUNDS:
        return _BOUNDS[name].format(**context).replace("..", ".")
    return _KINDS.get(name) or _KINDS.get(name.partition("_")[0], f"{error['msg']}.")


def form_of(pattern: str) -> str:
    """What text has to look like. A pattern of words is told by these; others are of what was given out."""
    words = ", ".join(dict.fromkeys(re.findall("[a-z]{3,}", pattern)))
    if pattern not in _FORMS and words:
        return f"Of {words}{', each with .<name>' if _DOT in pattern else '; several with commas'}."
    if _DATE in pattern:
        return "A time in UTC to the millisecond, such as 2026-11-21T09:00:00.000Z."
    return _FORMS.get(pattern, "As it was given out.")


def message_of(error: Mapping[str, Any]) -> str:
    """What is wrong, without what was written."""
    match error["type"]:
        case "missing":
            return "It is missing."
        case "extra_forbidden" | "unexpected_keyword_argument":
            return "There is no such field."
    return "What is said here can't be taken."
