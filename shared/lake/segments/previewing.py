"""What a segment would be before it is published: how many, who for example, how it overlaps, what writing it costs."""

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

import duckdb

from shared.aws.objects import list_objects
from shared.domain.segments.definition import Segment
from shared.domain.segments.windows import milliseconds, moment
from shared.domain.times import to_text
from shared.lake.columns import PROFILES
from shared.lake.files import SNAPSHOT_FILE, LakeFiles
from shared.lake.opening import fetched
from shared.lake.scratch import Scratch
from shared.lake.segments.dialects import quoted
from shared.lake.segments.sql import compiled
from shared.lake.views import VIEWS

_AT_A_TIME = 10_000
_UNIT_BYTES = 1024


class NoSnapshotError(Exception):
    """There is no profile snapshot yet."""

    def __init__(self) -> None:
        super().__init__("There is no profile snapshot yet. Remedy: jogakbo lake snapshot")


class Overlap(NamedTuple):
    """Another segment, by those who were told to be in it; `both` are in this one, too."""

    segment: str
    size: int
    both: int


class Preview(NamedTuple):
    """As of an instant. `people` are all there are; `entering` and `leaving` count against who was told to be in it,
    and are what would be written, for about so many write units.
    """

    segment: str
    as_of: str
    people: int
    size: int
    sample: tuple[str, ...]
    overlaps: tuple[Overlap, ...]
    entering: int
    leaving: int
    write_units: int

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return self._asdict() | {"overlaps": [one._asdict() for one in self.overlaps]}


def preview(
    lake: duckdb.DuckDBPyConnection,
    segment: Segment,
    others: Collection[Segment],
    at: str = "",
    sample: int = 20,
    overlap: bool = True,
) -> Preview:
    """Of a segment in any state; `at` without a word is when the snapshot was taken. `others` are all that there are,
    for conditions that ask for one. NoSnapshotError, or NotInSqlError for what the lake can't be asked.
    """
    as_of, people = _found(lake, segment, others, at)
    told = f"list_contains(p.segments, {quoted(segment.id)})"
    units = f"greatest(1, ceil(p.bytes / {_UNIT_BYTES}))"
    size, entering, leaving, write_units = _row(
        lake,
        f"SELECT count(f.profile_id), count(f.profile_id) FILTER (NOT {told}),"
        f" count(*) FILTER ({told} AND f.profile_id IS NULL),"
        f" coalesce(sum({units}) FILTER ({told} <> (f.profile_id IS NOT NULL)), 0)::BIGINT"
        " FROM profiles AS p LEFT JOIN found AS f ON f.profile_id = p.profile_id",
    )
    some = lake.execute(f"SELECT profile_id FROM found ORDER BY md5(profile_id) LIMIT {sample:d}").fetchall()
    live = {one.id for one in others if one.state == "live"} - {segment.id}
    overlaps = tuple(_overlaps(lake, live)) if overlap else ()
    ids = tuple(str(profile_id) for (profile_id,) in some)
    return Preview(segment.id, as_of, people, size, ids, overlaps, entering, leaving, write_units)


def members(
    lake: duckdb.DuckDBPyConnection, segment: Segment, others: Collection[Segment], at: str = ""
) -> Iterator[str]:
    """Profile ids of all who would be in, in order."""
    _found(lake, segment, others, at)
    rows = lake.execute("SELECT profile_id FROM found ORDER BY profile_id")
    while chunk := rows.fetchmany(_AT_A_TIME):
        yield from (profile_id for (profile_id,) in chunk)


def views(lake: duckdb.DuckDBPyConnection) -> None:
    """Let queries see `events` and `profiles`."""
    for name, query in VIEWS.items():
        lake.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {query}")


def snapshot_at(lake: LakeFiles, space: Scratch) -> int:
    """When the profile snapshot in the bucket was taken, in milliseconds; NoSnapshotError where there is none."""
    if not any(list_objects(lake.bucket, SNAPSHOT_FILE)):
        raise NoSnapshotError
    return _taken_at(space.database, f"read_parquet({quoted(str(fetched(lake, space, SNAPSHOT_FILE)))})")


def _taken_at(lake: duckdb.DuckDBPyConnection, profiles: str) -> int:
    (taken,) = _row(lake, f"SELECT epoch_ms(max(snapshot_at)) FROM {profiles}")
    if taken is None:
        raise NoSnapshotError
    return int(taken)


def _found(lake: duckdb.DuckDBPyConnection, segment: Segment, others: Collection[Segment], at: str) -> tuple[str, int]:
    """Fill the table `found`; as of when, and how many people there are."""
    views(lake)
    taken = _taken_at(lake, PROFILES)
    (people,) = _row(lake, "SELECT count(*) FROM profiles")
    ms = milliseconds(at) if at else taken
    lake.execute(f"CREATE OR REPLACE TEMP TABLE found AS {compiled(segment, others, ms)}")
    return to_text(moment(ms)), people


def _overlaps(lake: duckdb.DuckDBPyConnection, live: Collection[str]) -> Iterator[Overlap]:
    rows = lake.execute(
        "SELECT p.segment, count(*), count(f.profile_id)"
        " FROM (SELECT profile_id, unnest(segments) AS segment FROM profiles) AS p"
        " LEFT JOIN found AS f ON f.profile_id = p.profile_id GROUP BY p.segment ORDER BY p.segment"
    ).fetchall()
    return (Overlap(*row) for row in rows if row[0] in live)


def _row(lake: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    found = lake.execute(query).fetchone()
    return found or ()
