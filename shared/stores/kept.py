"""Configuration kept in a warm process for a while, so that it isn't read for every request and still changes soon."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

FRESH = 5.0
"""Seconds after which what is kept is read again where a profile shows that others know something newer."""


class Kept(Generic[Key, Value]):
    """What `load` found for a key, or that it found nothing, for `seconds`; the `most` newest keys."""

    def __init__(self, load: Callable[[Key], Value | None], seconds: float = 60.0, most: int = 1_000) -> None:
        self._load = load
        self._seconds = seconds
        self._most = most
        self._found: dict[Key, tuple[float, Value | None]] = {}

    def get(self, key: Key, seconds: float | None = None) -> Value | None:
        """`seconds` asks for what is no older than that."""
        kept = self._found.get(key)
        if kept and time.monotonic() - kept[0] < (self._seconds if seconds is None else seconds):
            return kept[1]
        value = self._load(key)
        self._found.pop(key, None)
        if len(self._found) >= self._most:  # guesses of an attacker must not fill the memory
            del self._found[next(iter(self._found))]
        self._found[key] = (time.monotonic(), value)
        return value
