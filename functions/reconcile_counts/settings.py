"""What reconcile_counts needs from its environment, and the doors it goes through: made once, on first use."""

import os
from dataclasses import dataclass
from functools import cache

from shared.stores.catalogue_store import CatalogueStore
from shared.stores.count_store import CountStore
from shared.stores.event_store import EventStore
from shared.stores.failed_batches import FailedBatches
from shared.stores.outcome_log import OutcomeLog
from shared.stores.profile_store import ProfileStore
from shared.stores.reconciled_store import ReconciledStore
from shared.stores.suppression_store import SuppressionStore, open_suppressions


@dataclass(frozen=True, slots=True)
class Doors:
    catalogue: CatalogueStore
    counts: CountStore
    events: EventStore
    profiles: ProfileStore
    outcomes: OutcomeLog
    failed: FailedBatches
    reconciled: ReconciledStore
    suppressions: SuppressionStore


@cache
def doors() -> Doors:
    env = os.environ
    return Doors(
        catalogue=CatalogueStore(env["CATALOGUE_TABLE"]),
        counts=CountStore(env["LEDGER_TABLE"]),
        events=EventStore(env["EVENTS_TABLE"]),
        profiles=ProfileStore(env["PROFILES_TABLE"]),
        outcomes=OutcomeLog(env["LOG_BUCKET"]),
        failed=FailedBatches(env["LOG_BUCKET"]),
        reconciled=ReconciledStore(env["LEDGER_TABLE"]),
        suppressions=open_suppressions(env["SUPPRESSIONS_TABLE"], env["SUPPRESSION_KEYS_SECRET"]),
    )
