"""What the quarantine API takes and answers: refused events, why, and what becomes of them when they are sent again."""

from typing import Any

from pydantic import ConfigDict, Field

from shared.contracts.shape import Shape
from shared.domain.quarantine import State
from shared.domain.strict import Whole

MOST_REPLAYED = 200
"""Entries a call sends again."""


class EntryView(Shape):
    """A refused event without its bytes. `refused_as` is the entry that its replay became, where it was refused again;
    `replay_of` is the other end of that.
    """

    id: str
    source_id: str
    received_at: str
    quarantined_at: str
    reason: str = Field(examples=["unknown_type"])
    field: str | None = Field(examples=["type"])
    fix: str = Field(examples=["Send one of identify, track, page, screen, group, alias."])
    message_id: str | None
    correlation_id: str
    state: State = Field(description="`sent`: on its way; the last three say how its last replay ended")
    replays: int
    replayed_at: str | None
    replayed_by: str | None = Field(description="Name of the API token")
    replay_of: str | None
    refused_as: str | None


class EntryPageView(Shape):
    """Newest first. A page may hold fewer than asked for and still have a `next_cursor`."""

    entries: list[EntryView]
    next_cursor: str | None


class EntryDetailView(EntryView):
    """With what came: as `event` where it is JSON, as `text` where it isn't, as `base64` where it isn't even text.

    Of more than a megabyte only the beginning is shown, as `text`.
    """

    sent_at: str | None
    ip: str | None
    gpc: bool
    size: int = Field(description="Bytes of what came")
    event: Any
    text: str | None
    base64: str | None


class ReasonView(Shape):
    reason: str
    field: str | None
    fix: str
    entries: int
    waiting: int = Field(description="Of these, never sent again")
    newest: str = Field(description="When the newest was received")


class ReasonsView(Shape):
    """Most frequent first. With a `next_cursor` these are counts of the part that was read; add those of the next."""

    reasons: list[ReasonView]
    next_cursor: str | None


class ReplayRequest(Shape):
    """Nothing: send it again as it came. `event`: send this in its place, as `source_id` where that is given."""

    event: dict[str, Any] | None = None
    source_id: str | None = Field(default=None, min_length=1, max_length=100)


class ReplayView(Shape):
    id: str
    message_id: str | None = Field(description="Under which it is stored, where it can be told")


class ReplayQuery(Shape):
    """Which entries to send again: those of a source and time of receipt that wait or were never seen to arrive."""

    model_config = ConfigDict(populate_by_name=True)

    source: str = Field(min_length=1, max_length=100)
    first: str | None = Field(default=None, alias="from")
    last: str | None = Field(default=None, alias="to")
    reason: str | None = None
    field: str | None = None
    limit: Whole = Field(default=100, ge=1, le=MOST_REPLAYED)
    cursor: str | None = Field(default=None, max_length=2000)


class ReplayPageView(Shape):
    """Ids: `sent` again, and `passed_over` because they can only be sent edited. `next_cursor` goes on."""

    sent: list[str]
    passed_over: list[str]
    next_cursor: str | None
