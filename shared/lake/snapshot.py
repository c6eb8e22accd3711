"""The profile snapshot in the bucket: one file, replaced in one write, without anybody who was erased."""

from shared.aws.objects import list_objects, put_file
from shared.lake.columns import PROFILE_COLUMNS, listed
from shared.lake.erasures import erased, erasures
from shared.lake.files import SNAPSHOT_FILE, LakeFiles
from shared.lake.rewriting import fetch
from shared.lake.scratch import Scratch

_GONE = "profile_id IN (SELECT id FROM erased_profiles)"


def put_snapshot(lake: LakeFiles, space: Scratch, query: str) -> int:
    """Replace it by the rows of a query; how many. Again where somebody was erased meanwhile: their erasure looked for
    them in what was there before.
    """
    path = space.folder / "profiles.parquet"
    while True:
        heeded = erased(lake, space)
        rows = space.write(f"SELECT {listed(PROFILE_COLUMNS)} FROM ({query}) WHERE NOT ({_GONE})", path)
        put_file(lake.bucket, SNAPSHOT_FILE, path)
        if erasures(lake) == heeded:
            return rows


def leave_snapshot(lake: LakeFiles, space: Scratch) -> int:
    """Take everybody out of it who was erased; how many were in it."""
    held = held_in_snapshot(lake, space)
    if held:
        put_snapshot(lake, space, "SELECT * FROM snapshot")
    return held


def held_in_snapshot(lake: LakeFiles, space: Scratch) -> int:
    """How many of them a look finds; it is then the view `snapshot`."""
    if not any(list_objects(lake.bucket, SNAPSHOT_FILE)):
        return 0
    (path,) = fetch(lake, space, [SNAPSHOT_FILE])
    space.run(f"CREATE OR REPLACE VIEW snapshot AS SELECT * FROM read_parquet('{path}')")
    return int(space.rows(f"SELECT count(*) FROM snapshot WHERE {_GONE}")[0][0])
