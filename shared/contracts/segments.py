"""What the Read API answers about segments: why somebody is in one, and who is."""

from typing import Any

from pydantic import Field

from shared.contracts.shape import Shape
from shared.domain.segments.why import Reason
from shared.domain.segments.windows import NEVER, moment
from shared.domain.times import to_text


class ReasonView(Shape):
    """A condition as it was answered: `truth` is null where it is unknown, and `unknown` says why. A group's conditions
    are `of` it.
    """

    pointer: str = Field(description="Where it stands in the segment", examples=["/where/of/0"])
    says: str = Field(examples=["number of Order Completed in the last P30D is at least 3"])
    truth: bool | None
    unknown: str = Field(
        description="`missing`; `no_<type>` of a value of another type; `undeclared`; `among_others`, as the"
        " person did events of too many names; `not_kept`, as the segment was never live; `hidden` from this token",
        examples=["missing"],
    )
    value: Any = Field(description="What was compared")
    until: str = Field(description="From then on time alone makes it another, or may, of a group; empty for never")
    changed_by: str = Field(examples=["1 more Order Completed before 2026-12-01T00:00:00.000Z"])
    of: list["ReasonView"]


class SegmentMemberView(Shape):
    """A person who is in, since when, and in which arm."""

    profile_id: str
    since: str
    arm: str


class SegmentMembersView(Shape):
    """In no order. A page may hold fewer than asked for, even none; `next_cursor` is null on the last one. Who enters
    or leaves meanwhile may be told or not.
    """

    segment: str
    members: list[SegmentMemberView]
    next_cursor: str | None


class SegmentSizeView(Shape):
    day: str = Field(description="UTC", examples=["2026-11-21"])
    members: int
    at: str = Field(description="When they were counted")


class SegmentSizesView(Shape):
    """The newest day first."""

    segment: str
    sizes: list[SegmentSizeView]


class MembershipView(Shape):
    """`member`, `arm` and `since` are as they were told last; `why` is as it is now. `stale`: the person is yet to be
    folded by what segments ask for now. `settling`: a job has yet to make its people as its definition says; until then
    this person may not have been looked at.
    """

    profile_id: str
    segment: str
    state: str = Field(examples=["live"])
    version: str = Field(description="Of the definition: equal for equal ones", examples=["5d41402abc4b2a76"])
    member: bool
    arm: str
    since: str = Field(description="Since when they are in, or out; empty where they never were in")
    stale: bool
    settling: str = Field(description="Id of the backfill that hasn't ended; empty for none")
    why: ReasonView


def reason_view(reason: Reason) -> ReasonView:
    return ReasonView(
        pointer=reason.pointer,
        says=reason.says,
        truth=reason.truth,
        unknown=reason.unknown,
        value=reason.value,
        until=to_text(moment(reason.until)) if reason.until < NEVER else "",
        changed_by=reason.changed_by,
        of=[reason_view(one) for one in reason.of],
    )
