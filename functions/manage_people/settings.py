"""What manage_people needs from its environment, and the doors it goes through: made once, on first use."""

import os
from dataclasses import dataclass
from functools import cache

from shared.api.lookup import Lookup
from shared.people.rebuilding import Rebuilder
from shared.people.splitting import Splitter
from shared.people.undoing import Undoer
from shared.stores.audit_log import AuditLog
from shared.stores.cannot_links import CannotLinks
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.event_store import EventStore
from shared.stores.freezes import Freezes
from shared.stores.identity_log import IdentityLog
from shared.stores.job_store import JobStore
from shared.stores.kept_declarations import KeptDeclarations
from shared.stores.kept_purposes import KeptPurposes
from shared.stores.kept_rules import KeptRules
from shared.stores.merge_log import MergeLog
from shared.stores.pointers import Pointers
from shared.stores.profile_finder import ProfileFinder
from shared.stores.profile_store import ProfileStore
from shared.stores.proposal_store import ProposalStore
from shared.stores.recorded_changes import RecordedChanges
from shared.stores.refusal_store import RefusalStore
from shared.stores.suppression_store import SuppressionStore, open_suppressions


@dataclass(frozen=True, slots=True)
class Doors:
    """The stores and the queue of one stage."""

    catalogue: CatalogueStore
    profiles: ProfileStore
    freezes: Freezes
    jobs: JobStore
    lookup: Lookup
    rules: KeptRules
    splitter: Splitter
    undoer: Undoer
    pointers: Pointers
    links: CannotLinks
    proposals: ProposalStore
    changes: RecordedChanges
    refusals: RefusalStore
    suppressions: SuppressionStore
    audit: AuditLog
    events_table: str
    jobs_queue_url: str
    stream: str


@cache
def doors() -> Doors:
    env = os.environ
    catalogue = CatalogueStore(env["CATALOGUE_TABLE"])
    rules, declared = KeptRules(catalogue), KeptDeclarations(catalogue)
    ledger = env["LEDGER_TABLE"]
    profiles = ProfileStore(env["PROFILES_TABLE"], ledger, KeptPurposes(catalogue), declared.segments)
    links = CannotLinks(ledger)
    rebuilder = Rebuilder(EventStore(env["EVENTS_TABLE"]), profiles, declared)
    return Doors(
        catalogue=catalogue,
        profiles=profiles,
        freezes=Freezes(env["PROFILES_TABLE"], ledger),
        jobs=JobStore(ledger),
        lookup=Lookup(ProfileFinder(env["PROFILES_TABLE"]), env["IDENTIFIER_KEY_SECRET"], lambda: rules.get().naming),
        rules=rules,
        splitter=Splitter(profiles, rebuilder, links),
        undoer=Undoer(profiles, IdentityLog(ledger), MergeLog(ledger)),
        pointers=Pointers(env["PROFILES_TABLE"]),
        links=links,
        proposals=ProposalStore(ledger),
        changes=RecordedChanges(env["CATALOGUE_TABLE"], ledger),
        refusals=RefusalStore(env["PROFILES_TABLE"]),
        suppressions=open_suppressions(env["SUPPRESSIONS_TABLE"], env["SUPPRESSION_KEYS_SECRET"]),
        audit=AuditLog(ledger),
        events_table=env["EVENTS_TABLE"],
        jobs_queue_url=env["JOBS_QUEUE_URL"],
        stream=env["EVENTS_STREAM"],
    )
