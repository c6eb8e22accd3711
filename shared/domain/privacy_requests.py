"""Privacy requests: what somebody asks of the company about a person, until when, and how far it came."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from shared.domain.times import from_text

RequestKind = Literal["access", "portability", "correction", "stop", "resume", "erasure"]
RequestState = Literal["pending", "in_progress", "completed", "cancelled", "failed"]
Verification = Literal["unverified", "verified", "refused"]
Method = Literal[
    "account",
    "email_link",
    "sms_code",
    "phone_call",
    "in_person",
    "identity_document",
    "signature",
    "guardian",
    "other",
]
"""How a company finds out that a request comes from the person: no free text, for it stays when they are erased."""

Deadline = Literal["ahead", "near", "overdue", "ended"]

VERIFICATION = "verification"
"""Among what was done: how it was verified, by whom and when."""

SEVERAL_PEOPLE, UNUSABLE_IDENTITY = "several_people", "unusable_identity"
"""Why a request failed, as a reason begins: its identities name nobody, or not one person alone."""

NEAR = timedelta(days=3)
"""How long before a request is due somebody is told."""


class Identity(NamedTuple):
    """Whom it is about, as it was asked."""

    namespace: str
    value: str


@dataclass(frozen=True, slots=True)
class PrivacyRequest:
    """Times are UTC text. `regulation` is the id of a policy pack, which sets `due_at`. `params`: what a kind needs
    beside, `done`: what each step came to, by its name, in numbers and ids; no value of a person in either, save in
    `params` of an open correction. An ended request knows its `identities` no more. `profile_id` is who it was about
    when it was made, empty for nobody known; `marks` keep a second open request of its kind about the same person away.
    `version` 0 isn't stored yet.
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
    profile_id: str = ""
    marks: tuple[str, ...] = ()
    reason: str = ""
    ended_at: str = ""
    updated_at: str = ""
    version: int = 0

    @property
    def is_open(self) -> bool:
        return self.state in ("pending", "in_progress", "failed")

    @property
    def may_act(self) -> bool:
        return self.is_open and self.verification == "verified"

    @property
    def can_be_cancelled(self) -> bool:
        """What an erasure has begun can't be taken back; one that knows nobody to begin with can."""
        is_begun = self.kind == "erasure" and not self.reason.startswith((SEVERAL_PEOPLE, UNUSABLE_IDENTITY))
        return self.state == "pending" or (self.state == "failed" and not is_begun)


def deadline(request: PrivacyRequest, now: datetime) -> Deadline:
    """Where it stands before its due date."""
    if not request.is_open:
        return "ended"
    left = from_text(request.due_at) - now
    if left < timedelta():
        return "overdue"
    return "near" if left <= NEAR else "ahead"


def verified(
    request: PrivacyRequest, result: Verification, method: Method | Literal["opendsr"], by: str, at: str
) -> PrivacyRequest:
    """Whether it comes from the person. A refused one ends."""
    told = {**request.done, VERIFICATION: {"method": method, "by": by, "at": at}}
    after = replace(request, verification=result, done=told)
    return ended(after, "cancelled", at) if result == "refused" else after


def with_step(request: PrivacyRequest, step: str, result: Mapping[str, Any]) -> PrivacyRequest:
    """The request with a step done; doing it again replaces what it came to."""
    return replace(request, state="in_progress", done={**request.done, step: result}, reason="")


def ended(request: PrivacyRequest, state: Literal["completed", "cancelled"], at: str) -> PrivacyRequest:
    """The request at its end, without what names the person."""
    whom = "" if request.kind == "erasure" else request.profile_id
    return replace(request, state=state, identities=(), params={}, profile_id=whom, ended_at=at, reason="")


def failed(request: PrivacyRequest, reason: str) -> PrivacyRequest:
    """A request that a person must look at; it can be taken up again."""
    return replace(request, state="failed", reason=reason)


def taken_up(request: PrivacyRequest) -> PrivacyRequest:
    """A failed request as it goes on; steps that are done stay done."""
    is_begun = request.done.keys() - {VERIFICATION}
    return replace(request, state="in_progress" if is_begun else "pending", reason="")
