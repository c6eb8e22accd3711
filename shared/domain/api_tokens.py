"""Tokens of the HTTP APIs, and what each may do."""

from dataclasses import dataclass
from typing import Literal, get_args

Scope = Literal[
    "profiles:read",
    "profiles:pii",
    "events:read",
    "contacts:write",
    "consents:write",
    "catalogue:read",
    "catalogue:write",
    "quarantine:read",
    "quarantine:write",
    "identities:read",
    "identities:write",
    "audit:read",
    "privacy:read",
    "privacy:write",
    "tokens:write",
]

SCOPES: tuple[Scope, ...] = get_args(Scope)


@dataclass(frozen=True, slots=True)
class ApiToken:
    """What a token may do, and until when (UTC text). One with `purposes` reads no traits that others alone need; one
    with `controllers` speaks for these by OpenDSR, and has nothing of the Privacy API.
    """

    name: str
    scopes: tuple[Scope, ...]
    expires_at: str
    purposes: tuple[str, ...] = ()
    controllers: tuple[str, ...] = ()
