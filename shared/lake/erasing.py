"""People leave the lake: files that hold them are written again without them, and a second query proves it."""

from collections.abc import Collection, Iterator
from dataclasses import astuple, dataclass

from shared.aws.dynamo import Key
from shared.aws.objects import list_objects
from shared.lake.erasures import erased, is_erased, remember
from shared.lake.files import MERGES_FILE, File, LakeFiles, Partition
from shared.lake.rewriting import TRIES, LakeContentionError, fetch, rewrite
from shared.lake.scratch import Scratch, scratch
from shared.lake.snapshot import held_in_snapshot, leave_snapshot

_SNAPSHOT = "profiles/"
"""Before the path of any partition, which begins with `source=`."""


class StillThereError(Exception):
    """After an erasure a file still has rows of who was erased."""


@dataclass(frozen=True, slots=True)
class Erased:
    """`rows` left the lake with it; `files` were written again or dropped; `searched` were looked at, twice each."""

    rows: int
    files: int
    searched: int


def erase(lake: LakeFiles, anchors: Collection[str], profile_ids: Collection[str], at: str) -> Erased:
    """All of `erasing` at once."""
    parts = [one for _, one in erasing(lake, anchors, profile_ids, at)]
    return Erased(*(sum(one[n] for one in map(astuple, parts)) for n in range(3)))


def erasing(
    lake: LakeFiles,
    anchors: Collection[str],
    profile_ids: Collection[str],
    at: str,
    after: str = "",
    keys: Collection[Key] = (),
) -> Iterator[tuple[str, Erased]]:
    """Take all that was stored until `at` under these anchors or resolved to these profiles, or to profiles that went
    into them, out of the lake, and out of hours that are built later; and events of these `keys`, which are others'.

    The profile snapshot first, then partition by partition, those behind the path `after`. The files are deleted at
    once: a query that is reading them fails and is asked again. Repeating it is harmless. StillThereError where the
    second query finds somebody.
    """
    with scratch() as space:
        remember(lake, anchors, {*profile_ids, *_merged_into(lake, space, profile_ids)}, at, keys)
        erased(lake, space)
        if not after:
            yield _SNAPSHOT, _out_of_snapshot(lake, space)
        for partition in [one for one, _ in lake.partitions() if one.path > after]:
            rows = _rewrite_holding(lake, space, partition)
            listed = lake.manifest(partition).keys
            unlisted = [found.key for found in lake.listed(partition) if found.key not in listed]
            holding = [key for key in unlisted if _held(lake, space, key)]
            lake.forget(holding)
            if left := sum(_held(lake, space, key) for key in listed):
                raise StillThereError(f"{left} rows in {partition.path}")
            yield partition.path, Erased(rows, len(holding), len(listed))


def _out_of_snapshot(lake: LakeFiles, space: Scratch) -> Erased:
    rows = leave_snapshot(lake, space)
    if left := rows and held_in_snapshot(lake, space):
        raise StillThereError(f"{left} people in the profile snapshot")
    return Erased(rows, *((1, 1) if rows else (0, 0)))


def _merged_into(lake: LakeFiles, space: Scratch, profile_ids: Collection[str]) -> list[str]:
    if not any(list_objects(lake.bucket, MERGES_FILE)):
        return []
    (path,) = fetch(lake, space, [MERGES_FILE])
    found = space.rows("SELECT loser FROM read_parquet(?) WHERE list_contains(?, winner)", path, [*profile_ids])
    return [loser for (loser,) in found]


def _rewrite_holding(lake: LakeFiles, space: Scratch, partition: Partition) -> int:
    """Write each file of a partition that holds them again without them; how many rows left."""
    gone, lost = 0, 0
    without: set[str] = set()
    while lost < TRIES:
        manifest = lake.manifest(partition)
        key = next((key for key in manifest.keys if key not in without), None)
        if key is None:
            return gone
        held = _held(lake, space, key)
        query = f"SELECT * FROM part AS e WHERE NOT {is_erased('e')}"
        if not held:
            without.add(key)
        elif rewrite(lake, space, manifest, [key], query, File.of(key)):
            gone += held
        else:
            lost += 1
    raise LakeContentionError(partition.path)


def _held(lake: LakeFiles, space: Scratch, key: str) -> int:
    """How many rows of them a file has; it is then the view `part`."""
    (path,) = fetch(lake, space, [key])
    space.run(f"CREATE OR REPLACE VIEW part AS SELECT * FROM read_parquet('{path}', hive_partitioning = false)")
    return int(space.rows(f"SELECT count(*) FROM part AS e WHERE {is_erased('e')}")[0][0])
