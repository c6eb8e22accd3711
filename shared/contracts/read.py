"""What the Read API answers: one person as they are known, and what they did."""

from typing import Any, Literal

from pydantic import Field

from shared.contracts.canonical import Canonical
from shared.contracts.shape import Shape
from shared.domain.consent import ConsentState
from shared.domain.standing import StandingState

SECTIONS = ("identifiers", "traits", "events", "computed", "consent", "segments")


def _section(description: str) -> Any:
    """A part of a person, not there where it wasn't asked for."""
    return Field(default=None, exclude_if=lambda value: value is None, description=description)


class IdentifierView(Shape):
    namespace: str = Field(examples=["email"])
    value: str = Field(examples=["jane@example.com"])
    first_seen: str
    last_seen: str


class TraitView(Shape):
    """A value with where it came from: the source and the event (its key) that set it last."""

    value: Any
    time: str
    source_id: str
    event: str


class EventCountView(Shape):
    count: int
    first: str = Field(description="Time of the first one")
    last: str = Field(description="Time of the last one")
    sums: dict[str, str] = Field(
        description="Amounts added up by currency; XXX where none came", examples=[{"KRW": "129000.0000"}]
    )


class ComputedView(Shape):
    """A computed attribute. `stale`: declarations have changed, and the person is still to be folded by them."""

    value: str | int | float | bool | None = Field(
        description="Sums, averages, smallest and largest numbers are decimal text of four places",
        examples=["129000.0000"],
    )
    approximate: bool = Field(description="There were more different values than are kept, or some were left out")
    stale: bool


class ConsentDecisionView(Shape):
    """What was decided, when, and on which identifier."""

    state: ConsentState
    time: str
    source_id: str
    namespace: str
    value: str


class ConsentView(Shape):
    """`state` is what holds for the person; `decisions` are what it follows from, newest first. `permitted`: whether
    their data may be used for the purpose, by the policy pack of their country, and else `why_not`. `expires_at` and
    `reconfirm_by` are of grants, and empty for never; `notice_by` is until when they are to be told what came of it.
    """

    state: StandingState
    permitted: bool
    why_not: str | None = Field(examples=["reconfirm_due", "guardian_needed"])
    expires_at: str
    reconfirm_by: str
    notice_by: str
    decisions: list[ConsentDecisionView]


class ProfileView(Shape):
    """One person. `version` grows with every change."""

    profile_id: str
    created_at: str
    updated_at: str
    version: int
    processing_stopped: bool = Field(description="By a privacy request: events are stored, and left")
    merged_profile_ids: list[str]
    first_seen: str
    last_seen: str
    identifiers: list[IdentifierView] | None = _section("By namespace and value")
    traits: dict[str, TraitView] | None = _section("By name")
    events: dict[str, EventCountView] | None = _section("Counts by event name")
    computed: dict[str, ComputedView] | None = _section("By the attribute's id")
    consent: dict[str, ConsentView] | None = _section("By purpose")
    segments: list[str] | None = _section("Keys of those the person is in")


class ContestedView(Shape):
    """A device that several people use, looked up by itself: it tells nothing about any of them."""

    profile_id: str
    contested: Literal[True]


class EventView(Shape):
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


class EventPageView(Shape):
    """Newest first. With filters a page may hold fewer than asked for; `next_cursor` is null on the last one."""

    events: list[EventView]
    next_cursor: str | None


class NamedView(Shape):
    """An identifier without more."""

    namespace: str
    value: str


class PeriodView(Shape):
    """From which event time (empty: always) the identifier belonged to a profile, and the ledger entry that says so."""

    profile_id: str = Field(description="As it was decided; after a merge this id leads to whom it went into")
    since: str
    entry: str


class CameView(Shape):
    """How it came to belong there: what was decided, by which event, when and by which version of the rules."""

    reason: str = Field(examples=["seen_together"])
    time: str
    event: str
    source_id: str
    rules: int


class HeldIdentifierView(Shape):
    namespace: str
    value: str
    first_seen: str
    last_seen: str
    contested: bool
    periods: list[PeriodView]
    came: CameView | None = Field(description="Of the last period")


class HeldIdentifiersView(Shape):
    profile_id: str
    identifiers: list[HeldIdentifierView]


class OriginView(Shape):
    """An event that a value came from, or the last of those that it was computed from."""

    time: str
    source_id: str
    event: str | None = Field(description="Its key; null where only its time is kept")
    namespace: str | None
    value: str | None = Field(description="The identifier that a decision of consent was given on")


class ProvenanceView(Shape):
    """Where a value comes from, newest first; of a computed attribute, by which declaration it is computed."""

    field: str = Field(examples=["traits.plan", "consent.Advertising", "computed.days_since_seen"])
    value: Any
    origins: list[OriginView]
    declared: dict[str, Any] | None


class DecisionView(Shape):
    """One decision on who is who, in a sentence and in parts. `count` events decided so from `first` to `last`."""

    sentence: str = Field(examples=["email j***@e***.com joined: seen together with user_id u***."])
    kind: str = Field(examples=["attached", "merged", "demoted", "contested"])
    reason: str = Field(examples=["seen_together", "limit:user_id"])
    profile_id: str = Field(description="Under whose id it was decided")
    identifier: NamedView | None
    other_profile_id: str | None
    through: list[NamedView] = Field(description="Identifiers of the first event that decided so, while it is kept")
    event: str = Field(description="Its key")
    source_id: str
    first: str
    last: str
    count: int
    rules: int = Field(description="Version of the identity rules; 0 are those that ship")


class WhyView(Shape):
    """Newest first. `counts` are decisions by kind over all pages; `complete` is false where there are more than are
    read."""

    profile_id: str
    counts: dict[str, int]
    complete: bool
    decisions: list[DecisionView]
    next_cursor: str | None


class MemberView(Shape):
    """A person whose events name the group, and the time of the first such event."""

    profile_id: str
    since: str


class GroupView(Shape):
    """What group calls said of a group. Members come by page; one with several identifiers may be on more than one."""

    group_id: str
    traits: dict[str, TraitView]
    members: list[MemberView]
    next_cursor: str | None
