"""What review_quarantine needs from its environment, made once, on first use."""

import os
from dataclasses import dataclass
from functools import cache

from shared.stores.catalogue_store import CatalogueStore
from shared.stores.quarantine_store import QuarantineStore


@dataclass(frozen=True, slots=True)
class Doors:
    catalogue: CatalogueStore
    quarantine: QuarantineStore
    stream: str


@cache
def doors() -> Doors:
    env = os.environ
    return Doors(
        catalogue=CatalogueStore(env["CATALOGUE_TABLE"]),
        quarantine=QuarantineStore(env["QUARANTINE_TABLE"], env["LOG_BUCKET"]),
        stream=env["EVENTS_STREAM"],
    )
