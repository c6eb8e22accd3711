"""Settings of publish_changes, read from the environment on first use."""

import os
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Settings:
    bus_name: str
    reevaluations_queue_url: str


@cache
def settings() -> Settings:
    return Settings(os.environ["BUS_NAME"], os.environ["REEVALUATIONS_QUEUE_URL"])
