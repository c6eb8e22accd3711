"""What the Privacy API answers as the register of data flows."""

from pydantic import Field

from shared.contracts.shape import Shape
from shared.domain.data_flows import Undeclared


class DataFlowView(Shape):
    """One field, out of one source, to one destination."""

    source_id: str | None = Field(description="Null for facts and identifiers, which no single source fills")
    field: str = Field(examples=["traits.city", "identifiers.email", "facts.Segment Entered"])
    destination_id: str
    purposes: list[str] = Field(description="As configured; of a destination that is gone, as of the last delivery")
    bases: list[str] = Field(description="Lawful bases of the purposes", examples=[["consent"]])
    region: str | None = Field(description="Where the recipient keeps it; null where nobody said")
    retention: str | None = Field(description="How long, in their words")
    kept_days: int | None = Field(description="How many days events of the source are kept here")
    count: int = Field(description="Deliveries so far; 0: configured, and never delivered")
    first: str | None
    last: str | None
    undeclared: list[Undeclared] = Field(description="Why it stands out; empty: it is as declared")


class DataFlowsView(Shape):
    """What stands out comes first."""

    generated_at: str
    stage: str
    region: str = Field(description="Where this stage keeps what it holds")
    undeclared: int = Field(description="How many flows stand out")
    flows: list[DataFlowView]
