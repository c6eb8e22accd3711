"""What build_lake needs from its environment, and the doors it goes through: made once, on first use."""

import os
from dataclasses import dataclass
from functools import cache

from shared.lake.files import LakeFiles
from shared.stores.expiry_index import ExpiryIndex
from shared.stores.merge_log import MergeLog
from shared.stores.move_log import MoveLog
from shared.stores.outcome_log import OutcomeLog
from shared.stores.profile_store import ProfileStore


@dataclass(frozen=True, slots=True)
class Doors:
    outcomes: OutcomeLog
    lake: LakeFiles
    expiring: ExpiryIndex
    profiles: ProfileStore
    merges: MergeLog
    moves: MoveLog
    database: str


@cache
def doors() -> Doors:
    env = os.environ
    bucket = env["LOG_BUCKET"]
    return Doors(
        outcomes=OutcomeLog(bucket),
        lake=LakeFiles(bucket),
        expiring=ExpiryIndex(bucket),
        profiles=ProfileStore(env["PROFILES_TABLE"]),
        merges=MergeLog(env["LEDGER_TABLE"]),
        moves=MoveLog(env["LEDGER_TABLE"]),
        database=env["LAKE_DATABASE"],
    )
