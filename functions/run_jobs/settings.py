"""What run_jobs needs from its environment, and the doors it goes through: made once, on first use."""

import os
from dataclasses import dataclass
from functools import cache

from shared.people.rebuilding import Rebuilder
from shared.people.splitting import Splitter
from shared.people.undoing import Undoer
from shared.stores.cannot_links import CannotLinks
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.decisions import Decisions
from shared.stores.event_store import EventStore
from shared.stores.job_store import JobStore
from shared.stores.kept_rules import KeptDeclarations
from shared.stores.merge_log import MergeLog
from shared.stores.profile_store import ProfileStore


@dataclass(frozen=True, slots=True)
class Doors:
    """The stores and the queue of one stage."""

    events: EventStore
    profiles: ProfileStore
    jobs: JobStore
    declared: KeptDeclarations
    jobs_queue_url: str

    @property
    def rebuilder(self) -> Rebuilder:
        return Rebuilder(self.events, self.profiles, self.declared)

    @property
    def splitter(self) -> Splitter:
        return Splitter(self.profiles, self.rebuilder, CannotLinks(self.jobs.table))

    @property
    def undoer(self) -> Undoer:
        return Undoer(self.profiles, Decisions(self.jobs.table), MergeLog(self.jobs.table))


@cache
def doors() -> Doors:
    env = os.environ
    return Doors(
        events=EventStore(env["EVENTS_TABLE"]),
        profiles=ProfileStore(env["PROFILES_TABLE"], env["LEDGER_TABLE"]),
        jobs=JobStore(env["LEDGER_TABLE"]),
        declared=KeptDeclarations(CatalogueStore(env["CATALOGUE_TABLE"])),
        jobs_queue_url=env["JOBS_QUEUE_URL"],
    )
