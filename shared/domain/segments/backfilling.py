"""Whom a segment that goes live, is edited or ends concerns: who lacks what it asks for, or has to be told of it."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain.computing import Counted, Declarations
from shared.domain.profiles import Profile
from shared.domain.rebuilding import is_told
from shared.domain.segments.definition import Segment
from shared.domain.segments.memberships import conditions_of
from shared.domain.tallies import OTHER
from shared.domain.told import Telling

SETTLED = timedelta(seconds=75)
"""After which every writer goes by a change of the catalogue: each keeps it for a minute. Whom one of them has met
before then is found by a look that begins later.
"""


def asked_of_events(segment: Segment | None) -> list[Counted]:
    """What profiles are to keep of events for a segment once it is live."""
    return conditions_of([replace(segment, state="live")]) if segment else []


def lacks(profile: Profile, conditions: Collection[Counted], declared: Declarations) -> bool:
    """Whether events of the person may have come before these conditions, so that they were not kept for them."""
    if profile.declared == declared.digest:
        return False
    tallies = profile.state.events
    wanted = (one for one in conditions if one.key in declared.keys)
    return any(one.event in tallies or OTHER in tallies if one.event else bool(tallies) for one in wanted)


def is_concerned(
    profile: Profile, conditions: Collection[Counted], declared: Declarations, telling: Telling, now: datetime
) -> bool:
    """Whether a look at the person would write them."""
    if profile.is_merged or profile.stopped:
        return False
    return lacks(profile, conditions, declared) or not is_told(profile, telling, now)
