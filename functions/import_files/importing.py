"""One file of the bucket: its rows put on the stream in parts, as far as the time allows."""

import hashlib
from collections import abc
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from functions.import_files.settings import Doors
from shared.aws.batching import chunks
from shared.aws.objects import fetch_file, open_object, put_file
from shared.aws.observability import count, logger
from shared.aws.queues import send_messages
from shared.aws.streams import StreamRecord, put_records
from shared.contracts.imports import ImportFile
from shared.contracts.records import Record, elements, encode
from shared.domain.mapping import Mapping
from shared.domain.sources import Source
from shared.domain.times import to_text
from shared.imports.checking import check_columns
from shared.imports.elements import element, entries, entry_of
from shared.imports.progress import Progress
from shared.imports.reading import Opened, open_rows
from shared.imports.rows import BadRow, FileError, Options

_MOST_ROWS = 2_000
_MOST_BYTES = 800_000
_UNKNOWN = "unknown"
_LONGEST_SOURCE_ID = 100


@dataclass(frozen=True, slots=True)
class Import:
    """A file on its way. `is_out_of_time` says when the rest must be left to another run."""

    doors: Doors
    file: ImportFile
    correlation_id: str
    is_out_of_time: Callable[[], bool]

    def run(self) -> None:
        """Put the rows on the stream. A file that can't be read is told as one element, which goes to quarantine."""
        found = open_object(self.doors.bucket, self.file.key, self.file.etag)
        if found is None:
            self._log("gone, or written anew")
            return
        try:
            source = self.doors.sources.of_id(self.file.source_id)
            if source is None:
                fix = "put files under imports/<id of a live source>/"
                raise FileError("unknown_source", "The file lies under no live source.", fix)
            opened = open_rows(found.stream, options_of(found.metadata))
            self._check(source, opened.columns)
            with TemporaryDirectory() as folder:
                self._put_rows(source, opened, Path(folder) / "progress")
        except FileError as error:
            count("FilesRefused")
            self._log("file refused", code=error.code)
            self._put([element(entry_of(BadRow(0, error.code, str(error))), self.file.source_id, self.file.name, 1)])

    def _check(self, source: Source, columns: tuple[str, ...]) -> None:
        mapping = self.doors.catalogue.find(Mapping, source.mapping) if source.mapping else None
        if mapping and columns:
            check_columns(mapping.rules, columns)

    def _put_rows(self, source: Source, opened: Opened, place: Path) -> None:
        if self.file.done:
            fetch_file(self.doors.bucket, self._kept, place)
        progress = Progress(place, [self.file.key, self.file.etag])
        before, is_left = progress.tally.done, False
        left = islice(entries(opened.rows), before, None)
        beside = len(self.file.name)
        for part in chunks(left, _MOST_ROWS, size=lambda entry: entry.size + beside, bytes_most=_MOST_BYTES):
            rows = progress.elements(part, self.file.source_id, self.file.name)
            self.doors.hearing.hear(source, rows, None, datetime.now(UTC), self.doors.identifier_key())
            self._put(rows)
            progress.commit()
            if is_left := self.is_out_of_time():
                break
        progress.close()
        tally = progress.tally
        if is_left:
            put_file(self.doors.bucket, self._kept, place)
            rest = self.file.model_copy(update={"done": tally.done})
            send_messages(self.doors.imports_queue_url, [rest.model_dump_json()])
        count("FilesContinued" if is_left else "FilesImported")
        count("RowsImported", tally.done - before)
        sizes = {"rows": tally.rows, "unreadable": tally.unreadable, "lines": tally.lines}
        self._log("goes on later" if is_left else "imported", **sizes)

    @property
    def _kept(self) -> str:
        """Where the progress lies between two runs."""
        name = hashlib.sha256(f"{self.file.key} {self.file.etag}".encode()).hexdigest()[:32]
        return f"import-progress/{name}.sqlite"

    def _put(self, rows: Iterable[Any]) -> None:
        """One record: who a row is about only its source's mapping says, so rows have no order to keep."""
        source_id = self.file.source_id
        is_usable = source_id.isprintable() and 0 < len(source_id) <= _LONGEST_SOURCE_ID
        now = to_text(datetime.now(UTC))
        record = Record(
            source_id=source_id if is_usable else _UNKNOWN,
            received_at=now,
            correlation_id=self.correlation_id,
            elements=elements(rows),
        )
        data = encode(record)
        put_records(self.doors.stream, [StreamRecord(hashlib.sha256(data).hexdigest()[:24], data)])
        self.doors.waits.handed("store_events", now)

    def _log(self, message: str, **more: Any) -> None:
        about = {"correlation_id": self.correlation_id, "source_id": self.file.source_id, "object": self.file.key}
        logger().info(message, extra={**about, **more})


def options_of(metadata: abc.Mapping[str, str]) -> Options:
    """From the object's own metadata: `encoding`, `delimiter`, and `columns` with commas between them."""
    return Options(
        encoding=metadata.get("encoding", "utf-8"),
        delimiter=metadata.get("delimiter", ""),
        columns=tuple(filter(None, metadata.get("columns", "").split(","))),
    )
