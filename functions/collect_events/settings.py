"""What collect_events needs from its environment, made once, on first use."""

import os
from dataclasses import dataclass, field
from functools import cache

from shared.aws.secrets import secret_text
from shared.domain.rate_limit import Bucket
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.live_sources import LiveSources


@dataclass(frozen=True, slots=True)
class Doors:
    sources: LiveSources
    stream: str
    identifier_key_secret: str
    buckets: dict[str, Bucket] = field(default_factory=dict)
    """What is left of each source's rate in this process."""

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
