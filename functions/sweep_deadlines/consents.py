"""People whose consent changed by time alone are written again, so that it is told once: ended, or to be confirmed."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from functions.sweep_deadlines.settings import Doors
from shared.aws.observability import count
from shared.domain.stitching import Change, People
from shared.domain.times import hours, to_text
from shared.stores.contention import ContentionError
from shared.stores.profile_store import WriteReason

LOOKED_BACK = timedelta(days=7)
"""Hours whose marks are looked for: so long may this stand still, or may somebody be frozen."""


def sweep_consents(to: Doors, now: datetime, has_time: Callable[[], bool]) -> Counter[str]:
    """All marks of hours that are over; what can't be written waits for the next run."""
    ended: Counter[str] = Counter()
    present = to_text(now)[:13]
    for hour in hours(now - LOOKED_BACK, now):
        for profile_id in to.due.of_hour(hour) if hour < present else ():
            if not has_time():
                return ended
            outcome = _written_again(to, profile_id, now)
            ended[outcome] += 1
            if outcome != "waiting":
                to.due.forget(hour, profile_id)
    for outcome in ("told", "waiting"):
        count(f"Consents{outcome.title()}", ended[outcome])
    return ended


def _written_again(to: Doors, profile_id: str, now: datetime) -> str:
    """`told`, `gone`, or `waiting`: the person is frozen, or others kept writing."""
    profile = to.profiles.profile(profile_id)
    if profile is None:
        return "gone"
    if profile.frozen:
        return "waiting"
    profile = to.profiles.with_buckets(profile)
    before, after = People(profiles={profile.id: profile}), People(profiles={profile.id: profile}, fenced={profile.id})
    try:
        to.profiles.put(before, after, Change(frozenset({profile.id}), frozenset(), ()), WriteReason("live"), now)
    except ContentionError:
        return "waiting"
    return "told"
