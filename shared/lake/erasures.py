"""Whom the lake must not show again: an hour that is built after an erasure still has their events in its objects."""

import hashlib
import json
from collections.abc import Collection

from shared.aws.dynamo import Key
from shared.aws.objects import fetch_file, get_object, list_objects, put_object
from shared.lake.columns import MOVE_COLUMNS, declared, listed
from shared.lake.files import MOVES_FILE, LakeFiles
from shared.lake.scratch import Scratch
from shared.lake.views import during

ERASURES = "lake/erasures/"
_COLUMNS = "id VARCHAR, until TIMESTAMP_MS"


def remember(
    lake: LakeFiles, anchors: Collection[str], profile_ids: Collection[str], at: str, keys: Collection[Key] = ()
) -> None:
    """Keep who was erased, as keys, for as long as the objects live that a build could read them from; `keys` are
    those of events of others that named them.
    """
    told = {"at": at, "anchors": sorted(anchors), "profile_ids": sorted(profile_ids), "keys": sorted(keys)}
    body = json.dumps(told).encode()
    put_object(lake.bucket, f"{ERASURES}{hashlib.sha256(body).hexdigest()[:24]}.json", body)


def erased(lake: LakeFiles, space: Scratch) -> list[str]:
    """Fill the tables `erased_pks`, `erased_profiles`, `erased_keys` and `moves`; the erasures the first are from."""
    names = erasures(lake)
    space.run(f"CREATE OR REPLACE TABLE erased_pks ({_COLUMNS})")
    space.run(f"CREATE OR REPLACE TABLE erased_profiles ({_COLUMNS})")
    space.run("CREATE OR REPLACE TABLE erased_keys (pk VARCHAR, sk VARCHAR, until TIMESTAMP_MS)")
    for name in names:
        told = json.loads(get_object(lake.bucket, name))
        for table, ids in (
            ("erased_pks", [f"A#{anchor}" for anchor in told["anchors"]]),
            ("erased_profiles", told["profile_ids"]),
        ):
            space.run(f"INSERT INTO {table} SELECT unnest(?), ?::TIMESTAMP_MS", ids, told["at"])
        keys = told.get("keys", [])
        pks, sks = [pk for pk, _ in keys], [sk for _, sk in keys]
        space.run("INSERT INTO erased_keys SELECT unnest(?), unnest(?), ?::TIMESTAMP_MS", pks, sks, told["at"])
    _load_moves(lake, space)
    return names


def _load_moves(lake: LakeFiles, space: Scratch) -> None:
    space.run(f"CREATE OR REPLACE TABLE moves ({declared(MOVE_COLUMNS)})")
    if any(list_objects(lake.bucket, MOVES_FILE)):
        path = space.folder / "moves.parquet"
        fetch_file(lake.bucket, MOVES_FILE, path)
        space.run(f"INSERT INTO moves SELECT {listed(MOVE_COLUMNS)} FROM read_parquet(?)", str(path))


def erasures(lake: LakeFiles) -> list[str]:
    return [found.key for found in list_objects(lake.bucket, ERASURES)]


def is_erased(event: str) -> str:
    """Whether a row was stored before its person was erased, as SQL; what came later may stay. What changed hands is
    its owner's of today, whoever the row names.
    """
    moved, stored = during("v", event), f"{event}.stored_at <= x.until"
    named = f"EXISTS (FROM erased_profiles AS x WHERE x.id = {event}.profile_id AND {stored})"
    owned = f"FROM moves AS v JOIN erased_profiles AS x ON x.id = v.profile_id WHERE {moved} AND {stored}"
    return (
        f"(EXISTS (FROM erased_pks AS x WHERE x.id = {event}.pk AND {stored})"
        f" OR EXISTS (FROM erased_keys AS x WHERE x.pk = {event}.pk AND x.sk = {event}.sk AND {stored})"
        f" OR ({named} AND NOT EXISTS (FROM moves AS v WHERE {moved})) OR EXISTS ({owned}))"
    )
