"""What a company configures: sources with their write keys, API tokens, and destinations."""

from dataclasses import dataclass
from typing import Literal

State = Literal["live", "disabled"]
Scope = Literal["profiles:read", "events:read"]

SCOPES: tuple[Scope, ...] = ("profiles:read", "events:read")


@dataclass(frozen=True, slots=True)
class Source:
    """Where events come from. `version` 0 is a source that isn't stored yet.

    `events_per_second` is what each warm process lets through, 0 for any number; without `allowed_origins` a browser
    may send from any site; `truncates_ip` drops the end of the ip that the server fills in.
    """

    id: str
    name: str
    kind: str = "server"
    state: State = "live"
    retention_days: int = 365
    owner: str = ""
    events_per_second: int = 0
    allowed_origins: tuple[str, ...] = ()
    truncates_ip: bool = False
    version: int = 0


@dataclass(frozen=True, slots=True)
class WriteKey:
    """A write key is kept as its hash alone; this is what the hash leads to."""

    source_id: str
    state: State = "live"


@dataclass(frozen=True, slots=True)
class ApiToken:
    """What a token may read, and until when (UTC text)."""

    name: str
    scopes: tuple[Scope, ...]
    expires_at: str


@dataclass(frozen=True, slots=True)
class Destination:
    """Who is told what. Every one of `purposes` must be granted; `traits` and `identifiers` name what it may get."""

    id: str
    name: str
    url: str
    detail_types: tuple[str, ...]
    secret_name: str
    purposes: tuple[str, ...] = ()
    traits: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    kind: Literal["webhook"] = "webhook"
    state: State = "live"
    version: int = 0
