"""Segments: who is in, decided from a profile's state alone."""

from collections.abc import Collection
from dataclasses import dataclass

from shared.domain.state import ProfileState


@dataclass(frozen=True, slots=True)
class Segment:
    """Those who did `event` at least `at_least` times."""

    key: str
    event: str
    at_least: int = 1


SEGMENTS = (Segment(key="bought_once", event="Order Completed"),)


def memberships(state: ProfileState, segments: Collection[Segment] = SEGMENTS) -> frozenset[str]:
    """Keys of the segments that a person of this state is in."""
    return frozenset(s.key for s in segments if s.event in state.events and state.events[s.event].total >= s.at_least)
