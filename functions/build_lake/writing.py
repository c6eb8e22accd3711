"""Staged events written to the lake: a file for each source and day, listed by the day's manifest in one write."""

import hashlib
from collections.abc import Collection
from typing import NamedTuple

from functions.build_lake.expiring import index_expiring
from functions.build_lake.partitions import register
from functions.build_lake.reading import stage
from functions.build_lake.resolving import owners, resolved
from functions.build_lake.settings import Doors
from shared.aws.objects import fetch_file, put_file
from shared.lake.columns import EVENT_COLUMNS, listed
from shared.lake.erasures import erasures, is_erased
from shared.lake.files import File, Manifest, Partition
from shared.lake.rewriting import TRIES, LakeContentionError
from shared.lake.scratch import Scratch


class Built(NamedTuple):
    """`events` are those of the hour, `written` those in its own files: others are in compacted ones."""

    hour: str
    events: int
    written: int
    files: int


def build_hour(
    doors: Doors, space: Scratch, hour: str, *, resumes: bool = False, before: Collection[Partition] = ()
) -> Built:
    """Write the events that were stored in an hour; writing it again changes nothing.

    With `resumes` the hour is closed, and days stay that a run before this one wrote so, under the same erasures: an
    import of many years has more days than a run has time for. `before` are days that this run wrote before somebody
    was erased: where nobody is left, the hour's file goes.
    """
    heeded = stage(doors, space, hour)
    owners(doors, space, "staged")
    space.run(
        f"CREATE OR REPLACE TABLE resolved AS SELECT * FROM ({resolved('staged')}) AS e"
        f" WHERE NOT {is_erased('e')} ORDER BY source, day, pk, sk"
    )
    index_expiring(doors.expiring, space, hour)
    partitions = [
        Partition(source, str(day))
        for source, day in space.rows("SELECT DISTINCT source, day FROM resolved ORDER BY source, day")
    ]
    file = File(hour, mark=hashlib.sha256("\n".join(heeded).encode()).hexdigest()[:12] if resumes else "")
    left = [partition for partition in partitions if not (resumes and _is_written(doors, partition, file))]
    written = [_write(doors, space, partition, file) for partition in left]
    for partition in sorted({*before} - {*partitions}):
        _drop(doors, partition, hour)
    if erasures(doors.lake) != heeded:  # it has searched what was there before these files were
        return build_hour(doors, space, hour, resumes=resumes, before=[*before, *partitions])
    events = int(space.rows("SELECT count(*) FROM resolved")[0][0])
    return Built(hour, events, sum(written), sum(1 for rows in written if rows))


def _is_written(doors: Doors, partition: Partition, file: File) -> bool:
    return doors.lake.key(partition, file) in doors.lake.manifest(partition).keys


def _write(doors: Doors, space: Scratch, partition: Partition, file: File) -> int:
    for _ in range(TRIES):
        manifest = doors.lake.manifest(partition)
        rows = _try(doors, space, manifest, file)
        if rows is not None:
            return rows
    raise LakeContentionError(partition.path)


def _drop(doors: Doors, partition: Partition, hour: str) -> None:
    """Take the hour's own file out of a day and delete it."""
    for _ in range(TRIES):
        manifest = doors.lake.manifest(partition)
        own = [key for key in manifest.keys if not File.of(key).compacted and File.of(key).hour == hour]
        if doors.lake.replace(manifest, tuple(key for key in manifest.keys if key not in own)):
            doors.lake.forget(own)
            return
    raise LakeContentionError(partition.path)


def _try(doors: Doors, space: Scratch, manifest: Manifest, file: File) -> int | None:
    """How many rows were written; None where another writer was faster."""
    partition, hour = manifest.partition, file.hour
    others = [key for key in manifest.keys if File.of(key).compacted or File.of(key).hour != hour]
    chosen = "source = $source AND day = $day"
    if _may_be_there(space, partition, others, hour):
        known(doors, space, others)
        chosen += " AND NOT EXISTS (FROM known AS k WHERE k.pk = e.pk AND k.sk = e.sk)"
    path = space.folder / "hour.parquet"
    query = f"SELECT {listed(EVENT_COLUMNS)} FROM resolved AS e WHERE {chosen} ORDER BY pk, sk"
    rows = space.write(query, path, {"source": partition.source, "day": partition.day})
    if not rows:
        return 0
    key = doors.lake.key(partition, file)
    if manifest.etag is None:
        register(doors, partition)
    put_file(doors.lake.bucket, key, path)
    doors.lake.mark_changed(partition, hour)  # first: whatever is listed is looked at again by compaction
    if not doors.lake.replace(manifest, (*others, key)):
        return None
    return rows


def _may_be_there(space: Scratch, partition: Partition, others: list[str], hour: str) -> bool:
    """Whether other files may hold some of these events: only where hours are built out of order, or records came
    again in a later hour than their first.
    """
    if any(File.of(key).hour >= hour for key in others):
        return True
    again = "SELECT bool_or(redelivered) FROM resolved WHERE source = ? AND day = ?"
    return bool(others) and bool(space.rows(again, partition.source, partition.day)[0][0])


def known(doors: Doors, space: Scratch, keys: list[str]) -> None:
    """Fill the table `known` with the keys of the events in these files."""
    space.run("CREATE OR REPLACE TABLE known (pk VARCHAR, sk VARCHAR)")
    path = space.folder / "known.parquet"
    for key in keys:
        fetch_file(doors.lake.bucket, key, path)
        space.run("INSERT INTO known SELECT pk, sk FROM read_parquet(?)", str(path))
