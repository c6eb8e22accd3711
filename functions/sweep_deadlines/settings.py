"""What sweep_deadlines needs from its environment, and the doors it goes through: made once, on first use."""

import os
from dataclasses import dataclass
from functools import cache

from shared.stores.catalogue_store import CatalogueStore
from shared.stores.due_consents import DueConsents
from shared.stores.kept_rules import KeptPurposes, KeptSegments
from shared.stores.profile_store import ProfileStore
from shared.stores.request_store import RequestStore


@dataclass(frozen=True, slots=True)
class Doors:
    requests: RequestStore
    due: DueConsents
    profiles: ProfileStore
    state_machine: str


@cache
def doors() -> Doors:
    env = os.environ
    ledger, catalogue = env["LEDGER_TABLE"], CatalogueStore(env["CATALOGUE_TABLE"])
    return Doors(
        requests=RequestStore(env["PRIVACY_TABLE"]),
        due=DueConsents(ledger),
        profiles=ProfileStore(env["PROFILES_TABLE"], ledger, KeptPurposes(catalogue), KeptSegments(catalogue)),
        state_machine=env["REQUESTS_STATE_MACHINE"],
    )
