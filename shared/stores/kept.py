"""Configuration kept in a warm process for a while, so that it isn't read for every request and still changes soon."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """What `load` found for a key, for `seconds`. A miss is never kept: guesses would fill the memory."""

    def __init__(self, load: Callable[[Key], Value | None], seconds: float = 60.0) -> None:
        self._load = load
        self._seconds = seconds
        self._found: dict[Key, tuple[float, Value]] = {}

    def get(self, key: Key) -> Value | None:
        kept = self._found.get(key)
        if kept and time.monotonic() - kept[0] < self._seconds:
            return kept[1]
        self._found.pop(key, None)
        value = self._load(key)
        if value is not None:
            self._found[key] = (time.monotonic(), value)
        return value
