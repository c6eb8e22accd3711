"""Days that changed become one file each, every event once, with the people who weren't known when it was built; what
has expired goes.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime

from functions.build_lake.resolving import owners, resolved
from functions.build_lake.settings import Doors
from shared.aws.observability import logger
from shared.domain.sources import LEAST_DAYS
from shared.lake.erasures import erased, is_erased
from shared.lake.files import File, Partition
from shared.lake.rewriting import TRIES, LakeContentionError, fetch, rewrite
from shared.lake.scratch import Scratch

_STALE_SECONDS = 86_400
_EXPIRY_TURN = 30
"""Days within which every old day has been looked through for events that have expired."""


def compact_changed(doors: Doors, space: Scratch, now: datetime, goes_on: Callable[[], bool]) -> int:
    """Compact every day before today that has changed since it was compacted or whose turn it is; how many days.

    A mark goes when the day is one file and those it replaced are gone: they stay for a day, for readers that read
    the manifest before. What is cut off is done again the next time. A day that fails holds up no other: the first
    error is raised in the end.
    """
    done, errors = 0, list[Exception]()
    due = {partition: list[str]() for partition, _ in doors.lake.partitions() if _may_have_expired(partition, now)}
    for partition, marks in sorted((due | doors.lake.changed()).items()):
        if partition.day >= now.astimezone(UTC).date().isoformat():
            continue
        if not goes_on():
            break
        try:
            _compact(doors, space, partition, now)
            if not _sweep(doors, partition, now):
                doors.lake.forget(marks)
            done += 1
        except Exception as error:
            logger().error("a day is not compacted", extra=asdict(partition), exc_info=error)
            errors.append(error)
    if errors:
        raise errors[0]
    return done


def _may_have_expired(partition: Partition, now: datetime) -> bool:
    """Whether it is a day's turn. Which of its events have expired only its files say."""
    today, day = now.astimezone(UTC).date().toordinal(), date.fromisoformat(partition.day).toordinal()
    return today - day >= LEAST_DAYS and (today - day) % _EXPIRY_TURN == 0


def _compact(doors: Doors, space: Scratch, partition: Partition, now: datetime) -> None:
    for _ in range(TRIES):
        manifest = doors.lake.manifest(partition)
        if not manifest.keys:
            return
        paths = fetch(doors.lake, space, manifest.keys)
        gone = _load(doors, space, paths, now)
        owners(doors, space, "nobodys")
        if len(manifest.keys) < 2 and not gone and not space.rows("SELECT 1 FROM owners LIMIT 1"):
            return
        until = File(max(File.of(key).hour for key in manifest.keys), compacted=True)
        if rewrite(doors.lake, space, manifest, manifest.keys, resolved("whole"), until):
            if gone:
                doors.lake.forget([*manifest.keys])
            return
    raise LakeContentionError(partition.path)


def _load(doors: Doors, space: Scratch, paths: list[str], now: datetime) -> int:
    """Fill the table `whole` with every event once, and the view `nobodys` with those of unknown people.

    How many rows go: they have expired, or are of erased people whom a build that was killed left there.
    """
    erased(doors.lake, space)
    files = "read_parquet(?, hive_partitioning = false) AS e"
    goes = f"({is_erased('e')} OR e.expires_at <= '{now.astimezone(UTC):%Y-%m-%d %H:%M:%S}'::TIMESTAMP)"
    space.run(
        f"CREATE OR REPLACE TABLE whole AS SELECT * FROM {files} WHERE NOT {goes}"
        " QUALIFY row_number() OVER (PARTITION BY pk, sk ORDER BY stored_at) = 1",
        paths,
    )
    space.run("CREATE OR REPLACE VIEW nobodys AS SELECT pk FROM whole WHERE profile_id IS NULL")
    return int(space.rows(f"SELECT count(*) FROM {files} WHERE {goes}", paths)[0][0])


def _sweep(doors: Doors, partition: Partition, now: datetime) -> bool:
    """Delete files that no reader can still want; whether any is left that no manifest lists."""
    listed = set(doors.lake.manifest(partition).keys)
    unlisted = [found for found in doors.lake.listed(partition) if found.key not in listed]
    stale = [found.key for found in unlisted if found.modified < now.timestamp() - _STALE_SECONDS]
    doors.lake.forget(stale)
    return len(stale) < len(unlisted)
