"""What the Privacy API answers on deliveries: what became of each fact at a destination, and why."""

from pydantic import Field

from shared.contracts.shape import Shape


class DeliveryView(Shape):
    fact_id: str
    detail_type: str = Field(examples=["Segment Entered"])
    profile_id: str
    status: str = Field(examples=["withheld"])
    reason: str | None = Field(examples=["refused:advertising", "quiet_hours"])
    code: int | None = Field(description="What a webhook answered last")
    attempts: int
    at: str
    until: str | None = Field(description="Of a held one: it is asked again not before")
    counts: dict[str, int] = Field(
        default={},
        description="Of a change in bulk: how many people by what became of them",
        examples=[{"entered": 10481, "withheld:refused:advertising": 212}],
    )


class DeliveryPageView(Shape):
    """By the ids of facts, which have no order in time. With a status a page may hold fewer than asked for."""

    deliveries: list[DeliveryView]
    next_cursor: str | None
