"""What the Read API answers about the audit log of a person."""

from pydantic import Field

from shared.contracts.shape import Shape
from shared.domain.auditing import What


class AuditEntryView(Shape):
    """Who did what with the person's data when. Fields by name; no values."""

    at: str
    what: What
    actor: str = Field(description="Name of the API token, or of the function that acts by itself", examples=["crm"])
    place: str = Field(description="Operation of an API, or function", examples=["get_profile", "deliver"])
    fields: list[str] = Field(examples=[["identifiers", "traits"], ["identifiers.email", "traits.city"]])
    masked: bool = Field(description="Personal data was told masked")
    destination: str | None = Field(description="To whom it was disclosed")
    purposes: list[str] = Field(description="For what it was disclosed")
    bases: list[str] = Field(description="Lawful bases of these purposes then", examples=[["consent"]])
    id: str = Field(description="Of the request; of a disclosure the destination's and the fact's")
    profile_id: str = Field(description="Under whose id it was written: theirs, or one that was merged into them")


class AuditPageView(Shape):
    """Newest first, over every id that was merged into the person. `next_cursor` is null on the last page."""

    profile_id: str
    entries: list[AuditEntryView]
    next_cursor: str | None
