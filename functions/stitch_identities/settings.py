"""What stitch_identities needs from its environment, and the doors it goes through: made once, on first use."""

import os
from dataclasses import dataclass
from functools import cache

from shared.people.rebuilding import Rebuilder
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.count_store import CountStore
from shared.stores.event_store import EventStore
from shared.stores.group_store import GroupStore
from shared.stores.kept_declarations import KeptDeclarations
from shared.stores.kept_purposes import KeptPurposes
from shared.stores.kept_rules import KeptRules
from shared.stores.lag_notes import LagNotes, named
from shared.stores.pointers import Pointers
from shared.stores.profile_store import ProfileStore
from shared.stores.suppression_store import SuppressionStore, open_suppressions
from shared.stores.waits import Waits


@dataclass(frozen=True, slots=True)
class Doors:
    """The stores and the queue of one stage."""

    events: EventStore
    profiles: ProfileStore
    pointers: Pointers
    groups: GroupStore
    rules: KeptRules
    declared: KeptDeclarations
    counts: CountStore
    suppressions: SuppressionStore
    lag: LagNotes
    waits: Waits
    retries_queue_url: str

    @property
    def rebuilder(self) -> Rebuilder:
        return Rebuilder(self.events, self.profiles, self.declared)


@cache
def doors() -> Doors:
    env = os.environ
    catalogue = CatalogueStore(env["CATALOGUE_TABLE"])
    declared = KeptDeclarations(catalogue)
    return Doors(
        events=EventStore(env["EVENTS_TABLE"]),
        profiles=ProfileStore(env["PROFILES_TABLE"], env["LEDGER_TABLE"], KeptPurposes(catalogue), declared.segments),
        pointers=Pointers(env["PROFILES_TABLE"]),
        groups=GroupStore(env["PROFILES_TABLE"]),
        rules=KeptRules(catalogue),
        declared=declared,
        counts=CountStore(env["LEDGER_TABLE"]),
        suppressions=open_suppressions(env["SUPPRESSIONS_TABLE"], env["SUPPRESSION_KEYS_SECRET"]),
        lag=LagNotes(env["LEDGER_TABLE"], named("stitch_identities")),
        waits=Waits(env["LEDGER_TABLE"]),
        retries_queue_url=env["STITCH_RETRIES_QUEUE_URL"],
    )
