"""What the People API takes and answers: freezing, and jobs on people."""

from typing import Any, Literal

from pydantic import Field, model_validator

from shared.contracts.shape import Shape
from shared.domain.estimates import PRICES
from shared.domain.item_ids import ITEM_ID
from shared.domain.jobs import JobState
from shared.domain.strict import Flag, Whole

MOST_NAMED = 1_000
"""People that one request names."""

MOST_PER_SECOND = 1_000


class FrozenView(Shape):
    """`frozen` says who froze it, and is empty for nobody."""

    profile_id: str
    version: int
    frozen: str = Field(examples=["by operations"])


class JobRequest(Shape):
    """Whom it is about: `profiles`, or events of a `source`, of a time or both, or `all`. A backfill is of a `segment`
    and finds whom that concerns.
    """

    kind: Literal["rebuild", "verify", "backfill"]
    segment: str = Field("", pattern=ITEM_ID + "|^$", description="Of a backfill", examples=["big_spenders"])
    profiles: list[str] | None = Field(
        None,
        min_length=1,
        max_length=MOST_NAMED,
        description="Each `<namespace>:<value>` or `profile_id:<id>`",
        examples=[["email:jane@example.com"]],
    )
    source: str = Field("", max_length=100, description="Whoever has events of this source", examples=["web"])
    first: str = Field(
        "", alias="from", description="Whoever has events received from then on: ISO-8601", examples=["2026-11-21"]
    )
    last: str = Field("", alias="to", description="Received until then", examples=["2026-11-22"])
    all: Flag = Field(False, description="Everybody")
    publish: Flag = Field(False, description="Publish what differs as facts; else it is silent")
    rate: Whole = Field(20, ge=1, le=MOST_PER_SECOND, description="How many people a second at most")
    estimate: Flag = Field(False, description="Say what it would cost and how long it would take, and do nothing")

    @model_validator(mode="after")
    def _one_selection(self) -> "JobRequest":
        given = [self.profiles is not None, bool(self.source or self.first or self.last), self.all]
        if given.count(True) + bool(self.segment) != 1:
            raise ValueError("say whom: `profiles`, or `source`, `from` and `to`, or `all`; of a backfill, a `segment`")
        if bool(self.segment) != (self.kind == "backfill"):
            raise ValueError("a backfill is of a `segment`, and nothing else is")
        return self


class JobView(Shape):
    """`findings` are examples, a hundred at most; `counts` says how many there were."""

    id: str
    kind: str
    state: JobState
    created_by: str = Field(description="Name of the API token")
    created_at: str
    updated_at: str
    params: dict[str, Any]
    counts: dict[str, int] = Field(examples=[{"people": 120, "same": 117, "written": 2, "skipped": 1}])
    findings: list[dict[str, Any]]
    reason: str = Field(description="Why its last slice failed; empty where it didn't")
    tries: int = Field(description="How often the slice in hand has failed")


class EstimateView(Shape):
    """What a job asks of DynamoDB at most, about. Of named people their numbers are exact; else `people` and `events`
    are all that there may be, as DynamoDB counted its tables within the last six hours or so."""

    people: int
    events: int
    is_exact: bool
    read_units: int
    write_units: int
    dollars: float = Field(description="At `prices`", examples=[1.24])
    prices: str = Field(examples=[PRICES])
    seconds: int = Field(description="At least, at the `rate` asked for; finding the people comes before that")


class JobPageView(Shape):
    jobs: list[JobView]
    next_cursor: str | None
