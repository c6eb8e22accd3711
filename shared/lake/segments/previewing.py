"""What a segment would be before it is published: how many, who for example, how it overlaps, what writing it costs."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

import duckdb

from shared.domain.segments.definition import Segment
from shared.domain.segments.windows import milliseconds, moment
from shared.domain.times import to_text
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


def preview(
    lake: duckdb.DuckDBPyConnection, segment: Segment, others: Collection[Segment], at: str = "", sample: int = 20
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
    overlaps = tuple(_overlaps(lake, {one.id for one in others if one.state == "live"} - {segment.id}))
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


def _found(lake: duckdb.DuckDBPyConnection, segment: Segment, others: Collection[Segment], at: str) -> tuple[str, int]:
    """Fill the table `found`; as of when, and how many people there are."""
    views(lake)
    taken, people = _row(lake, "SELECT epoch_ms(max(snapshot_at)), count(*) FROM profiles")
    if taken is None:
        raise NoSnapshotError
    ms = milliseconds(at) if at else int(taken)
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
