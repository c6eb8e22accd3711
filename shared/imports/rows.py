"""What a file gives: rows, and lines that are none; or one error that ends the reading."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_ROW_BYTES = 131_072
"""Four times what an event may have; also the longest field that the csv module reads."""

BROKEN_FILE = "broken_file"
TOO_LARGE_GROUPS = "row_group_too_large"
ENDS_EARLY = frozenset({BROKEN_FILE, TOO_LARGE_GROUPS})
"""Reasons of a bad row behind which a file couldn't be read any further."""

_MOST_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class Row:
    """`line` is where it begins in the file, from 1 (of Parquet the number of the row). What is empty is left out."""

    line: int
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BadRow:
    """What stands at a line and can't be read as a row. `text` is cut."""

    line: int
    reason: str
    text: str


@dataclass(eq=False)
class FileError(Exception):
    """Why a file can't be read, or not to its end: a code, a sentence with the place, and what to do."""

    code: str
    message: str
    fix: str

    def __str__(self) -> str:
        return f"{self.message} Remedy: {self.fix}"


@dataclass(frozen=True, slots=True)
class Options:
    """How to read a file. Without `delimiter` it is taken from the first lines; `" "` is any run of blanks.

    With `columns` a delimited file has no header; of Parquet only these columns are read.
    """

    encoding: str = "utf-8"
    delimiter: str = ""
    columns: tuple[str, ...] = ()


def bad_row(line: int, reason: str, text: str) -> BadRow:
    return BadRow(line, reason, text.rstrip("\r\n")[:_MOST_TEXT])
