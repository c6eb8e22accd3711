"""What the Catalogue API takes and gives on destinations, beside the item itself."""

from typing import Literal

from pydantic import Field, model_validator

from shared.contracts.shape import Shape
from shared.domain.destinations import DestinationState
from shared.domain.facts import DetailType
from shared.domain.strict import Flag

_TIME = r"^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z)?$"


class StateView(Shape):
    id: str
    state: DestinationState
    version: int


class OutboundView(Shape):
    held: Flag


class TestRequest(Shape):
    detail_type: DetailType = Field(examples=["Segment Entered"])


class TestedView(Shape):
    """`failed` isn't tried again; `pending`: no answer came in time, and the deliveries say later what came of `id`."""

    id: str
    status: Literal["delivered", "refused", "failed", "pending"]
    reason: str | None = None
    code: int | None = None


class RedeliverRequest(Shape):
    """One fact by its id, or those whose delivery ended from `since` on and before `until`."""

    fact_id: str = Field("", max_length=64)
    since: str = Field("", pattern=_TIME, examples=["2026-11-21T09:00:00.000Z"])
    until: str = Field("", pattern=_TIME)
    status: Literal["delivered", "withheld", "refused", "failed", "held"] | None = None

    @model_validator(mode="after")
    def _says_which(self) -> "RedeliverRequest":
        if bool(self.fact_id) == bool(self.since):
            raise ValueError("Name a fact_id, or since")
        if self.until and self.until <= self.since:
            raise ValueError("Name an until that is later than since")
        return self
