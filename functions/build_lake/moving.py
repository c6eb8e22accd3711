"""Identifiers that changed hands, by their periods as they are owned now: rows of before say whose they were then."""

from datetime import date

from functions.build_lake.merging import days
from functions.build_lake.resolving import ALWAYS, PREFIX, owners
from functions.build_lake.settings import Doors
from shared.aws.batching import chunks
from shared.aws.objects import put_file
from shared.lake.columns import MOVE_COLUMNS, Column, listed
from shared.lake.erasures import erased
from shared.lake.files import MOVES_FILE
from shared.lake.scratch import Scratch

_AT_A_TIME = 10_000
_MOVED = (Column("pk", "VARCHAR", ""), Column("moved_at", "TIMESTAMP_MS", ""))


def build_moves(doors: Doors, space: Scratch, first: date, last: date) -> int:
    """Add what changed hands on these days and lead all to who it is now; how many periods there are.

    Comes after `build_merges`, whose table `merges` it goes by. Each change is looked up once.
    """
    erased(doors.lake, space)
    space.run("CREATE OR REPLACE TABLE arrived (pk VARCHAR, moved_at TIMESTAMP_MS)")
    for chunk in chunks((moved for day in days(first, last) for moved in doors.moves.of_day(day)), _AT_A_TIME):
        space.load("arrived", _MOVED, [{"pk": f"{PREFIX}{moved.hash}", "moved_at": moved.at} for moved in chunk])
    space.run(
        "CREATE OR REPLACE TABLE moved AS SELECT pk, max(moved_at) AS moved_at FROM arrived GROUP BY pk"
        " EXCEPT SELECT pk, moved_at FROM moves"
    )
    owners(doors, space, "moved")
    space.run("DELETE FROM moves WHERE pk IN (SELECT pk FROM moved)")
    space.run(
        f"INSERT INTO moves BY NAME SELECT pk, nullif(since, '{ALWAYS}'::TIMESTAMP_MS) AS since, profile_id, moved_at,"
        " lead(since) OVER (PARTITION BY pk ORDER BY since) AS until FROM owners JOIN moved USING (pk)"
    )
    _forget_erased(space)
    path = space.folder / "moves.parquet"
    now = "SELECT v.* REPLACE (coalesce(m.winner, v.profile_id) AS profile_id)"
    led = f"{now} FROM moves AS v LEFT JOIN merges AS m ON m.loser = v.profile_id"
    count = space.write(f"SELECT {listed(MOVE_COLUMNS)} FROM ({led}) ORDER BY pk, since", path)
    put_file(doors.lake.bucket, MOVES_FILE, path)
    return count


def _forget_erased(space: Scratch) -> None:
    for table, column in (("erased_pks", "pk"), ("erased_profiles", "profile_id")):
        found = f"FROM {table} AS x WHERE x.id = moves.{column} AND moves.moved_at <= x.until"
        space.run(f"DELETE FROM moves WHERE EXISTS ({found})")
