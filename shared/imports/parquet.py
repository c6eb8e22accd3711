"""Parquet through DuckDB, a few rows at a time: what JSON has no word for becomes text."""

import shutil
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO

import duckdb

from shared.imports.rows import BROKEN_FILE, TOO_LARGE_GROUPS, BadRow, FileError, Options, Row

_AT_ONCE = 500
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "512MB",
    "threads": 1,
    "autoinstall_known_extensions": False,
    "enable_external_file_cache": False,
    "temp_directory": "",  # where this runs on Lambda, its own folder can't be written
}
_AS_THEY_ARE = frozenset("VARCHAR BOOLEAN TINYINT SMALLINT INTEGER BIGINT UTINYINT USMALLINT UINTEGER UBIGINT".split())
_NESTED = ("STRUCT", "MAP", "UNION", "VARIANT", "BLOB", "GEOMETRY")
_ISO = "%Y-%m-%dT%H:%M:%S.%gZ"


def read(stream: BinaryIO, options: Options) -> tuple[tuple[str, ...], Iterator[Row | BadRow]]:
    """The columns, and the rows under them. Raises FileError."""
    rows = _rows(stream, options)
    columns = next(rows)
    if not isinstance(columns, tuple):
        raise TypeError("the columns come first")
    return columns, (row for row in rows if isinstance(row, Row))


def _rows(stream: BinaryIO, options: Options) -> Iterator[tuple[str, ...] | Row]:
    """The columns, then each row. DuckDB jumps about in a file, so a stream is copied to disk first."""
    with NamedTemporaryFile(suffix=".parquet") as copy, duckdb.connect(config=_SETTINGS) as connection:
        try:
            shutil.copyfileobj(stream, copy)
            copy.flush()
            types = dict(_types(connection, Path(copy.name)))
            wanted = options.columns or tuple(types)
            expressions = ", ".join(_expression(name, types.get(name)) for name in wanted)
            yield wanted
            found = connection.execute(f"SELECT {expressions} FROM read_parquet(?)", [copy.name])  # noqa: S608
            parts = iter(partial(found.fetchmany, _AT_ONCE), [])
            for number, values in enumerate(chain.from_iterable(parts), 1):
                yield Row(number, {n: v for n, v in zip(wanted, values, strict=True) if v not in (None, "")})
        except duckdb.OutOfMemoryException as error:
            message = "The Parquet file has row groups too large to be read a few rows at a time."
            raise FileError(TOO_LARGE_GROUPS, message, "write it with 100,000 rows a group.") from error
        except duckdb.Error as error:
            message = f"The Parquet file can't be read ({type(error).__name__})."
            raise FileError(BROKEN_FILE, message, "write the file again and import it once more.") from error


def _types(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[tuple[str, str]]:
    """Name and DuckDB's type of each column."""
    described = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
    yield from ((str(name), str(kind)) for name, kind, *_ in described)


def _expression(name: str, kind: str | None) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    if kind is None:
        raise FileError("no_such_column", f"The file has no column {name}.", "name its columns as they are.")
    if kind.startswith(_NESTED) or kind.endswith("]"):
        fix = "flatten it before, or leave it out: --columns with the names of the others."
        raise FileError("nested_column", f"The column {name} is no plain value ({kind.partition('(')[0]}).", fix)
    if kind in _AS_THEY_ARE:
        return quoted
    if kind in ("FLOAT", "DOUBLE"):
        return f"CASE WHEN isnan({quoted}) THEN NULL ELSE {quoted} END"  # pandas writes what is missing as NaN
    if kind.startswith("TIMESTAMP"):
        moment = f"make_timestamp(epoch_us({quoted}))"
        return f"strftime({moment}, '{_ISO}')"
    return f"CAST({quoted} AS VARCHAR)"
