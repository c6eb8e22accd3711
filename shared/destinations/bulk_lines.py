"""Lines of a file of many facts: written, and taken out again by the ids of facts."""

import gzip
import json
from collections.abc import Collection, Iterable

from shared.destinations.contract import Line


def body_of(lines: Iterable[Line]) -> bytes:
    """The same lines are the same bytes."""
    return _packed(line.text for line in lines)


def without_lines(body: bytes, ids: Collection[str]) -> tuple[bytes, int]:
    """A file without the lines of these facts, and how many they were."""
    lines = gzip.decompress(body).decode().split("\n")[:-1]
    kept = [line for line in lines if json.loads(line)["id"] not in ids]
    return _packed(kept), len(lines) - len(kept)


def _packed(lines: Iterable[str]) -> bytes:
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)
