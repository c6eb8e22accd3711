"""When somebody's consent changes by time alone: a grant ends, or is to be confirmed again."""

from collections.abc import Iterable
from datetime import datetime

from shared.domain.places import country_of
from shared.domain.purposes import Purposes
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


def due_hours(marked: Iterable[str], state: ProfileState, purposes: Purposes, now: datetime) -> tuple[str, ...]:
    """The hours (`2028-11-21T09`) in which somebody is to be looked at again. `marked` are those that they are marked
    for: one that is early enough stays, so that a grant that is said again with every event moves no mark.
    """
    ahead = tuple(sorted(hour for hour in marked if hour >= to_text(now)[:13]))
    if not state.consent:
        return ahead
    stands = told_standings(state, purposes, now).values()
    moments = [moment for one in stands if one.state == "granted" for moment in (one.expires_at, one.reconfirm_by)]
    first = min((moment for moment in moments if moment > to_text(now)), default="")[:13]
    return ahead if not first or (ahead and ahead[0] <= first) else (first, *ahead)
