"""Segments that change in bulk: one fact of all, and of each person what their own fact would have been."""

import hashlib
from collections.abc import Collection
from typing import NamedTuple

from shared.domain.data_flows import Flow
from shared.domain.facts import DetailType, Fact, Image, membership
from shared.domain.profiles import Profile

BULK: DetailType = "Segment Changed In Bulk"
ENTERED: DetailType = "Segment Entered"
EXITED: DetailType = "Segment Exited"
_FLOW = "flow:"


class Crossed(NamedTuple):
    """How many came into a segment, and how many left it."""

    entered: int
    exited: int


def crossing(profile: Profile, segment: str, since: str, job_id: str) -> Fact | None:
    """The fact that tells whether somebody is in, as they stand now; None where that hasn't changed from `since` on, or
    came by a merge or a split, of which nobody is told.
    """
    change = profile.changes.get(f"segment:{segment}")
    if change is None or not change.version or change.at < since:
        return None
    image = Image(profile.id, change.version, is_merged=False, changes={}, cause="rebuild", correlation_id=job_id)
    return membership(segment, change, image)


def bulk_id(job_id: str, segment: str, number: int) -> str:
    """Of the fact that a job tells of a segment for the so-manieth time: once it ended, and before when it was
    cancelled.
    """
    return hashlib.sha256(f"{job_id}\x00{segment}\x00{number}".encode()).hexdigest()[:32]


def lines_wanted(detail_types: Collection[str]) -> frozenset[DetailType]:
    """Facts on memberships that a destination gets; none where it isn't told of changes in bulk."""
    named = {ENTERED, EXITED}.intersection(detail_types)
    return frozenset(named or ({ENTERED, EXITED} if BULK in detail_types else ()))


def flow_name(flow: Flow) -> str:
    """What a flow is counted under beside other numbers."""
    return f"{_FLOW}{flow.source_id}:{flow.field}"


def flow_of(name: str) -> Flow | None:
    """The flow that is counted under this name, if it is one."""
    return Flow(*name.removeprefix(_FLOW).split(":", 1)) if name.startswith(_FLOW) else None
