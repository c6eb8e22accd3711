"""The gate: may a fact of a person go to a destination now? As it was asked of them, by the law of their place."""

from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from shared.domain.consenting import Consenting
from shared.domain.destinations import Destination
from shared.domain.policy_packs import QuietHours
from shared.domain.purposes import UNASKED, Purpose

ASKED_AGAIN = timedelta(minutes=1)
"""After so long, what waits for a pipeline that is behind is asked again."""


class Permitted(NamedTuple):
    """`withheld`: traits that the destination names and may not get; `label` goes along with what advertises.

    `ids_alone`: only that something was withdrawn.
    """

    withheld: tuple[str, ...] = ()
    label: str = ""
    ids_alone: bool = False


IDS_ALONE = Permitted(ids_alone=True)


class HeldUntil(NamedTuple):
    """To be asked again then."""

    until: datetime
    reason: str


class Withheld(NamedTuple):
    """For good. `reason` names each purpose that forbids it: `refused:advertising,not_granted:profiling`."""

    reason: str


Passage = Permitted | HeldUntil | Withheld


def passage(
    destination: Destination, person: Consenting, *, is_behind: bool = False, withdraws: bool = False
) -> Passage:
    """`is_behind`: decisions may be on their way that `person` doesn't know yet. What `withdraws` must arrive."""
    found = _passage(destination, person, is_behind)
    return IDS_ALONE if withdraws and not isinstance(found, Permitted) else found


def _passage(destination: Destination, person: Consenting, is_behind: bool) -> Passage:
    purposes = [*map(person.purposes.get, destination.purposes)]
    if is_behind and _depends_on_decisions(destination, person):
        return HeldUntil(person.at + ASKED_AGAIN, "behind")
    if reasons := [f"{why}:{one.id}" for one in purposes if (why := person.why_not(one))]:
        return Withheld(",".join(reasons))
    if until := _quiet_until(purposes, person):
        return HeldUntil(until, "quiet_hours")
    advertises = any(one.is_advertising for one in purposes)
    label = person.pack.label if person.pack and advertises else ""
    return Permitted(tuple(one for one in destination.traits if one in person.withheld_traits), label)


def _depends_on_decisions(destination: Destination, person: Consenting) -> bool:
    """Whether a decision of the person could change what it gets."""
    of_traits = (one for one in person.purposes.by_id.values() if {*one.traits} & {*destination.traits})
    needed = [*map(person.purposes.get, destination.purposes), *of_traits]
    return any(one.basis not in UNASKED for one in needed)


def _quiet_until(purposes: list[Purpose], person: Consenting) -> datetime | None:
    """When the night ends in which something that advertises may not go out; None where it may."""
    quiet = person.pack.quiet_hours if person.pack else None
    if quiet is None or not any(_keeps_quiet(one, quiet) for one in purposes) or person.is_granted(quiet.unless):
        return None
    start, end, clock = time.fromisoformat(quiet.start), time.fromisoformat(quiet.end), person.local_now.time()
    is_quiet = start <= clock < end if start <= end else clock >= start or clock < end
    if not is_quiet:
        return None
    day = person.local_now.date() + timedelta(days=clock >= end)
    return datetime.combine(day, end, person.local_now.tzinfo).astimezone(UTC)


def _keeps_quiet(purpose: Purpose, quiet: QuietHours) -> bool:
    """One that names no channel may go out over any."""
    return purpose.is_advertising and purpose.channel not in quiet.exempt and purpose.channel in ("", *quiet.channels)
