"""Settings of read_profiles, read from the environment on first use."""

import os
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Settings:
    catalogue_table: str
    profiles_table: str
    events_table: str
    ledger_table: str
    identifier_key_secret: str


@cache
def settings() -> Settings:
    return Settings(
        catalogue_table=os.environ["CATALOGUE_TABLE"],
        profiles_table=os.environ["PROFILES_TABLE"],
        events_table=os.environ["EVENTS_TABLE"],
        ledger_table=os.environ["LEDGER_TABLE"],
        identifier_key_secret=os.environ["IDENTIFIER_KEY_SECRET"],
    )
