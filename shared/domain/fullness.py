"""How large a profile may grow: DynamoDB takes 400 KB an item."""

from shared.domain.state import ProfileState, to_json

FULL = 330_000
"""Bytes of an item that takes no more events."""

_MEASURED = 200_000
"""From so many on each fold is measured: no single event adds what lies between."""


def growth(size: int, before: ProfileState, after: ProfileState) -> int:
    """By how many bytes a state of an item of `size` has grown; far from FULL nobody needs to know, and it is 0."""
    return _bytes(after) - _bytes(before) if size > _MEASURED else 0


def _bytes(state: ProfileState) -> int:
    return len(to_json(state).encode())
