"""Whom the lake must not show again: an hour that is built after an erasure still has their events in its objects."""

import hashlib
import json
from collections.abc import Collection

from shared.aws.objects import get_object, list_objects, put_object
from shared.lake.files import LakeFiles
from shared.lake.scratch import Scratch

ERASURES = "lake/erasures/"
_COLUMNS = "id VARCHAR, until TIMESTAMP_MS"


def remember(lake: LakeFiles, anchors: Collection[str], profile_ids: Collection[str], at: str) -> None:
    """Keep who was erased, as keys, for as long as the objects live that a build could read them from."""
    body = json.dumps({"at": at, "anchors": sorted(anchors), "profile_ids": sorted(profile_ids)}).encode()
    put_object(lake.bucket, f"{ERASURES}{hashlib.sha256(body).hexdigest()[:24]}.json", body)


def erased(lake: LakeFiles, space: Scratch) -> list[str]:
    """Fill the tables `erased_pks` and `erased_profiles`; the erasures they are from."""
    names = erasures(lake)
    space.run(f"CREATE OR REPLACE TABLE erased_pks ({_COLUMNS})")
    space.run(f"CREATE OR REPLACE TABLE erased_profiles ({_COLUMNS})")
    for name in names:
        told = json.loads(get_object(lake.bucket, name))
        for table, ids in (
            ("erased_pks", [f"A#{anchor}" for anchor in told["anchors"]]),
            ("erased_profiles", told["profile_ids"]),
        ):
            space.run(f"INSERT INTO {table} SELECT unnest(?), ?::TIMESTAMP_MS", ids, told["at"])
    return names


def erasures(lake: LakeFiles) -> list[str]:
    return [found.key for found in list_objects(lake.bucket, ERASURES)]


def is_erased(event: str) -> str:
    """Whether a row was stored before its person was erased, as SQL; what came later may stay."""
    return (
        f"(EXISTS (FROM erased_pks AS x WHERE x.id = {event}.pk AND {event}.stored_at <= x.until)"
        f" OR EXISTS (FROM erased_profiles AS x WHERE x.id = {event}.profile_id AND {event}.stored_at <= x.until))"
    )
