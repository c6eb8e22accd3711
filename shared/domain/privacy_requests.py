"""Privacy requests: what somebody asks of the company about a person, until when, and how far it came."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

RequestKind = Literal["access", "portability", "correction", "stop", "resume", "erasure"]
RequestState = Literal["pending", "in_progress", "completed", "cancelled", "failed"]
Verification = Literal["unverified", "verified", "refused"]


class Identity(NamedTuple):
    """Whom it is about, as it was asked; `format` is `raw` or the hash that the value is of."""

    namespace: str
    value: str
    format: str = "raw"


@dataclass(frozen=True, slots=True)
class PrivacyRequest:
    """Times are UTC text. `regulation` is the id of a policy pack, which sets `due_at`. `params`: what a kind needs
    beside, `done`: what each step came to, by its name, in numbers and ids; no value of a person in either, save in
    `params` of an open correction. An ended request knows its `identities` no more. `version` 0 isn't stored yet.
    """

    id: str
    kind: RequestKind
    regulation: str
    identities: tuple[Identity, ...]
    created_by: str
    received_at: str
    due_at: str
    verification: Verification = "unverified"
    state: RequestState = "pending"
    params: Mapping[str, Any] = field(default_factory=dict)
    done: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    ended_at: str = ""
    updated_at: str = ""
    version: int = 0

    @property
    def is_open(self) -> bool:
        return self.state in ("pending", "in_progress", "failed")


def with_step(request: PrivacyRequest, step: str, result: Mapping[str, Any]) -> PrivacyRequest:
    """The request with a step done; doing it again replaces what it came to."""
    return replace(request, state="in_progress", done={**request.done, step: result}, reason="")


def ended(request: PrivacyRequest, state: Literal["completed", "cancelled"], at: str) -> PrivacyRequest:
    """The request at its end, without what names the person."""
    return replace(request, state=state, identities=(), params={}, ended_at=at, reason="")


def failed(request: PrivacyRequest, reason: str) -> PrivacyRequest:
    """A request that a person must look at; it can be taken up again."""
    return replace(request, state="failed", reason=reason)
