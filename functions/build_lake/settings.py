"""What build_lake needs from its environment, and the doors it goes through: made once, on first use."""

import os
from dataclasses import dataclass
from functools import cache

from shared.lake.files import LakeFiles
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.expiry_index import ExpiryIndex
from shared.stores.kept_declarations import KeptDeclarations
from shared.stores.kept_purposes import KeptPurposes
from shared.stores.merge_log import MergeLog
from shared.stores.move_log import MoveLog
from shared.stores.outcome_log import OutcomeLog
from shared.stores.profile_scan import ProfileScan
from shared.stores.profile_store import ProfileStore
from shared.stores.segment_sizes import SegmentSizes


@dataclass(frozen=True, slots=True)
class Doors:
    outcomes: OutcomeLog
    lake: LakeFiles
    expiring: ExpiryIndex
    profiles: ProfileStore
    merges: MergeLog
    moves: MoveLog
    people: ProfileScan
    declared: KeptDeclarations
    purposes: KeptPurposes
    catalogue: CatalogueStore
    sizes: SegmentSizes
    database: str


@cache
def doors() -> Doors:
    env = os.environ
    bucket, catalogue = env["LOG_BUCKET"], CatalogueStore(env["CATALOGUE_TABLE"])
    return Doors(
        outcomes=OutcomeLog(bucket),
        lake=LakeFiles(bucket),
        expiring=ExpiryIndex(bucket),
        profiles=ProfileStore(env["PROFILES_TABLE"]),
        merges=MergeLog(env["LEDGER_TABLE"]),
        moves=MoveLog(env["LEDGER_TABLE"]),
        people=ProfileScan(env["PROFILES_TABLE"]),
        declared=KeptDeclarations(catalogue),
        purposes=KeptPurposes(catalogue),
        catalogue=catalogue,
        sizes=SegmentSizes(env["LEDGER_TABLE"]),
        database=env["LAKE_DATABASE"],
    )
