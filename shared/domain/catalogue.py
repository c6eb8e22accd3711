"""What a company configures: sources with their write keys, API tokens, and destinations."""

from dataclasses import dataclass
from typing import Literal

State = Literal["live", "disabled"]
Scope = Literal["profiles:read", "events:read"]

SCOPES: tuple[Scope, ...] = ("profiles:read", "events:read")


@dataclass(frozen=True, slots=True)
class Source:
    """Where events come from. `version` 0 is a source that isn't stored yet."""

    id: str
    name: str
    kind: str = "server"
    state: State = "live"
    retention_days: int = 365
    owner: str = ""
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
