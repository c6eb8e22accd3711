"""What run_jobs needs from its environment, and the doors it goes through: made once, on first use."""

import os
from dataclasses import dataclass
from functools import cache

from shared.aws.secrets import secret_text
from shared.people.rebuilding import Rebuilder
from shared.people.splitting import Splitter
from shared.people.undoing import Undoer
from shared.people.verifying import Verifier
from shared.stores.cannot_links import CannotLinks
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.event_store import EventStore
from shared.stores.identity_log import IdentityLog
from shared.stores.job_store import JobStore
from shared.stores.kept_declarations import KeptDeclarations
from shared.stores.kept_purposes import KeptPurposes
from shared.stores.keys import identifier_hash
from shared.stores.merge_log import MergeLog
from shared.stores.profile_scan import ProfileScan
from shared.stores.profile_store import ProfileStore
from shared.stores.raw_items import RawItems


@dataclass(frozen=True, slots=True)
class Doors:
    """The stores and the queue of one stage."""

    events: EventStore
    profiles: ProfileStore
    jobs: JobStore
    declared: KeptDeclarations
    catalogue: CatalogueStore
    jobs_queue_url: str
    bus_name: str
    bulk_above: int
    """So many memberships change one by one at most."""
    identifier_key_secret: str = ""

    @property
    def rebuilder(self) -> Rebuilder:
        return Rebuilder(self.events, self.profiles, self.declared)

    @property
    def scan(self) -> ProfileScan:
        return ProfileScan(self.profiles.profiles_table)

    @property
    def splitter(self) -> Splitter:
        return Splitter(self.profiles, self.rebuilder, CannotLinks(self.jobs.table))

    @property
    def undoer(self) -> Undoer:
        return Undoer(self.profiles, IdentityLog(self.jobs.table), MergeLog(self.jobs.table))

    @property
    def verifier(self) -> Verifier:
        secret = secret_text(self.identifier_key_secret)
        raw, log = RawItems(self.profiles.profiles_table), IdentityLog(self.jobs.table)
        return Verifier(self.profiles, raw, log, self.rebuilder, lambda one: identifier_hash(secret, one))


@cache
def doors() -> Doors:
    env = os.environ
    catalogue = CatalogueStore(env["CATALOGUE_TABLE"])
    declared = KeptDeclarations(catalogue)
    return Doors(
        events=EventStore(env["EVENTS_TABLE"]),
        profiles=ProfileStore(env["PROFILES_TABLE"], env["LEDGER_TABLE"], KeptPurposes(catalogue), declared.segments),
        jobs=JobStore(env["LEDGER_TABLE"]),
        declared=declared,
        catalogue=catalogue,
        identifier_key_secret=env["IDENTIFIER_KEY_SECRET"],
        jobs_queue_url=env["JOBS_QUEUE_URL"],
        bus_name=env["BUS_NAME"],
        bulk_above=int(env["BULK_ABOVE"]),
    )
