"""Rebuilding: a person's state folded again from all that is theirs."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import reduce
from typing import NamedTuple

from shared.domain.computing import DECLARED, Declarations, as_declared
from shared.domain.consent import Decisions, of_splits
from shared.domain.events import Event
from shared.domain.profiles import Profile, has_folded, is_forgotten, sealed
from shared.domain.state import ProfileState, fold, of_identifiers, unite
from shared.domain.told import Telling


class OwnEvent(NamedTuple):
    """An event of a person, and the hashes of those of its identifiers that are the person's."""

    event: Event
    joined: tuple[str, ...]


def rebuilt(
    profile: Profile,
    events: Iterable[OwnEvent],
    now: datetime,
    baselines: Iterable[ProfileState] = (),
    declared: Declarations = DECLARED,
    refused: Decisions | None = None,
) -> Profile:
    """The profile with its state folded again from `events`, all that its identifiers own, from the `baselines` of
    those that have expired, and from what splits `refused`; where that isn't given, the profile says it.

    Who is who stays as it was decided, and an event that stitching has yet to see is left to it.
    """
    refusals = of_splits(profile.state.consent) if refused is None else refused
    state = reduce(unite, baselines, ProfileState(consent=refusals))
    for event, joined in events:
        if is_forgotten(event, now) or has_folded(profile, event):
            state = fold(state, event, joined, declared)
    state = replace(of_identifiers(state, profile.identifiers), computed=as_declared(state.computed, declared))
    return replace(profile, state=state, declared=declared.digest)


def is_told(profile: Profile, telling: Telling, now: datetime) -> bool:
    """Whether all is told, and marked, as it would be by a write now: what decides on it changes, and so does time."""
    written = sealed(profile, now, telling)
    are_same = written.segments == profile.segments and written.changes.items() <= profile.changes.items()
    return are_same and written.due == profile.due
