"""Opens a file of rows: CSV, text in columns, JSON Lines or Parquet, each also gzip, told by its first bytes."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from shared.imports import delimited, encodings, jsonl
from shared.imports.lines import BOM, lines
from shared.imports.rows import BROKEN_FILE, BadRow, FileError, Options, Row

Read = Callable[[int], bytes]

_HEAD_BYTES = 128 * 1024
_GZIP, _PARQUET, _ZIP = b"\x1f\x8b", b"PAR1", b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Opened:
    """`columns` is empty where each row brings its own names (JSON Lines)."""

    columns: tuple[str, ...]
    rows: Iterator[Row | BadRow]


class _Rejoined(io.RawIOBase):
    """A stream whose beginning was read already."""

    def __init__(self, head: bytes, read: Read) -> None:
        self._head = head
        self._read = read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._head[: len(buffer)] or self._read(len(buffer))
        self._head = self._head[len(data) :]
        buffer[: len(data)] = data
        return len(data)


def open_rows(stream: BinaryIO, options: Options) -> Opened:
    """Columns and rows of a file. Raises FileError, and so may the rows where the file breaks off."""
    head, stream = _headed(stream.read)
    if head.startswith(_GZIP):
        # read1 gives what there is; read would lose the last of it where the file breaks off.
        head, stream = _headed(gzip.GzipFile(fileobj=stream).read1)
    if head.startswith(_PARQUET):
        from shared.imports import parquet  # only Parquet is worth loading DuckDB

        return Opened(*parquet.read(stream, options))
    _refuse_others(head)
    first = head.splitlines(keepends=True)
    sample = first[:-1] if len(first) > 1 and len(head) >= _HEAD_BYTES else first
    encodings.check(options.encoding, sample)
    found = lines(stream, options.encoding)
    if head.removeprefix(BOM).lstrip().startswith(b"{"):
        return Opened((), jsonl.read(found))
    decoded = [line.decode(options.encoding, "replace") for line in sample]
    return Opened(*delimited.read(found, decoded, options))


def _headed(read: Read) -> tuple[bytes, BinaryIO]:
    """The first bytes, and the stream as if they hadn't been read; where it broke off, it will again."""
    head = b""
    try:
        while len(head) < _HEAD_BYTES and (more := read(_HEAD_BYTES - len(head))):
            head += more
    except (EOFError, zlib.error, OSError) as error:
        if not head:
            fix = "send the whole file again."
            raise FileError(BROKEN_FILE, f"The file can't be read ({error}).", fix) from error
    return head, io.BufferedReader(_Rejoined(head, read), _HEAD_BYTES)


def _refuse_others(head: bytes) -> None:
    start = head.removeprefix(BOM).lstrip()
    if not start:
        raise FileError("empty_file", "The file is empty.", "give a file with a header and rows.")
    if start.startswith(_ZIP):
        raise FileError("unknown_format", "The file is a ZIP or an Excel workbook.", "save it as CSV (UTF-8).")
    if start.startswith((b"[{", b"[\n", b"[ ", b"[\r")):
        raise FileError("unknown_format", "The file is one JSON list.", "write each object on a line of its own.")
