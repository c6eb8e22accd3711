"""Whom a segment that goes live, is edited or ends concerns: who lacks what it asks for, or has to be told of it."""

from datetime import datetime, timedelta

from shared.domain.profiles import Profile
from shared.domain.rebuilding import is_told
from shared.domain.told import Telling

SETTLED = timedelta(seconds=75)
"""After which every writer goes by a change of the catalogue: each keeps it for a minute. Whom one of them has met
before then is found by a look that begins later.
"""


def lacks(profile: Profile, segment_id: str, telling: Telling) -> bool:
    """Whether events of the person may have come before this segment, so that what it asks for was not kept."""
    segments = telling.segments
    if segments is None or profile.declared == segments.declared:
        return False
    return segment_id in segments.unkept(profile.state.events)


def is_concerned(profile: Profile, segment_id: str, telling: Telling, now: datetime) -> bool:
    """Whether a look at the person would write them."""
    if profile.is_merged or profile.stopped:
        return False
    return lacks(profile, segment_id, telling) or not is_told(profile, telling, now)
