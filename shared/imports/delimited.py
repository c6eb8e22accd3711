"""CSV and text in columns: rows under the names of a header, whatever single lines are like."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from shared.imports.lines import Line
from shared.imports.rows import MAX_ROW_BYTES, BadRow, FileError, Options, Row, bad_row

BLANKS = " "
_DELIMITERS = (",", "\t", ";", "|")
_NEARLY_ALL = 0.9


class Record(NamedTuple):
    """The values of one row; `text` is all its lines."""

    line: int
    values: list[str]
    text: str


class _Feed:
    """Lines for the csv module, which takes as many as a quoted field goes over; a bad line ends its row."""

    def __init__(self, lines: Iterable[Line | BadRow]) -> None:
        self._lines = iter(lines)
        self._again: deque[Line | BadRow] = deque()
        self.taken: list[Line] = []
        self.bad: BadRow | None = None
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        if isinstance(line, BadRow):
            if self.taken:
                self._again.appendleft(line)
            else:
                self.bad = line
            raise csv.Error("a bad line")
        self.taken.append(line)
        self._size += len(line.text)
        if self._size > MAX_ROW_BYTES:
            raise csv.Error("a quote isn't closed")
        return line.text

    def start(self) -> None:
        self.taken, self.bad, self._size = [], None, 0

    def give_back(self) -> None:
        """All lines of this row but the first: it was bad, and they may be rows of their own."""
        self._again.extendleft(reversed(self.taken[1:]))


def records(lines: Iterable[Line | BadRow], delimiter: str) -> Iterator[Record | BadRow]:
    """Values of each row. A quote that is never closed costs its line alone: reading goes on at the next one."""
    if delimiter == BLANKS:
        yield from (
            line if isinstance(line, BadRow) else Record(line.number, line.text.split(), line.text) for line in lines
        )
        return
    feed = _Feed(lines)
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        feed.start()
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error:
            if feed.bad:
                yield feed.bad
                continue
            feed.give_back()
            first = feed.taken[0]
            yield bad_row(first.number, "unclosed_quote", first.text)
            continue
        yield Record(feed.taken[0].number, values, "".join(line.text for line in feed.taken))


def read(
    lines: Iterable[Line | BadRow], sample: Sequence[str], options: Options
) -> tuple[tuple[str, ...], Iterator[Row | BadRow]]:
    """The columns, and the rows under them. `sample` are the first lines. Raises FileError."""
    delimiter = options.delimiter.replace("\\t", "\t") or sniffed(sample)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise FileError(
            "bad_delimiter", f"{delimiter!r} can't separate values.", "name one character, such as ; or \\t."
        )
    found = records(lines, delimiter)
    columns = _unique(options.columns, "--columns") or _header(found)
    return columns, _rows(found, columns)


def sniffed(sample: Sequence[str]) -> str:
    """What separates the values: what the first line has most of; blanks where nearly all lines have as many words."""
    words = [line.split() for line in sample if line.strip()]
    first = next((line for line in sample if line.strip()), "")
    most = max(_DELIMITERS, key=first.count)
    if most in first or not words or len(words[0]) == 1:
        return most
    alike = sum(len(line) == len(words[0]) for line in words)
    return BLANKS if alike >= len(words) * _NEARLY_ALL else ","


def _header(found: Iterator[Record | BadRow]) -> tuple[str, ...]:
    for record in found:
        if isinstance(record, BadRow):
            fix = "mend this line, or name the columns of a file without a header: --columns a,b,c"
            raise FileError("bad_header", f"The header can't be read: {record.reason} at line {record.line}.", fix)
        if any(value.strip() for value in record.values):
            names = tuple(value.strip() or f"column_{place}" for place, value in enumerate(record.values, 1))
            return _unique(names, f"The header at line {record.line}")
    raise FileError("empty_file", "The file is empty.", "give a file with a header and rows.")


def _unique(names: tuple[str, ...], where: str) -> tuple[str, ...]:
    for place, name in enumerate(names):
        if name in names[:place]:
            both = f"columns {names.index(name) + 1} and {place + 1}"
            message = f"{where} names {name} twice: {both}."
            raise FileError("duplicate_column", message, "give each column a name of its own.")
    return names


def _rows(found: Iterator[Record | BadRow], columns: tuple[str, ...]) -> Iterator[Row | BadRow]:
    width = len(columns)
    for record in found:
        if isinstance(record, BadRow):
            yield record
        elif len(record.values) == width:
            fields = {name: value for name, value in zip(columns, record.values, strict=True) if value}
            if fields:
                yield Row(record.line, fields)
        elif any(value.strip() for value in record.values):
            yield bad_row(record.line, "ragged", record.text)
