"""The merge map: who went into whom, and who that is now, so that one join tells today's person of any event."""

from datetime import date, timedelta

from functions.build_lake.settings import Doors
from shared.aws.batching import chunks
from shared.aws.objects import fetch_file, list_objects, put_file
from shared.lake.columns import MERGE_COLUMNS, declared, listed
from shared.lake.erasures import erased
from shared.lake.files import MERGES_FILE
from shared.lake.scratch import Scratch

_AT_A_TIME = 10_000


def build_merges(doors: Doors, space: Scratch, first: date, last: date) -> int:
    """Add the merges of these days to the map and lead every chain to its end; how many there are now."""
    path = space.folder / "merges.parquet"
    space.run(f"CREATE OR REPLACE TABLE merges ({declared(MERGE_COLUMNS)}, PRIMARY KEY (loser))")
    if any(list_objects(doors.lake.bucket, MERGES_FILE)):
        fetch_file(doors.lake.bucket, MERGES_FILE, path)
        space.run("INSERT INTO merges SELECT * FROM read_parquet(?)", str(path))
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    for chunk in chunks((merge for day in days for merge in doors.merges.of_day(day.isoformat())), _AT_A_TIME):
        rows = [{"loser": m.loser, "winner": m.winner, "merged_into": m.winner, "merged_at": m.at} for m in chunk]
        space.run(f"CREATE OR REPLACE TABLE new_merges ({declared(MERGE_COLUMNS)})")
        space.load("new_merges", MERGE_COLUMNS, rows)
        space.run("INSERT OR IGNORE INTO merges SELECT * FROM new_merges")
    erased(doors.lake, space)
    space.run("DELETE FROM merges WHERE loser IN (SELECT id FROM erased_profiles)")
    _flatten(space)
    count = space.write(f"SELECT {listed(MERGE_COLUMNS)} FROM merges ORDER BY loser", path)
    put_file(doors.lake.bucket, MERGES_FILE, path)
    return count


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
