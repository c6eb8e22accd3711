"""What the Privacy API takes and answers: requests about people."""

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from shared.contracts.problems import Problem
from shared.contracts.shape import Shape
from shared.domain.privacy_requests import Deadline, Method, RequestKind, RequestState, Verification
from shared.domain.traits import refused

MOST_IDENTITIES = 20
MOST_TRAITS = 100


class PrivacyParams(Shape):
    """What a kind of request needs beside whom it is about."""

    traits: dict[str, Any] = Field(
        default_factory=dict,
        max_length=MOST_TRAITS,
        description="Of a correction: the right values by name; null takes a trait away",
        examples=[{"city": "Busan"}],
    )
    sources: list[str] = Field(
        default_factory=list,
        max_length=100,
        description="Of portability: ids of sources that bring what the person provided, beside sites and apps",
    )

    @field_validator("traits")
    @classmethod
    def _are_taken(cls, traits: dict[str, Any]) -> dict[str, Any]:
        """What a profile doesn't take would never arrive."""
        if reason := next(filter(None, (refused(name, value) for name, value in traits.items())), None):
            raise ValueError(f"a profile takes no such trait: {reason}")
        return traits


class AskedRequest(Shape):
    """What is asked, and about whom: all identities are of one person."""

    kind: RequestKind
    identities: list[str] = Field(
        min_length=1,
        max_length=MOST_IDENTITIES,
        description="Each `<namespace>:<value>`",
        examples=[["email:jane@example.com"]],
    )
    regulation: str = Field(
        min_length=1,
        max_length=100,
        description="Id of the policy pack that says by when: `gdpr`, `ccpa`, `kr`",
        examples=["gdpr"],
    )
    params: PrivacyParams = Field(default_factory=PrivacyParams)

    @model_validator(mode="after")
    def _params_are_of_the_kind(self) -> "AskedRequest":
        if (self.kind == "correction") != bool(self.params.traits):
            raise ValueError("a correction, and no other request, has `params.traits`")
        if self.params.sources and self.kind != "portability":
            raise ValueError("portability alone has `params.sources`")
        return self


class VerificationRequest(Shape):
    """Whether the request comes from the person, and how that was found out. What is refused ends."""

    result: Literal["verified", "refused"]
    method: Method


class PrivacyRequestView(Shape):
    """`identities` and `params` are there until it has ended, masked without the scope profiles:pii."""

    id: str
    kind: RequestKind
    regulation: str
    identities: list[str] = Field(examples=[["email:jane@example.com"]])
    profile_id: str = Field(description="Who it was about when it was made; empty where nobody was known")
    created_by: str = Field(description="Name of the API token, or the controller of OpenDSR")
    received_at: str
    due_at: str
    deadline: Deadline = Field(description="`near`: due within three days")
    verification: Verification
    state: RequestState
    reason: str = Field(description="Why it failed; empty where it didn't")
    ended_at: str
    updated_at: str
    params: dict[str, Any]
    done: dict[str, Any] = Field(description="What each step came to, in numbers and ids")


class PrivacyRequestPageView(Shape):
    """`open`, and among them `near` and `overdue`, are counted over all requests, on this page or not."""

    requests: list[PrivacyRequestView]
    open: int
    near: int
    overdue: int
    next_cursor: str | None


class ExportLinkView(Shape):
    """`path` on this API; with `?format=json` it leads to the JSON, without to the page."""

    path: str = Field(examples=["/v1/privacy/exports/6yW…"])
    expires_at: str
    formats: list[str] = Field(examples=[["html", "json"]])


class KeptByLawView(Shape):
    """`until`: epoch seconds, of the last of these events."""

    events: int
    basis: str
    until: int


class DestinationAnswerView(Shape):
    """`done`: it answered 2xx; `asked`: 202, or nothing yet; `unsupported`: it doesn't list `Profile Erased`."""

    outcome: Literal["done", "asked", "unsupported", "failed"]
    reason: str


class RemainsView(Shape):
    """`until` is empty for what stays."""

    what: str
    why: str
    until: str


class ErasureReceiptView(Shape):
    """`found` and `left` by place: before anything was deleted, and after all was."""

    v: int
    request_id: str
    kind: str
    regulation: str
    received_at: str
    suppressed_at: str
    erased_at: str
    found: dict[str, int]
    left: dict[str, int]
    suppressed: dict[str, int]
    kept_by_law: dict[str, KeptByLawView]
    destinations: dict[str, DestinationAnswerView]
    remains: list[RemainsView]
    signature: str = Field(description="`hmac-sha256:` and hex, by the key of the stage's receipts")


class PrivacyProblem(Problem):
    """`request_id`: the open request that stands in the way."""

    request_id: str | None = None


class LiftRequest(Shape):
    """Who opted in again after they were erased."""

    identifiers: list[str] = Field(
        min_length=1,
        max_length=MOST_IDENTITIES,
        description="Each `<namespace>:<value>`, all that the person comes with: one that isn't named keeps them out",
        examples=[["email:jane@example.com", "user_id:u1"]],
    )


class LiftedView(Shape):
    """Those that were suppressed until now."""

    lifted: list[str]
