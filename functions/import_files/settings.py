"""What import_files needs from its environment, made once, on first use."""

import os
from dataclasses import dataclass
from functools import cache

from shared.stores.catalogue_store import CatalogueStore
from shared.stores.live_sources import LiveSources


@dataclass(frozen=True, slots=True)
class Doors:
    catalogue: CatalogueStore
    sources: LiveSources
    stream: str
    bucket: str
    imports_queue_url: str


@cache
def doors() -> Doors:
    env = os.environ
    catalogue = CatalogueStore(env["CATALOGUE_TABLE"])
    return Doors(
        catalogue=catalogue,
        sources=LiveSources(catalogue),
        stream=env["EVENTS_STREAM"],
        bucket=env["LOG_BUCKET"],
        imports_queue_url=env["IMPORTS_QUEUE_URL"],
    )
