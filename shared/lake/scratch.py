"""DuckDB over local files of a temporary folder: memory and disk are bounded, and everything is gone afterwards."""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import duckdb

from shared.lake.columns import Column

NoRoomError = duckdb.OutOfMemoryException
"""What fits neither into memory nor onto the disk."""

_ROWS_A_GROUP = 100_000
_INTERRUPTED_EVERY = 1.0
_OF_PROCESS = re.compile(r"lake-(\d{1,7})-.*")
_in_use: set[str] = set()
_making = Lock()


@dataclass(frozen=True, slots=True)
class Scratch:
    """A folder and a database in it. Queries see UTC."""

    folder: Path
    database: duckdb.DuckDBPyConnection

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.database.execute(sql, values).fetchall()

    def run(self, sql: str, *values: Any) -> None:
        self.database.execute(sql, values)

    def load(self, table: str, columns: tuple[Column, ...], rows: list[dict[str, Any]]) -> None:
        """Append rows (plain JSON) to a table."""
        path = self.folder / "load.ndjson"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
        kinds = ", ".join(f"'{column.name}': '{column.kind}'" for column in columns)
        self.run(
            f"INSERT INTO {table} BY NAME SELECT * FROM read_ndjson(?, columns = {{{kinds}}},"
            " maximum_object_size = 16777216)",
            str(path),
        )
        path.unlink()

    def write(self, query: str, path: Path, values: dict[str, Any] | None = None) -> int:
        """The rows of a query as a Parquet file, in its order; how many."""
        options = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROWS_A_GROUP}"
        copied = self.database.execute(f"COPY ({query}) TO '{path}' ({options})", values or {})
        return int(copied.fetchall()[0][0])


@contextmanager
def scratch(memory_mb: int = 512) -> Iterator[Scratch]:
    """Open one. `memory_mb` bounds what DuckDB keeps in memory; what is more goes to disk."""
    with _folder() as folder:
        database = duckdb.connect(
            f"{folder}/scratch.duckdb",
            config={
                "memory_limit": f"{memory_mb}MB",
                "temp_directory": f"{folder}/spill",
                "threads": 2,
                "enable_external_file_cache": False,  # local files get the same names again
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        try:
            database.execute("SET TimeZone = 'UTC'")
            yield Scratch(Path(folder), database)
        finally:
            database.close()


class OutOfTimeError(Exception):
    """What was asked of a database took too long."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"It takes longer than {seconds:.0f} seconds.")


@contextmanager
def within(seconds: float, database: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Interrupt what is asked of it then, and from then on: OutOfTimeError."""
    is_over = Event()

    def interrupt() -> None:
        pause = seconds
        while not is_over.wait(pause):
            database.interrupt()
            pause = _INTERRUPTED_EVERY

    watching = Thread(target=interrupt, daemon=True)
    watching.start()
    try:
        yield
    except duckdb.InterruptException as error:
        raise OutOfTimeError(seconds) from error
    finally:
        is_over.set()
        watching.join()


@contextmanager
def _folder() -> Iterator[str]:
    """A new one. What was left goes first: files outlive a function that was cut off, and would fill its disk."""
    with _making:
        for left in Path(tempfile.gettempdir()).iterdir():
            if (of := _OF_PROCESS.fullmatch(left.name)) and not _is_used(left, int(of[1])):
                shutil.rmtree(left, ignore_errors=True)
        made = tempfile.TemporaryDirectory(prefix=f"lake-{os.getpid()}-")
        _in_use.add(made.name)
    try:
        with made as folder:
            yield folder
    finally:
        _in_use.discard(made.name)


def _is_used(folder: Path, process: int) -> bool:
    if process == os.getpid():
        return str(folder) in _in_use
    try:
        os.kill(process, 0)  # asks, and ends nothing
    except OSError as error:
        return not isinstance(error, ProcessLookupError)
    return True
