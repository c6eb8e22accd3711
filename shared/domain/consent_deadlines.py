"""When somebody's consent changes by time alone: a grant ends, or is to be confirmed again."""

from collections.abc import Mapping
from datetime import datetime

from shared.domain.places import country_of
from shared.domain.purposes import Purposes
from shared.domain.segments.windows import NEVER, milliseconds
from shared.domain.standing import Standing, standings
from shared.domain.state import ProfileState
from shared.domain.times import to_text

RECONFIRM = "due"
"""What is told of a grant that is to be confirmed again."""


def told_standings(state: ProfileState, purposes: Purposes, now: datetime) -> dict[str, Standing]:
    """As the policy pack of the person's country reads them, too."""
    return standings(state.consent, state.links, purposes, now, purposes.months_for(country_of(state)))


def told_state(standing: Standing, now: datetime) -> str:
    """What is told of a standing: its state, or RECONFIRM."""
    is_due = standing.state == "granted" and "" < standing.reconfirm_by <= to_text(now)
    return RECONFIRM if is_due else standing.state


def changing_at(stands: Mapping[str, Standing], now: datetime) -> int:
    """The first millisecond after now at which a grant of these ends or is to be confirmed; NEVER where none does."""
    granted = [one for one in stands.values() if one.state == "granted"]
    moments = [moment for one in granted for moment in (one.expires_at, one.reconfirm_by)]
    return min((milliseconds(moment) for moment in moments if moment > to_text(now)), default=NEVER)
