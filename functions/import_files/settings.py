"""What import_files needs from its environment, made once, on first use."""

import os
from dataclasses import dataclass
from functools import cache

from shared.aws.secrets import secret_text
from shared.people.hearing import Hearing
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.live_sources import LiveSources
from shared.stores.waits import Waits


@dataclass(frozen=True, slots=True)
class Doors:
    catalogue: CatalogueStore
    sources: LiveSources
    hearing: Hearing
    waits: Waits
    stream: str
    bucket: str
    imports_queue_url: str
    identifier_key_secret: str

    def identifier_key(self) -> str:
        return secret_text(self.identifier_key_secret)


@cache
def doors() -> Doors:
    env = os.environ
    catalogue = CatalogueStore(env["CATALOGUE_TABLE"])
    return Doors(
        catalogue=catalogue,
        sources=LiveSources(catalogue),
        hearing=Hearing.through(catalogue, env["PROFILES_TABLE"]),
        waits=Waits(env["LEDGER_TABLE"]),
        stream=env["EVENTS_STREAM"],
        bucket=env["LOG_BUCKET"],
        imports_queue_url=env["IMPORTS_QUEUE_URL"],
        identifier_key_secret=env["IDENTIFIER_KEY_SECRET"],
    )
