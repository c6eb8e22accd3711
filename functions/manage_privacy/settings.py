"""What manage_privacy needs from its environment, and the doors it goes through: made once, on first use."""

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from shared.api.lookup import Lookup
from shared.stores.audit_log import AuditLog
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.consent_log import ConsentLog
from shared.stores.delivery_store import DeliveryStore
from shared.stores.export_store import ExportStore
from shared.stores.flow_counts import FlowCounts
from shared.stores.kept_purposes import KeptPacks
from shared.stores.kept_rules import KeptRules
from shared.stores.opendsr_store import OpenDsrStore
from shared.stores.profile_finder import ProfileFinder
from shared.stores.profile_store import ProfileStore
from shared.stores.receipt_store import ReceiptStore
from shared.stores.request_store import RequestStore
from shared.stores.suppression_store import SuppressionStore, open_suppressions

if TYPE_CHECKING:
    from shared.opendsr.signing import Signer


@dataclass(frozen=True, slots=True)
class Doors:
    """The stores of one stage, and its name."""

    stage: str
    catalogue: CatalogueStore
    lookup: Lookup
    requests: RequestStore
    packs: KeptPacks
    opendsr: OpenDsrStore
    exports: ExportStore
    receipts: ReceiptStore
    audit: AuditLog
    flows: FlowCounts
    deliveries: DeliveryStore
    consents: ConsentLog
    profiles: ProfileStore
    suppressions: SuppressionStore
    state_machine: str


@cache
def doors() -> Doors:
    env = os.environ
    catalogue = CatalogueStore(env["CATALOGUE_TABLE"])
    rules = KeptRules(catalogue)
    finder = ProfileFinder(env["PROFILES_TABLE"])
    return Doors(
        stage=env["STAGE"],
        catalogue=catalogue,
        lookup=Lookup(finder, env["IDENTIFIER_KEY_SECRET"], lambda: rules.get().naming),
        requests=RequestStore(env["PRIVACY_TABLE"]),
        packs=KeptPacks(catalogue),
        opendsr=OpenDsrStore(env["PRIVACY_TABLE"]),
        exports=ExportStore(env["LOG_BUCKET"], env["PRIVACY_TABLE"]),
        receipts=ReceiptStore(env["PRIVACY_TABLE"]),
        audit=AuditLog(env["LEDGER_TABLE"]),
        flows=FlowCounts(env["LEDGER_TABLE"]),
        deliveries=DeliveryStore(env["LEDGER_TABLE"]),
        consents=ConsentLog(env["LEDGER_TABLE"]),
        profiles=ProfileStore(env["PROFILES_TABLE"]),
        suppressions=open_suppressions(env["SUPPRESSIONS_TABLE"], env["SUPPRESSION_KEYS_SECRET"]),
        state_machine=env["REQUESTS_STATE_MACHINE"],
    )


def signer() -> "Signer":
    """Of what controllers of OpenDSR are told. Raises KeyUnusableError where there is no certificate."""
    from shared.opendsr.certificate import signer_of  # cryptography takes longer to import than a request

    return signer_of(os.environ["OPENDSR_SECRET"])
