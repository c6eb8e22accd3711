"""Settings of manage_catalogue, read from the environment on first use."""

import os
from dataclasses import dataclass
from functools import cache

LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Settings:
    stage: str
    catalogue_table: str
    ledger_table: str
    deliveries_url: str
    previews_queue_url: str
    allow_loopback: bool
    segments_need_approval: bool


@cache
def settings() -> Settings:
    """Webhooks on this machine need both the flag and the local stage: no other stage can carry the exception."""
    return Settings(
        stage=os.environ["STAGE"],
        catalogue_table=os.environ["CATALOGUE_TABLE"],
        ledger_table=os.environ["LEDGER_TABLE"],
        deliveries_url=os.environ["DELIVERIES_QUEUE_URL"],
        previews_queue_url=os.environ["PREVIEWS_QUEUE_URL"],
        allow_loopback=os.environ["STAGE"] == LOCAL and os.environ.get("ALLOW_PRIVATE_WEBHOOKS") == "true",
        segments_need_approval=os.environ.get("SEGMENTS_NEED_APPROVAL") == "true",
    )
