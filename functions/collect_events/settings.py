"""What collect_events needs from its environment, made once, on first use."""

import json
import os
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING

from shared.aws.secrets import find_secret_text, secret_text
from shared.domain.incoming_webhooks import secret_name
from shared.domain.rate_limit import Bucket
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.kept import Kept
from shared.stores.live_sources import LiveSources
from shared.stores.waits import Waits

if TYPE_CHECKING:
    from shared.people.hearing import Hearing


@dataclass(frozen=True, slots=True)
class Doors:
    sources: LiveSources
    waits: Waits
    stream: str
    identifier_key_secret: str
    webhook_secrets: Kept[str, tuple[str, ...]]
    """By the id of a source: those that are valid now, two while they rotate."""
    buckets: dict[str, Bucket] = field(default_factory=dict)
    """What is left of each source's rate in this process."""

    def identifier_key(self) -> str:
        return secret_text(self.identifier_key_secret)


@cache
def hearing() -> "Hearing":
    from shared.people.hearing import Hearing  # mappings and rules take longer to import than most requests

    return Hearing.through(CatalogueStore(os.environ["CATALOGUE_TABLE"]), os.environ["PROFILES_TABLE"])


@cache
def doors() -> Doors:
    env = os.environ
    return Doors(
        sources=LiveSources(CatalogueStore(env["CATALOGUE_TABLE"])),
        waits=Waits(env["LEDGER_TABLE"]),
        stream=env["EVENTS_STREAM"],
        identifier_key_secret=env["IDENTIFIER_KEY_SECRET"],
        webhook_secrets=Kept(partial(_webhook_secrets, env["STAGE"])),
    )


def _webhook_secrets(stage: str, source_id: str) -> tuple[str, ...] | None:
    text = find_secret_text(secret_name(stage, source_id))
    return tuple(json.loads(text)) if text else None
