"""What manage_people needs from its environment, and the doors it goes through: made once, on first use."""

import os
from dataclasses import dataclass
from functools import cache

from shared.api.lookup import Lookup
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.freezes import Freezes
from shared.stores.job_store import JobStore
from shared.stores.kept_rules import KeptRules
from shared.stores.profile_finder import ProfileFinder
from shared.stores.profile_store import ProfileStore


@dataclass(frozen=True, slots=True)
class Doors:
    """The stores and the queue of one stage."""

    catalogue: CatalogueStore
    profiles: ProfileStore
    freezes: Freezes
    jobs: JobStore
    lookup: Lookup
    jobs_queue_url: str
    stream: str


@cache
def doors() -> Doors:
    env = os.environ
    catalogue = CatalogueStore(env["CATALOGUE_TABLE"])
    rules = KeptRules(catalogue)
    profiles = ProfileStore(env["PROFILES_TABLE"], env["LEDGER_TABLE"])
    return Doors(
        catalogue=catalogue,
        profiles=profiles,
        freezes=Freezes(env["PROFILES_TABLE"], env["LEDGER_TABLE"]),
        jobs=JobStore(env["LEDGER_TABLE"]),
        lookup=Lookup(ProfileFinder(env["PROFILES_TABLE"]), env["IDENTIFIER_KEY_SECRET"], lambda: rules.get().naming),
        jobs_queue_url=env["JOBS_QUEUE_URL"],
        stream=env["EVENTS_STREAM"],
    )
