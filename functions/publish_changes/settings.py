"""Settings of publish_changes, read from the environment on first use."""

import os
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Settings:
    bus_name: str


@cache
def settings() -> Settings:
    return Settings(bus_name=os.environ["BUS_NAME"])
