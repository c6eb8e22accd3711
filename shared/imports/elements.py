"""Rows as elements of the stream: each under an id that it gets again whenever its file is imported again."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from shared.domain.forbidden import masked_text
from shared.imports.rows import MAX_ROW_BYTES, BadRow, FileError, Row, bad_row

_MAX_CONTENT_BYTES = 2 * MAX_ROW_BYTES
_BESIDE_BYTES = 200


class Entry(NamedTuple):
    """A row or a bad row on its way. `content` is what makes two of them equal; `reason` is of a bad row."""

    line: int
    fields: Mapping[str, Any]
    content: str
    reason: str | None

    @property
    def size(self) -> int:
        """At least the bytes of its element as JSON, beside the name of the file."""
        return len(self.content) + _BESIDE_BYTES


def entries(rows: Iterable[Row | BadRow]) -> Iterator[Entry]:
    """All rows of a file; where it breaks off, a bad row at its end says so."""
    line = 0
    try:
        for row in rows:
            line = row.line
            yield entry_of(row)
    except FileError as error:
        yield entry_of(bad_row(line + 1, error.code, str(error)))


def entry_of(row: Row | BadRow) -> Entry:
    if isinstance(row, Row):
        content, _ = masked_text(json.dumps(row.fields, sort_keys=True))  # its hash is the id, and could be guessed
        if len(content) <= _MAX_CONTENT_BYTES:
            return Entry(row.line, row.fields, content, None)
        row = bad_row(row.line, "row_too_long", content)
    fields = {"unreadable": {"reason": row.reason, "text": row.text}}
    return Entry(row.line, fields, json.dumps(fields), row.reason)


def element(entry: Entry, source_id: str, file_name: str, occurrence: int) -> dict[str, Any]:
    """The fields at top level, `messageId` (a row may bring its own), and in `context.file` where it stood."""
    text = json.dumps([source_id, entry.content, occurrence])
    made = f"row-{hashlib.sha256(text.encode()).hexdigest()[:32]}"
    context = entry.fields.get("context", {})
    file = {"file": {"name": file_name, "line": entry.line}}
    return {
        **entry.fields,
        "messageId": entry.fields.get("messageId") or made,
        "context": {**context, **file} if isinstance(context, Mapping) else context,
    }
