"""The one name by which an event is counted, planned and mapped."""

from typing import Any

from shared.domain.validation import TYPES


def event_name(kind: Any, name: Any) -> str:
    """A track event goes by its own name, the others by `$page`, `$identify` …; "" where there is none.

    A track event that is itself called `$page` gets one more `$`, so that the two are never taken for each other.
    """
    if kind in TYPES and kind != "track":
        return f"${kind}"
    if not isinstance(name, str):
        return ""
    is_taken = name.startswith("$") and name.lstrip("$") in TYPES
    return f"${name}" if is_taken else name
