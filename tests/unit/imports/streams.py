"""Files that tests make up, as streams: nothing of them lies anywhere."""

import io
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from shared.imports.reading import open_rows
from shared.imports.rows import BadRow, Options, Row


class Pouring(io.RawIOBase):
    """A stream of chunks that are made when they are read."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks: Iterator[bytes] = iter(chunks)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._rest = self._rest or next(self._chunks, b"")
        data, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def pouring(chunks: Iterable[bytes]) -> BinaryIO:
    return io.BufferedReader(Pouring(chunks))


def read(content: bytes | BinaryIO, **options: object) -> list[Row | BadRow]:
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    return list(open_rows(stream, Options(**options)).rows)  # type: ignore[arg-type]


def rows(content: bytes, **options: object) -> list[dict[str, object]]:
    """Fields of every row; AssertionError where one is bad."""
    found = read(content, **options)
    assert not [bad for bad in found if isinstance(bad, BadRow)]
    return [dict(row.fields) for row in found if isinstance(row, Row)]


def bad(content: bytes | BinaryIO, **options: object) -> list[tuple[int, str]]:
    """Line and reason of every bad row."""
    return [(row.line, row.reason) for row in read(content, **options) if isinstance(row, BadRow)]
