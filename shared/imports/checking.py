"""Whether a mapping and a file fit: told before the first row is sent."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.imports.rows import FileError

_OF_EVERY_ROW = ("messageId", "context.file")


def check_columns(rules: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """FileError where a rule reads what is no column of the file and what no rule before it makes."""
    known = {*columns, *_OF_EVERY_ROW}
    for number, rule in enumerate(rules, 1):
        read = rule.get("from") or (rule.get("field") if rule.get("op") in ("cast", "drop") else None)
        if read and not any(_overlap(read, path) for path in known):
            message = f"Rule {number} of the mapping reads {read}, and the file has no such column."
            raise FileError("no_such_column", message, f"use one of {', '.join(columns)}, or leave the rule out.")
        known |= {rule[name] for name in ("to", "field") if isinstance(rule.get(name), str)}


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")
