"""What manage_privacy needs from its environment, and the doors it goes through: made once, on first use."""

import os
from dataclasses import dataclass
from functools import cache

from shared.api.lookup import Lookup
from shared.stores.audit_log import AuditLog
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.kept_rules import KeptPacks, KeptRules
from shared.stores.profile_finder import ProfileFinder
from shared.stores.request_store import RequestStore


@dataclass(frozen=True, slots=True)
class Doors:
    """The stores of one stage."""

    catalogue: CatalogueStore
    lookup: Lookup
    requests: RequestStore
    packs: KeptPacks
    audit: AuditLog


@cache
def doors() -> Doors:
    env = os.environ
    catalogue = CatalogueStore(env["CATALOGUE_TABLE"])
    rules = KeptRules(catalogue)
    finder = ProfileFinder(env["PROFILES_TABLE"])
    return Doors(
        catalogue=catalogue,
        lookup=Lookup(finder, env["IDENTIFIER_KEY_SECRET"], lambda: rules.get().naming),
        requests=RequestStore(env["PRIVACY_TABLE"]),
        packs=KeptPacks(catalogue),
        audit=AuditLog(env["LEDGER_TABLE"]),
    )
