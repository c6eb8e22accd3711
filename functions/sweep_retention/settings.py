"""What sweep_retention needs from its environment, and the doors it goes through: made once, on first use."""

import os
from dataclasses import dataclass
from functools import cache

from shared.stores.catalogue_store import CatalogueStore
from shared.stores.event_store import EventStore
from shared.stores.expiry_index import ExpiryIndex
from shared.stores.kept_declarations import KeptDeclarations
from shared.stores.profile_store import ProfileStore
from shared.stores.suppression_store import SuppressionStore, open_suppressions


@dataclass(frozen=True, slots=True)
class Doors:
    events: EventStore
    profiles: ProfileStore
    suppressions: SuppressionStore
    index: ExpiryIndex
    declared: KeptDeclarations


@cache
def doors() -> Doors:
    env = os.environ
    return Doors(
        events=EventStore(env["EVENTS_TABLE"]),
        profiles=ProfileStore(env["PROFILES_TABLE"]),
        suppressions=open_suppressions(env["SUPPRESSIONS_TABLE"], env["SUPPRESSION_KEYS_SECRET"]),
        index=ExpiryIndex(env["LOG_BUCKET"]),
        declared=KeptDeclarations(CatalogueStore(env["CATALOGUE_TABLE"])),
    )
