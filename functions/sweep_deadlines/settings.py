"""What sweep_deadlines needs from its environment, and the doors it goes through: made once, on first use."""

import os
from dataclasses import dataclass
from functools import cache

from shared.stores.request_store import RequestStore


@dataclass(frozen=True, slots=True)
class Doors:
    requests: RequestStore
    state_machine: str


@cache
def doors() -> Doors:
    return Doors(RequestStore(os.environ["PRIVACY_TABLE"]), os.environ["REQUESTS_STATE_MACHINE"])
