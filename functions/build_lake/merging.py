"""The merge map: who went into whom, and who that is now, so that one join tells today's person of any event."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from functions.build_lake.settings import Doors
from shared.aws.batching import chunks
from shared.aws.objects import fetch_file, list_objects, put_file
from shared.lake.columns import MERGE_COLUMNS, declared, listed
from shared.lake.erasures import erased
from shared.lake.files import MERGES_FILE
from shared.lake.scratch import Scratch
from shared.stores.merge_log import Merge

_AT_A_TIME = 10_000


def build_merges(doors: Doors, space: Scratch, first: date, last: date) -> int:
    """Add the merges of these days to the map and lead every chain to its end; how many there are now."""
    path = space.folder / "merges.parquet"
    space.run(f"CREATE OR REPLACE TABLE found ({declared(MERGE_COLUMNS)})")
    if any(list_objects(doors.lake.bucket, MERGES_FILE)):
        fetch_file(doors.lake.bucket, MERGES_FILE, path)
        space.run("INSERT INTO found SELECT * FROM read_parquet(?)", str(path))
    for chunk in chunks(_led(doors, days(first, last)), _AT_A_TIME):
        rows = [{"loser": m.loser, "winner": m.winner, "merged_into": m.winner, "merged_at": m.at} for m in chunk]
        space.load("found", MERGE_COLUMNS, rows)
    space.run(
        "CREATE OR REPLACE TABLE merges AS SELECT * REPLACE (merged_into AS winner) FROM found"
        " QUALIFY row_number() OVER (PARTITION BY loser ORDER BY merged_at DESC) = 1"
    )
    erased(doors.lake, space)
    space.run("DELETE FROM merges WHERE loser IN (SELECT id FROM erased_profiles)")
    _flatten(space)
    count = space.write(f"SELECT {listed(MERGE_COLUMNS)} FROM merges ORDER BY loser", path)
    put_file(doors.lake.bucket, MERGES_FILE, path)
    return count


def days(first: date, last: date) -> list[str]:
    return [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]


def _led(doors: Doors, wanted: Iterable[str]) -> Iterator[Merge]:
    """The merges of these days, and where ids of merged profiles were led since: by a split that took a merge back."""
    for day in wanted:
        yield from doors.merges.of_day(day)
        yield from doors.moves.led_on(day)


def _flatten(space: Scratch) -> None:
    """Each turn halves what is left of every chain; chains have an end, as a loser never wins again."""
    further = "FROM merges AS n WHERE n.loser = m.winner AND n.winner <> m.winner"
    while space.rows(f"SELECT 1 FROM merges AS m WHERE EXISTS ({further}) LIMIT 1"):
        space.run(
            "CREATE OR REPLACE TABLE flatter AS SELECT m.* REPLACE (coalesce(n.winner, m.winner) AS winner)"
            " FROM merges AS m LEFT JOIN merges AS n ON n.loser = m.winner"
        )
        space.run("DELETE FROM merges")
        space.run("INSERT INTO merges SELECT * FROM flatter")
