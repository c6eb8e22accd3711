"""Cursors: where a page ended, as text that only we read."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

from shared.api.problems import ProblemError
from shared.contracts.problems import Problem

_LONGEST = 1024
"""Bytes that DynamoDB takes for a sort key."""


def cursor_of(position: Sequence[str]) -> str:
    return urlsafe_b64encode(json.dumps(position).encode()).decode()


def position_of(cursor: str, parts: int) -> tuple[str, ...]:
    """The position of a cursor, of so many parts. Raises ProblemError (400)."""
    try:
        found = json.loads(urlsafe_b64decode(cursor.encode()))
        is_ours = (
            isinstance(found, list) and len(found) == parts and all(len(part.encode()) <= _LONGEST for part in found)
        )
    except (ValueError, TypeError, AttributeError, RecursionError):
        is_ours = False
    if not is_ours:
        raise ProblemError(
            Problem.of(400, "cursor_invalid", "This cursor isn't one of ours.", field="cursor", fix="Leave it out.")
        )
    return tuple(found)
