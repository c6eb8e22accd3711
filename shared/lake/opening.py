"""The lake's tables over files on this machine, for whoever has copied them here."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from shared.aws.objects import fetch_file, list_objects
from shared.lake.columns import (
    EVENT_COLUMNS,
    EVENTS,
    MERGE_COLUMNS,
    MERGES,
    MOVE_COLUMNS,
    MOVES,
    PARTITION_COLUMNS,
    PATH,
    PROFILE_COLUMNS,
    PROFILES,
    Column,
    declared,
    listed,
)
from shared.lake.files import MERGES_FILE, MOVES_FILE, SNAPSHOT_FILE, LakeFiles
from shared.lake.scratch import Scratch

SINGLE: tuple[tuple[str, tuple[Column, ...], str], ...] = (
    (MERGES, MERGE_COLUMNS, MERGES_FILE),
    (MOVES, MOVE_COLUMNS, MOVES_FILE),
    (PROFILES, PROFILE_COLUMNS, SNAPSHOT_FILE),
)
"""Tables of one file each."""


def lay_tables(database: duckdb.DuckDBPyConnection, folder: Path, bucket: str, keys: Sequence[str]) -> None:
    """Tables over what lies in a folder as it does in the bucket; `keys`: the files of events that manifests list."""
    database.execute("SET TimeZone = 'UTC'")
    columns = (*EVENT_COLUMNS, *PARTITION_COLUMNS)
    database.execute(f"CREATE TABLE nothing ({declared(columns)}, local VARCHAR)")
    paths = ", ".join(quoted(folder / key) for key in keys)
    options = "hive_partitioning = true, hive_types = {'source': VARCHAR, 'day': DATE}, filename = 'local'"
    events = f"read_parquet([{paths}], {options})" if keys else "nothing"
    path = f"replace(local, {quoted(folder)}, 's3://{bucket}') AS \"{PATH}\""
    database.execute(f"CREATE VIEW {EVENTS} AS SELECT {listed(columns)}, {path} FROM {events}")
    for table, held, file in SINGLE:
        database.execute(f"CREATE TABLE no_{table} ({declared(held)})")
        rows = f"read_parquet({quoted(folder / file)})" if (folder / file).is_file() else f"no_{table}"
        database.execute(f"CREATE VIEW {table} AS SELECT {listed(held)} FROM {rows}")


def opened(lake: LakeFiles, space: Scratch) -> duckdb.DuckDBPyConnection:
    """The lake's tables over a copy in a temporary folder: all of it has to fit there."""
    keys = [key for partition, _ in lake.partitions() for key in lake.manifest(partition).keys]
    single = [file for _, _, file in SINGLE if any(list_objects(lake.bucket, file))]
    for key in (*keys, *single):
        path = space.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        fetch_file(lake.bucket, key, path)
    lay_tables(space.database, space.folder, lake.bucket, keys)
    return space.database


def quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
