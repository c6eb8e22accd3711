"""A look at people who are due: they are written only where something else would be told of them now, or marked."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from enum import StrEnum

from functions.reevaluate_people.settings import Doors
from shared.aws.observability import logger
from shared.domain.profiles import Profile
from shared.domain.rebuilding import is_told
from shared.stores.contention import ContentionError
from shared.stores.profile_items import ProfileTooLargeError
from shared.stores.profile_store import WriteReason

MOST_TRIES = 5
WRITERS = 8
"""People are written side by side: most of a write is waiting."""


class Look(StrEnum):
    """How a look ended. STALE: the person was folded by other declarations, and is to be rebuilt; a rebuild tells and
    marks what is due, too. FULL: what would be written doesn't fit into a profile, so it stays as it is. CONTENDED:
    others kept writing.
    """

    WRITTEN = "written"
    SAME = "same"
    GONE = "gone"
    FROZEN = "frozen"
    STALE = "stale"
    FULL = "full"
    CONTENDED = "contended"
    BROKEN = "broken"


def looked(to: Doors, profile_ids: Collection[str], now: datetime) -> dict[str, Look]:
    """How it ended for each id, which may have been merged since; ContentionError where they couldn't be read."""
    found = to.profiles.live(profile_ids)
    live = {profile.id: profile for profile in found.values()}
    with ThreadPoolExecutor(WRITERS) as pool:
        looks = dict(zip(live, pool.map(lambda profile: _look(to, profile, now), live.values()), strict=True))
    return {one: looks[found[one].id] if one in found else Look.GONE for one in profile_ids}


def _look(to: Doors, profile: Profile, now: datetime) -> Look:
    try:
        return _written(to, profile, now)
    except ContentionError:
        return Look.CONTENDED
    except ProfileTooLargeError:
        logger().warning("what time changes doesn't fit into a profile", extra={"profile_id": profile.id})
        return Look.FULL
    except Exception:  # whatever is wrong with one person must not hold up the others
        logger().exception("a look failed", extra={"profile_id": profile.id})
        return Look.BROKEN


def _written(to: Doors, first: Profile, now: datetime) -> Look:
    profile: Profile | None = first
    for _ in range(MOST_TRIES):
        if profile is None:
            return Look.GONE
        if profile.frozen:
            return Look.FROZEN
        if profile.declared != to.declared.get().digest and profile.declared != to.declared.fresh().digest:
            return Look.STALE
        if is_told(profile, to.profiles.telling(profile.told_by), now):
            return Look.SAME
        try:
            to.profiles.put_as_is(profile, WriteReason(), now)
            return Look.WRITTEN
        except ContentionError as error:
            lost, profile = error, to.profiles.profile(profile.id)
    raise lost
