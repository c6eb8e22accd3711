"""What collect_events needs from its environment, made once, on first use."""

import os
from dataclasses import dataclass
from functools import cache

from shared.aws.secrets import secret_text
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.live_sources import LiveSources


@dataclass(frozen=True, slots=True)
class Doors:
    sources: LiveSources
    stream: str
    identifier_key_secret: str

    def identifier_key(self) -> str:
        return secret_text(self.identifier_key_secret)


@cache
def doors() -> Doors:
    env = os.environ
    return Doors(
        sources=LiveSources(CatalogueStore(env["CATALOGUE_TABLE"])),
        stream=env["EVENTS_STREAM"],
        identifier_key_secret=env["IDENTIFIER_KEY_SECRET"],
    )
