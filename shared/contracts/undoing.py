"""What the People API takes and answers of splits, undos, merges by operators and cannot-links."""

from typing import Any, Literal

from pydantic import Field, model_validator

from shared.contracts.people import JobView
from shared.contracts.shape import Shape
from shared.domain.standing import StandingState
from shared.domain.strict import Flag, Whole

MOST_LEAVING = 1_000
_ONE = "`<namespace>:<value>`"


class SplitRequest(Shape):
    """Who leaves: `identifiers` for one new profile, or `parts` for one each."""

    identifiers: list[str] | None = Field(
        None, min_length=1, max_length=MOST_LEAVING, description=f"Each {_ONE}", examples=[["email:jane@example.com"]]
    )
    parts: list[list[str]] | None = Field(None, min_length=1, max_length=MOST_LEAVING)
    reason: str = Field("", max_length=200, description="Why, in words; it stays with the job")
    preview: Flag = Field(False, description="Say who would hold what, and write nothing")

    @model_validator(mode="after")
    def _one_way(self) -> "SplitRequest":
        if (self.identifiers is None) == (self.parts is None):
            raise ValueError("say who leaves: `identifiers`, or `parts`")
        if sum(map(len, self.leaving)) > MOST_LEAVING:
            raise ValueError(f"{MOST_LEAVING} identifiers leave at most")
        return self

    @property
    def leaving(self) -> list[list[str]]:
        return self.parts or [self.identifiers or []]


class ChangedConsent(Shape):
    purpose: str
    before: StandingState
    after: StandingState | Literal["unknown"]


class SideView(Shape):
    """What one side would hold. `profile_id` is empty for who is to come."""

    profile_id: str
    identifiers: list[str] = Field(description=f"Each {_ONE}, masked without the scope `profiles:pii`")
    events: int
    traits_changed: list[str] = Field(description="Names of traits that the whole person has with another value")
    consent_changed: list[ChangedConsent]


class SplitView(Shape):
    """`sides` of a preview, who stays first; else the `job` that does it."""

    sides: list[SideView] = Field(default_factory=list)
    job: JobView | None = None


class UndoRequest(Shape):
    """What is taken back: all that went `through` an identifier; or merges by a version of the identity rules, from a
    source, or that of one profile."""

    through: str = Field("", max_length=600, description=_ONE, examples=["user_id:guest"])
    rules: Whole | None = Field(None, ge=0)
    source: str = Field("", max_length=100)
    merged: str = Field("", max_length=26, description="Id of the profile that went into another")
    since: str = Field("", description="Only what was decided from then on: ISO-8601", examples=["2026-11-20"])
    rate: Whole = Field(20, ge=1, le=1_000, description="How many people a second at most")
    preview: Flag = Field(False, description="Say whom it concerns, and write nothing")

    @model_validator(mode="after")
    def _one_cause(self) -> "UndoRequest":
        if [bool(self.through), self.rules is not None, bool(self.source), bool(self.merged)].count(True) != 1:
            raise ValueError("say what to take back: `through`, `rules`, `source` or `merged`")
        if not self.since and not self.merged:
            raise ValueError("say since when")
        return self


class FallenApart(Shape):
    profile_id: str
    parts: list[list[str]] = Field(description=f"Who would come of it, by identifiers, each {_ONE}; some of them")


class UndoView(Shape):
    """Of a preview whom it concerns; `people_after` counts those whom they would be, at most. Else the `job`."""

    merges: int = 0
    people: int = 0
    people_after: int = 0
    examples: list[FallenApart] = Field(default_factory=list)
    job: JobView | None = None


class MergeRequest(Shape):
    other: str = Field(alias="with", description=f"{_ONE} or `profile_id:<id>`")
    reason: str = Field("", max_length=200, description="Why, in words; it stays in the ledger, so name nobody")


class MergedView(Shape):
    profile_id: str
    merged_profile_id: str


class LinkView(Shape):
    """`profile_ids` are kept apart, until it is lifted."""

    id: str
    profile_ids: list[str]
    by: str
    at: str
    reason: str
    lifted_at: str
    lifted_by: str


class LinkPageView(Shape):
    links: list[LinkView]
    next_cursor: str | None


class DuplicateView(Shape):
    """Two profiles that may be one person. `evidence` names fields, how far they agree, and never a value."""

    id: str
    profile_ids: list[str]
    probability: float
    weight: float
    evidence: list[dict[str, Any]]
    state: Literal["open", "accepted", "rejected"]
    decided_by: str | None
    decided_at: str | None


class DuplicatePageView(Shape):
    duplicates: list[DuplicateView]
