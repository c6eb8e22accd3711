"""JSON Lines: an object a line."""

from collections.abc import Iterable, Iterator

from shared.contracts.records import parse_json
from shared.imports.lines import Line
from shared.imports.rows import BadRow, Row, bad_row


def read(lines: Iterable[Line | BadRow]) -> Iterator[Row | BadRow]:
    for line in lines:
        if isinstance(line, BadRow):
            yield line
        elif line.text.strip():
            yield _row(line)


def _row(line: Line) -> Row | BadRow:
    try:
        value = parse_json(line.text)
    except (ValueError, RecursionError):
        return bad_row(line.number, "malformed_json", line.text)
    if not isinstance(value, dict):
        return bad_row(line.number, "not_an_object", line.text)
    return Row(line.number, value)
