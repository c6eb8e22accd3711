"""Events as pydantic models, one a type."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Library(BaseModel):
    name: str
    version: str


class Page(BaseModel):
    url: str
    path: str | None = None
    title: str | None = None
    referrer: str | None = None


class Campaign(BaseModel):
    name: str | None = None
    source: str | None = None
    medium: str | None = None


class Context(BaseModel):
    model_config = ConfigDict(extra="allow")
    library: Library | None = None
    page: Page | None = None
    campaign: Campaign | None = None
    userAgent: str | None = None  # noqa: N815 - the wire's own name
    locale: str | None = None
    ip: str | None = None


class Event(BaseModel):
    model_config = ConfigDict(extra="allow")
    messageId: str = Field(min_length=1, max_length=100)  # noqa: N815
    userId: str | None = None  # noqa: N815
    anonymousId: str | None = None  # noqa: N815
    timestamp: datetime | None = None
    context: Context = Context()
    integrations: dict[str, Any] = {}


class Track(Event):
    type: Literal["track"]
    event: str = Field(max_length=200)
    properties: dict[str, Any] = {}


class Identify(Event):
    type: Literal["identify"]
    traits: dict[str, Any] = {}


class PageView(Event):
    type: Literal["page", "screen"]
    name: str | None = None
    properties: dict[str, Any] = {}


class Group(Event):
    type: Literal["group"]
    groupId: str  # noqa: N815
    traits: dict[str, Any] = {}


class Alias(Event):
    type: Literal["alias"]
    previousId: str  # noqa: N815


AnyEvent = Annotated[Track | Identify | PageView | Group | Alias, Field(discriminator="type")]


class Batch(BaseModel):
    batch: list[AnyEvent]
    sentAt: datetime | None = None  # noqa: N815
    context: Context | None = None


class Stored(BaseModel):
    """What is put on the stream."""

    source_id: str
    received_at: datetime
    event: AnyEvent
