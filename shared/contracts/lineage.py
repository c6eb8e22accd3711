"""What the Read API answers about the lineage of a person, and of one field of theirs."""

from pydantic import Field

from shared.contracts.read import OriginView
from shared.contracts.shape import Shape


class HeldView(Shape):
    """What a store has of the person. `count` is null where it can't be told by person, `until` where it stays."""

    store: str = Field(description="A table, or where in the bucket", examples=["events", "bucket: log/"])
    what: str
    count: int | None
    until: str | None


class OfSourceView(Shape):
    """Stored events of one source, and when the first and the last of them expire."""

    source_id: str
    events: int
    first: str
    last: str
    expires_first: str
    expires_last: str


class DisclosedFieldView(Shape):
    field: str = Field(examples=["traits.city", "identifiers.email", "facts.Segment Entered"])
    count: int
    first: str
    last: str


class DisclosedView(Shape):
    """What a destination was given. Each try to deliver counts: it may have arrived."""

    destination_id: str
    count: int
    first: str
    last: str
    purposes: list[str]
    bases: list[str] = Field(description="Lawful bases of the purposes, as of the last time")
    fields: list[DisclosedFieldView]


class LineageView(Shape):
    """Every store that has something of the person, and everybody it went to in the last two years."""

    profile_id: str
    merged_profile_ids: list[str]
    stores: list[HeldView]
    sources: list[OfSourceView]
    destinations: list[DisclosedView]
    complete: bool = Field(description="False where there is more than is read: counts are then too low")


class FieldLineageView(Shape):
    """One field: the events it came from, what made them, what it is needed for, and who was given it when."""

    profile_id: str
    field: str
    origins: list[OriginView]
    mappings: dict[str, str] = Field(description="By source: the mapping that makes its events, as configured now")
    needed_by: list[str] = Field(description="Destinations that may get it")
    purposes: list[str] = Field(description="For which it may leave: those of these destinations, and its own")
    bases: list[str]
    destinations: list[DisclosedView]
    complete: bool
