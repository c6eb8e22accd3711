"""Entries cut into calls of AWS's batch APIs, and those that failed driven again: a batch call succeeds in part."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

Entry = TypeVar("Entry")

_FIRST_WAIT = 0.05
_LONGEST_WAIT = 2.0


class StillFailingError(Exception):
    """Entries of a batch call that failed in every try."""

    def __init__(self, action: str, left: int, reasons: Iterable[str] = ()) -> None:
        super().__init__(
            f"{action}: {left} entries failed in every try ({', '.join(sorted(set(reasons))) or 'no reason'})"
        )
        self.left = left


def chunks(
    entries: Iterable[Entry], most: int, *, size: Callable[[Entry], int] = lambda _: 0, bytes_most: int = 1
) -> Iterator[list[Entry]]:
    """Lists of at most `most` entries and `bytes_most` bytes by `size`; an entry over that size stands alone."""
    chunk: list[Entry] = []
    filled = 0
    for entry in entries:
        grown = filled + size(entry)
        if chunk and (len(chunk) == most or grown > bytes_most):
            yield chunk
            chunk, grown = [], size(entry)
        chunk.append(entry)
        filled = grown
    if chunk:
        yield chunk


def drive(
    action: str,
    entries: Sequence[Entry],
    attempt: Callable[[Sequence[Entry]], tuple[Sequence[Entry], Sequence[str]]],
    tries: int = 6,
) -> None:
    """Call `attempt` with the entries, then with those it gives back as failed (and why), waiting longer each time.

    Raises StillFailingError where some failed in every try, so that nobody can forget them.
    """
    left, reasons = attempt(entries)
    for turn in range(tries - 1):
        if not left:
            return
        wait(turn)
        left, reasons = attempt(left)
    if left:
        raise StillFailingError(action, len(left), reasons)


def wait(turn: int) -> None:
    """Sleep before try `turn` + 2: exponential, with full jitter, so that many callers don't come back as one."""
    time.sleep(random.uniform(0, min(_LONGEST_WAIT, _FIRST_WAIT * 2**turn)))  # noqa: S311
