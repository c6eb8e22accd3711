"""Lines of a byte stream in bounded memory, however long one of them is."""

import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from shared.imports.rows import BROKEN_FILE, MAX_ROW_BYTES, BadRow, FileError, bad_row

BOM = b"\xef\xbb\xbf"
_SKIPPED_AT_ONCE = 1024 * 1024


class Line(NamedTuple):
    """A line with its end, from 1."""

    number: int
    text: str


def lines(stream: BinaryIO, encoding: str) -> Iterator[Line | BadRow]:
    """Each line decoded, or why it can't be. Raises FileError where the stream breaks off."""
    number = 0
    try:
        while data := stream.readline(MAX_ROW_BYTES + 1):
            number += 1
            if len(data) > MAX_ROW_BYTES:
                _skip(stream, data)
                yield bad_row(number, "row_too_long", data[:MAX_ROW_BYTES].decode(encoding, "backslashreplace"))
            else:
                yield _decoded(number, data.removeprefix(BOM) if number == 1 else data, encoding)
    except (EOFError, zlib.error, OSError) as error:  # gzip says its own troubles as OSError
        fix = "send the whole file again; what was read so far counts once."
        raise FileError(BROKEN_FILE, f"The file breaks off after line {number} ({error}).", fix) from error


def _decoded(number: int, data: bytes, encoding: str) -> Line | BadRow:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return bad_row(number, "wrong_encoding", data.decode(encoding, "backslashreplace"))
    return bad_row(number, "nul_byte", text.replace("\0", "\\0")) if "\0" in text else Line(number, text)


def _skip(stream: BinaryIO, read: bytes) -> None:
    while read and not read.endswith(b"\n"):
        read = stream.readline(_SKIPPED_AT_ONCE)
