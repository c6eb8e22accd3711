"""What is said of one contact with a person: it becomes an event of theirs."""

from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from shared.contracts.shape import Shape

SOURCE = "contacts"


class ContactRequest(Shape):
    """Who spoke with the person, how and about what. The same `messageId` and `at` again are the same contact."""

    model_config = ConfigDict(populate_by_name=True)

    channel: str = Field(min_length=1, max_length=100, examples=["phone"])
    direction: Literal["inbound", "outbound"]
    employee: str = Field(default="", max_length=200, description="Who of the company")
    team: str = Field(default="", max_length=200)
    note: str = Field(default="", max_length=10_000)
    at: str | None = Field(default=None, description="When, ISO 8601; without it now")
    message_id: str | None = Field(default=None, alias="messageId", min_length=1, max_length=100)
    source: str = Field(default=SOURCE, min_length=1, max_length=100, description="Id of the source it is logged as")

    @model_validator(mode="after")
    def _can_be_repeated(self) -> "ContactRequest":
        if self.message_id and not self.at:
            raise ValueError("`messageId` needs `at`: both tell whether a contact has been logged before")
        return self


class ContactView(Shape):
    """On its way: an event of this `message_id` is the person's in a moment."""

    profile_id: str
    message_id: str
