"""What store_events needs from its environment, and the doors it goes through: made once, on first use."""

import os
from dataclasses import dataclass
from functools import cache

from functions.store_events.rules import SourceRules
from shared.aws.secrets import secret_text
from shared.stores.arrival_log import ArrivalLog
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.count_store import CountStore
from shared.stores.event_store import EventStore
from shared.stores.failed_batches import FailedBatches
from shared.stores.kept_rules import KeptRules
from shared.stores.lag_notes import LagNotes, named
from shared.stores.live_sources import LiveSources
from shared.stores.outcome_log import OutcomeLog
from shared.stores.quarantine_store import QuarantineStore
from shared.stores.suppression_store import SuppressionStore, open_suppressions
from shared.stores.waits import Waits


@dataclass(frozen=True, slots=True)
class Doors:
    sources: LiveSources
    rules: SourceRules
    identity_rules: KeptRules
    events: EventStore
    quarantine: QuarantineStore
    counts: CountStore
    log: ArrivalLog
    outcomes: OutcomeLog
    lag: LagNotes
    waits: Waits
    failed: FailedBatches
    suppressions: SuppressionStore
    store_retries_queue_url: str
    stitch_retries_queue_url: str
    identifier_key_secret: str

    def identifier_key(self) -> str:
        return secret_text(self.identifier_key_secret)


@cache
def doors() -> Doors:
    env = os.environ
    catalogue = CatalogueStore(env["CATALOGUE_TABLE"])
    return Doors(
        sources=LiveSources(catalogue),
        rules=SourceRules(catalogue),
        identity_rules=KeptRules(catalogue),
        events=EventStore(env["EVENTS_TABLE"]),
        quarantine=QuarantineStore(env["QUARANTINE_TABLE"], env["LOG_BUCKET"], env["QUARANTINE_KEY"]),
        counts=CountStore(env["LEDGER_TABLE"]),
        log=ArrivalLog(env["LOG_BUCKET"]),
        outcomes=OutcomeLog(env["LOG_BUCKET"]),
        lag=LagNotes(env["LEDGER_TABLE"], named("store_events")),
        waits=Waits(env["LEDGER_TABLE"]),
        failed=FailedBatches(env["LOG_BUCKET"]),
        suppressions=open_suppressions(env["SUPPRESSIONS_TABLE"], env["SUPPRESSION_KEYS_SECRET"]),
        store_retries_queue_url=env["STORE_RETRIES_QUEUE_URL"],
        stitch_retries_queue_url=env["STITCH_RETRIES_QUEUE_URL"],
        identifier_key_secret=env["IDENTIFIER_KEY_SECRET"],
    )
