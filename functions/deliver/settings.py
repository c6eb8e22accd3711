"""Settings of deliver, read from the environment on first use."""

import os
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Settings:
    catalogue_table: str
    profiles_table: str
    ledger_table: str
    suppressions_table: str
    suppression_keys_secret: str
    queue_url: str
    most_behind: timedelta
    log_bucket: str
    watched_mappings: tuple[str, ...]
    watched_queues: tuple[str, ...]
    allow_loopback: bool
    partners_role: str


@cache
def settings() -> Settings:
    """Webhooks on this machine need both the flag and the local stage: no other stage can carry the exception."""
    return Settings(
        catalogue_table=os.environ["CATALOGUE_TABLE"],
        profiles_table=os.environ["PROFILES_TABLE"],
        ledger_table=os.environ["LEDGER_TABLE"],
        suppressions_table=os.environ["SUPPRESSIONS_TABLE"],
        suppression_keys_secret=os.environ["SUPPRESSION_KEYS_SECRET"],
        queue_url=os.environ["DELIVERIES_QUEUE_URL"],
        most_behind=timedelta(seconds=int(os.environ["MOST_BEHIND_SECONDS"])),
        log_bucket=os.environ["LOG_BUCKET"],
        watched_mappings=tuple(os.environ["WATCHED_MAPPINGS"].split(",")),
        watched_queues=tuple(os.environ["WATCHED_QUEUES"].split(",")),
        allow_loopback=os.environ["STAGE"] == LOCAL and os.environ.get("ALLOW_PRIVATE_WEBHOOKS") == "true",
        partners_role=os.environ.get("PARTNERS_ROLE_ARN", ""),
    )
