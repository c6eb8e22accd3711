"""The lake's tables over files on this machine, for whoever has copied them here."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
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

_AT_ONCE = 8


class LakeTooLargeError(Exception):
    """The events that are asked for don't fit; sizes in bytes."""

    def __init__(self, size: int, most: int) -> None:
        super().__init__(f"The events that it asks for are {size} bytes in the lake; {most} fit here.")


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


def opened(
    lake: LakeFiles, space: Scratch, days: Callable[[str], bool] = lambda day: True, most_bytes: int | None = None
) -> duckdb.DuckDBPyConnection:
    """The lake's tables over a copy in a temporary folder, of events those of some days: all of it has to fit there.
    LakeTooLargeError, before anything is fetched, where events are more than `most_bytes`.
    """
    wanted = [partition for partition, _ in lake.partitions() if days(partition.day)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        keys = [key for manifest in pool.map(lake.manifest, wanted) for key in manifest.keys]
        if most_bytes is not None:
            sizes = {found.key: found.size for found in lake.listed()}
            size = sum(sizes.get(key, 0) for key in keys)
            if size > most_bytes:
                raise LakeTooLargeError(size, most_bytes)
        single = [file for _, _, file in SINGLE if any(list_objects(lake.bucket, file))]
        list(pool.map(lambda key: fetched(lake, space, key), (*keys, *single)))
    lay_tables(space.database, space.folder, lake.bucket, keys)
    return space.database


def fetched(lake: LakeFiles, space: Scratch, key: str) -> Path:
    """An object in its place below the folder; one that was fetched already stays as it is."""
    path = space.folder / key
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        fetch_file(lake.bucket, key, path)
    return path


def quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
