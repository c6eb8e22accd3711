"""What carry_out_requests needs from its environment, and the doors it goes through: made once, on first use."""

import os
from dataclasses import dataclass
from functools import cache

from shared.aws.secrets import secret_text
from shared.domain.identifiers import Identifier
from shared.lake.files import LakeFiles
from shared.people.exporting import Exporter
from shared.people.rebuilding import Rebuilder
from shared.people.stopping import Stopper
from shared.stores.audit_log import AuditLog
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.consent_log import ConsentLog
from shared.stores.event_store import EventStore
from shared.stores.export_store import ExportStore
from shared.stores.group_store import GroupStore
from shared.stores.identity_log import IdentityLog
from shared.stores.kept_by_law import KeptByLaw
from shared.stores.kept_declarations import KeptDeclarations
from shared.stores.kept_purposes import KeptPurposes
from shared.stores.kept_rules import KeptRules
from shared.stores.keys import identifier_hash
from shared.stores.list_store import ListStore
from shared.stores.profile_store import ProfileStore
from shared.stores.quarantine_store import QuarantineStore
from shared.stores.receipt_store import ReceiptStore
from shared.stores.request_store import RequestStore
from shared.stores.suppression_store import SuppressionStore, open_suppressions
from shared.stores.working_list import WorkingList


@dataclass(frozen=True, slots=True)
class Doors:
    """The stores of one stage."""

    requests: RequestStore
    working: WorkingList
    receipts: ReceiptStore
    kept: KeptByLaw
    suppressions: SuppressionStore
    events: EventStore
    profiles: ProfileStore
    catalogue: CatalogueStore
    rules: KeptRules
    declared: KeptDeclarations
    quarantine: QuarantineStore
    audit: AuditLog
    exports: ExportStore
    bucket: str
    stream: str
    identifier_key_secret: str
    receipt_key_secret: str

    @property
    def ledger(self) -> str:
        return self.profiles.ledger_table

    @property
    def log(self) -> IdentityLog:
        return IdentityLog(self.ledger)

    @property
    def lists(self) -> ListStore:
        return ListStore(self.ledger)

    @property
    def lake(self) -> LakeFiles:
        return LakeFiles(self.bucket)

    @property
    def rebuilder(self) -> Rebuilder:
        return Rebuilder(self.events, self.profiles, self.declared)

    @property
    def stopper(self) -> Stopper:
        return Stopper(self.rebuilder)

    @property
    def exporter(self) -> Exporter:
        groups = GroupStore(self.profiles.profiles_table)
        return Exporter(
            self.events, self.profiles, self.log, self.audit, self.requests, ConsentLog(self.ledger), groups
        )

    def hash_of(self, identifier: Identifier) -> str:
        return identifier_hash(secret_text(self.identifier_key_secret), identifier)


@cache
def doors() -> Doors:
    env = os.environ
    catalogue = CatalogueStore(env["CATALOGUE_TABLE"])
    declared = KeptDeclarations(catalogue)
    return Doors(
        requests=RequestStore(env["PRIVACY_TABLE"]),
        working=WorkingList(env["PRIVACY_TABLE"]),
        receipts=ReceiptStore(env["PRIVACY_TABLE"]),
        kept=KeptByLaw(env["KEPT_TABLE"]),
        suppressions=open_suppressions(env["SUPPRESSIONS_TABLE"], env["SUPPRESSION_KEYS_SECRET"]),
        events=EventStore(env["EVENTS_TABLE"]),
        profiles=ProfileStore(env["PROFILES_TABLE"], env["LEDGER_TABLE"], KeptPurposes(catalogue), declared.segments),
        catalogue=catalogue,
        rules=KeptRules(catalogue),
        declared=declared,
        quarantine=QuarantineStore(env["QUARANTINE_TABLE"], env["LOG_BUCKET"]),
        audit=AuditLog(env["LEDGER_TABLE"]),
        exports=ExportStore(env["LOG_BUCKET"], env["PRIVACY_TABLE"]),
        stream=env["EVENTS_STREAM"],
        bucket=env["LOG_BUCKET"],
        identifier_key_secret=env["IDENTIFIER_KEY_SECRET"],
        receipt_key_secret=env["RECEIPT_KEY_SECRET"],
    )
