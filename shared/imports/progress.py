"""How far an import came, and which rows it saw how often: in a SQLite file, so that neither needs memory."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from shared.imports.elements import Entry, element

_MOST_LINES = 5
_PATIENCE_SECONDS = 1.0
_TABLES = """
PRAGMA locking_mode = EXCLUSIVE;
BEGIN EXCLUSIVE;
CREATE TABLE IF NOT EXISTS import (tally TEXT NOT NULL, of TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS seen (content INTEGER PRIMARY KEY, times INTEGER NOT NULL);
COMMIT;
"""
_SEE = "INSERT INTO seen VALUES (?, 1) ON CONFLICT (content) DO UPDATE SET times = times + 1 RETURNING times"


@dataclass(slots=True)
class Tally:
    """What was sent: `rows`, and of what was unreadable the number and the first lines by reason."""

    rows: int = 0
    unreadable: dict[str, int] = field(default_factory=dict)
    lines: dict[str, list[int]] = field(default_factory=dict)

    @property
    def done(self) -> int:
        return self.rows + sum(self.unreadable.values())

    def add(self, entry: Entry) -> None:
        if entry.reason is None:
            self.rows += 1
            return
        self.unreadable[entry.reason] = self.unreadable.get(entry.reason, 0) + 1
        lines = self.lines.setdefault(entry.reason, [])
        if len(lines) < _MOST_LINES:
            lines.append(entry.line)


class Progress:
    """`of` tells the file, its options and its source: progress of anything else is thrown away.

    `elements` counts rows, and `commit` keeps the counts once their part is durable. Whatever happens in between is
    as if it never had. One at a time: sqlite3.OperationalError where another has the file, or it can't be written.
    """

    def __init__(self, path: Path, of: Any) -> None:
        try:
            self._open(path, json.dumps(of))
        except sqlite3.OperationalError:  # another import is at it
            raise
        except sqlite3.DatabaseError:  # another kind of file, or one cut short: the import starts anew
            path.unlink()
            self._open(path, json.dumps(of))

    def _open(self, path: Path, of: str) -> None:
        self._database = sqlite3.connect(path, timeout=_PATIENCE_SECONDS, isolation_level=None)
        self._database.executescript(_TABLES)
        kept = self._database.execute("SELECT tally, of FROM import").fetchone()
        self.tally = Tally()
        if kept and kept[1] == of:
            self.tally = Tally(**json.loads(kept[0]))
            return
        self._database.executescript("DELETE FROM seen; DELETE FROM import;")
        self._database.execute("INSERT INTO import VALUES (?, ?)", (json.dumps(asdict(self.tally)), of))

    def elements(self, entries: Iterable[Entry], source_id: str, file_name: str) -> list[dict[str, Any]]:
        """The elements of the next part."""
        self._database.execute("BEGIN")
        made = []
        for entry in entries:
            made.append(element(entry, source_id, file_name, self._times(entry)))
            self.tally.add(entry)
        return made

    def commit(self) -> None:
        """The part is durable."""
        self._database.execute("UPDATE import SET tally = ?", (json.dumps(asdict(self.tally)),))
        self._database.execute("COMMIT")

    def close(self) -> None:
        self._database.close()

    def _times(self, entry: Entry) -> int:
        digest = hashlib.blake2b(entry.content.encode(), digest_size=8).digest()
        # Two contents under one number would only be counted together, in every import alike.
        content = int.from_bytes(digest, signed=True)
        times: int = self._database.execute(_SEE, (content,)).fetchone()[0]
        return times
