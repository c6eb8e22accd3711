"""Facts on the bus: one model per detail type. A field may be added as optional; a breaking change is a new type."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from shared.contracts.shape import Shape
from shared.domain.facts import Cause, DetailType, Fact
from shared.domain.standing import StandingState

SOURCE = "jogakbo"


class Metadata(Shape):
    """`id` is the same each time the fact is published; of two facts on one subject the higher `sequence` holds."""

    id: str
    schema_version: Literal[1] = 1
    time: str
    sequence: int
    cause: Cause
    correlation_id: str | None = None


class ProfileCreatedData(Shape):
    profile_id: str


class ProfileMergedData(Shape):
    profile_id: str
    merged_profile_id: str


class ProfileSplitData(Shape):
    """Who came of it: each of them says `Profile Created`."""

    profile_id: str
    split_profile_ids: Annotated[tuple[str, ...], Field(min_length=1)]


class ProfileErasedData(Shape):
    """The person is to be erased by whoever was told of one of these ids."""

    profile_id: str
    merged_profile_ids: tuple[str, ...] = ()


class TraitsChangedData(Shape):
    """Names only: values stay at home."""

    profile_id: str
    traits: Annotated[tuple[str, ...], Field(min_length=1)]


class ConsentChangedData(Shape):
    """`state` is unknown where a split took the decision away: that is not a yes. `evidence` is the id of the consent
    record behind it, where there is one: its receipt is at `/v1/privacy/consents/{id}/receipt`. `reconfirmation_due` is
    there where a grant is to be confirmed again.
    """

    profile_id: str
    purpose: str
    state: StandingState | Literal["unknown"]
    previous: StandingState | Literal["unknown"]
    reconfirmation_due: bool = Field(default=False, exclude_if=lambda value: not value)
    evidence: str | None = Field(default=None, exclude_if=lambda value: value is None)


class SegmentData(Shape):
    profile_id: str
    segment: str
    arm: str | None = Field(default=None, exclude_if=lambda value: value is None)


class SegmentChangedInBulkData(Shape):
    """So many came in and left by one job. Who they are stands in files, which each destination gets of its own: of
    those whose membership changed from `since` on. `version` is the segment's.
    """

    segment: str
    version: int
    entered: int
    exited: int
    job_id: str
    since: str


class ProfileCreated(Shape):
    metadata: Metadata
    data: ProfileCreatedData


class ProfileMerged(Shape):
    metadata: Metadata
    data: ProfileMergedData


class ProfileSplit(Shape):
    metadata: Metadata
    data: ProfileSplitData


class ProfileErased(Shape):
    metadata: Metadata
    data: ProfileErasedData


class TraitsChanged(Shape):
    metadata: Metadata
    data: TraitsChangedData


class ConsentChanged(Shape):
    metadata: Metadata
    data: ConsentChangedData


class SegmentEntered(Shape):
    metadata: Metadata
    data: SegmentData


class SegmentExited(Shape):
    metadata: Metadata
    data: SegmentData


class SegmentChangedInBulk(Shape):
    metadata: Metadata
    data: SegmentChangedInBulkData


Detail = (
    ProfileCreated
    | ProfileMerged
    | ProfileSplit
    | ProfileErased
    | TraitsChanged
    | ConsentChanged
    | SegmentEntered
    | SegmentExited
    | SegmentChangedInBulk
)

DETAILS: dict[DetailType, type[Detail]] = {
    "Profile Created": ProfileCreated,
    "Profile Merged": ProfileMerged,
    "Profile Split": ProfileSplit,
    "Profile Erased": ProfileErased,
    "Traits Changed": TraitsChanged,
    "Consent Changed": ConsentChanged,
    "Segment Entered": SegmentEntered,
    "Segment Exited": SegmentExited,
    "Segment Changed In Bulk": SegmentChangedInBulk,
}


class Gathered(Shape):
    """What deliver found for one destination: so many files of this turn, and numbers by what they count. They were
    written until `at`.
    """

    turn: int
    parts: int
    tally: dict[str, int]
    at: str = ""


class Envelope(Shape):
    """An event as EventBridge hands it to a target. Its own `id` changes from bus to bus: ours is in the metadata.

    `destination_id` is there where deliver put it on its queue again for this destination alone, `redelivery` where it
    goes there once more, by this request. `turn`: when it comes, seconds since 1970, with a `rate` in the line of a
    destination that has this one. `tries`: so often it failed before, as other messages. `gathered` says of a change in
    bulk that its files are written.
    """

    model_config = ConfigDict(extra="ignore")
    source: str
    detail_type: Annotated[DetailType, Field(alias="detail-type")]
    detail: dict[str, Any]
    destination_id: str | None = None
    redelivery: str | None = None
    turn: float | None = None
    rate: int | None = None
    tries: int = 0
    gathered: Gathered | None = None

    def fact(self) -> Detail:
        """The detail by its type. Raises pydantic's ValidationError where it isn't one of ours."""
        return DETAILS[self.detail_type].model_validate(self.detail)


def about(fact: Detail) -> str:
    """The id of the profile that a fact is about; empty where it is about many."""
    return "" if isinstance(fact, SegmentChangedInBulk) else fact.data.profile_id


def detail_of(fact: Fact) -> Detail:
    """A fact as it goes on the wire."""
    metadata = Metadata(
        id=fact.id,
        time=fact.time,
        sequence=fact.sequence,
        cause=fact.cause,
        correlation_id=fact.correlation_id,
    )
    return DETAILS[fact.detail_type].model_validate({"metadata": metadata, "data": fact.data})
