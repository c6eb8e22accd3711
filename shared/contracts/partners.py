"""Facts as partners get them: those of the bus, of people by pseudonyms of the partner's own."""

from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from shared.contracts.bus import DETAILS
from shared.contracts.shape import Shape
from shared.domain.bulk import BULK
from shared.domain.facts import Cause
from shared.domain.partners import ENDED
from shared.domain.standing import StandingState


def _is_empty(value: object) -> bool:
    return not value


class PartnerMetadata(Shape):
    """`id` is the same each time the fact is put; of two facts on one subject the higher `sequence` holds. `test`: it
    is about nobody. `label` belongs before an advertisement.
    """

    id: str
    schema_version: Literal[1] = 1
    time: str
    sequence: int
    cause: Cause
    test: bool = Field(default=False, exclude_if=_is_empty)
    label: str = Field(default="", exclude_if=_is_empty)


class PartnerPerson(Shape):
    """Who it is about, as of now: `id` is the pseudonym, `formerly` are others that stood for the person before merges.
    `withheld` names traits that consent keeps back.
    """

    id: str
    formerly: tuple[str, ...] = Field(default=(), exclude_if=_is_empty)
    external_id: str | None = Field(default=None, exclude_if=_is_empty)
    identifiers: dict[str, tuple[str, ...]] = Field(default={}, exclude_if=_is_empty)
    traits: dict[str, Any] = Field(default={}, exclude_if=_is_empty)
    withheld: tuple[str, ...] = Field(default=(), exclude_if=_is_empty)


class PartnerFact(Shape):
    metadata: PartnerMetadata
    person: PartnerPerson
    data: Any


class SnapshotSegment(Shape):
    is_in: bool = Field(serialization_alias="in")
    sequence: int


class SnapshotConsent(Shape):
    state: StandingState | Literal["unknown"]
    sequence: int
    reconfirmation_due: bool = Field(default=False, exclude_if=_is_empty)


class SnapshotLine(Shape):
    """A person whom the partner may know, as of `sequence`: what facts up to it said is in here, each value with that
    of the fact that told it. One with sequence 0 says nothing new: what the partner has of the person stays.
    """

    person: PartnerPerson
    sequence: int
    segments: dict[str, SnapshotSegment] = Field(default={})
    consent: dict[str, SnapshotConsent] = Field(default={})


class SnapshotEnd(Shape):
    """The last line: how many went before it, and until when facts about people who aren't among them are void."""

    at: str
    people: int


class PartnershipEndedData(Shape):
    """From `at` on nothing is put, and the key of the pseudonyms is gone."""

    partner: str
    at: str


class PartnershipEnded(Shape):
    metadata: PartnerMetadata
    data: PartnershipEndedData


class PartnerBulkData(Shape):
    """`url` leads to a list of files until `expires_at`, in which so many came into the segment and left it."""

    segment: str
    version: int
    entered: int
    exited: int
    url: str
    expires_at: str


class PartnerSegmentChangedInBulk(Shape):
    metadata: PartnerMetadata
    data: PartnerBulkData


def _fact(detail: type[BaseModel]) -> type[PartnerFact]:
    data: Any = detail.model_fields["data"].annotation
    return create_model(f"Partner{detail.__name__}", __base__=PartnerFact, data=(data, ...))


FACTS: dict[str, type[PartnerFact]] = {name: _fact(detail) for name, detail in DETAILS.items() if name != BULK}
PARTNER_DETAILS: dict[str, type[BaseModel]] = {**FACTS, BULK: PartnerSegmentChangedInBulk, ENDED: PartnershipEnded}
"""Every detail type that may come on a partner's bus."""
