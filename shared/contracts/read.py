"""What the Read API answers: one person as they are known, and what they did."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.canonical import Canonical


class _View(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IdentifierView(_View):
    namespace: str = Field(examples=["email"])
    value: str = Field(examples=["jane@example.com"])
    first_seen: str
    last_seen: str


class TraitView(_View):
    """A value with where it came from: the source and the event (its key) that set it last."""

    value: Any
    time: str
    source_id: str
    event: str


class EventCountView(_View):
    count: int
    first: str = Field(description="Time of the first one")
    last: str = Field(description="Time of the last one")
    sums: dict[str, str] = Field(
        description="Amounts added up by currency; XXX where none came", examples=[{"KRW": "129000.0000"}]
    )


class ComputedView(_View):
    """A computed attribute. `stale`: declarations have changed, and the person is still to be folded by them."""

    value: str | int | float | bool | None = Field(
        description="Sums, averages, smallest and largest numbers are decimal text of four places",
        examples=["129000.0000"],
    )
    approximate: bool = Field(description="There were more different values than are kept, or some were left out")
    stale: bool


class ConsentDecisionView(_View):
    """What was decided, when, and on which identifier."""

    state: Literal["granted", "refused"]
    time: str
    source_id: str
    namespace: str
    value: str


class ConsentView(_View):
    """`state` is what holds for the person; `decisions` are what it follows from, newest first."""

    state: Literal["granted", "refused"]
    decisions: list[ConsentDecisionView]


class ProfileView(_View):
    """One person. `version` grows with every change."""

    profile_id: str
    created_at: str
    updated_at: str
    version: int
    identifiers: list[IdentifierView]
    traits: dict[str, TraitView]
    events: dict[str, EventCountView]
    computed: dict[str, ComputedView]
    consent: dict[str, ConsentView]
    segments: list[str]
    merged_profile_ids: list[str]
    first_seen: str
    last_seen: str


class ContestedView(_View):
    """A device that several people use, looked up by itself: it tells nothing about any of them."""

    profile_id: str
    contested: Literal[True]


class EventView(_View):
    """One event. `event` is what the client sent, with its context; `canonical` what all clients say, in one shape."""

    message_id: str
    type: str
    name: str | None
    time: str
    original_time: str | None
    received_at: str
    source_id: str
    event: dict[str, Any]
    canonical: Canonical


class EventPageView(_View):
    """Newest first. `next_cursor` is absent on the last page."""

    events: list[EventView]
    next_cursor: str | None
