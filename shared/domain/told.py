"""What others are told of a person, as facts with their values."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.domain.consent_deadlines import changing_at, told_standings, told_state
from shared.domain.purposes import NONE_DECLARED, Purposes
from shared.domain.segments.asking import Person
from shared.domain.segments.memberships import Segments
from shared.domain.segments.windows import NEVER, milliseconds
from shared.domain.standing import Standing
from shared.domain.times import to_text
from shared.domain.traits import MOST_TRAITS

if TYPE_CHECKING:  # a profile is sealed with what is told of it
    from shared.domain.profiles import Change, Profile

ASKED = "asked for "
"""How `declared` begins of a person whose rebuild is on its way. Until then memberships stay as they were told: what is
kept for a condition may be of half their events, and answer it wrongly.
"""

_OUT_IS_KEPT = timedelta(days=15)
"""How long it stays that somebody left a segment that has ended: a redrive tells again what was told in 14 days."""

IN, OUT = "in", "out"
"""A segment's fact; one with arms ends in `:` and the arm."""


class Telling(NamedTuple):
    """What decides on what is told. Without `segments` who is in which stays as it was told."""

    purposes: Purposes = NONE_DECLARED
    segments: Segments | None = None


NOTHING_DECLARED = Telling()


class Told(NamedTuple):
    """Facts with their values, and the millisecond from which on time alone may change any of them."""

    facts: dict[str, str]
    until: int


def told_of(profile: "Profile", telling: Telling, now: datetime) -> Told:
    """Values of traits appear as hashes only; what is gone is said too, and of people with very many traits forgotten
    by the next write.
    """
    state, before = profile.state, {fact: change.value for fact, change in profile.changes.items()}
    stands = told_standings(state, telling.purposes, now)
    told = [fact for fact in before if fact.startswith(("trait:", "consent:"))]
    facts = {"created": "yes", **{fact: "unknown" if fact.startswith("consent:") else "" for fact in told}}
    facts |= {f"trait:{name}": _digest(trait.value) for name, trait in state.traits.items()}
    facts |= {f"consent:{p}": told_state(standing, now) for p, standing in stands.items()}
    are, until = _segments(profile, stands, telling.segments, now)
    facts |= {f"segment:{segment}": value for segment, value in are.items()}
    if len(facts) > MOST_TRAITS:
        facts = {f: value for f, value in facts.items() if value or before.get(f) != ""}
    return Told(facts, min(until, changing_at(stands, now)))


def _segments(
    profile: "Profile", stands: Mapping[str, Standing], segments: Segments | None, now: datetime
) -> tuple[Mapping[str, str], int]:
    told = {fact.removeprefix("segment:"): c for fact, c in profile.changes.items() if fact.startswith("segment:")}
    were, long_ago = {segment: change.value for segment, change in told.items()}, to_text(now - _OUT_IS_KEPT)
    if segments is None or profile.declared.startswith(ASKED):
        return were, NEVER
    found = segments.of(person_of(profile, stands, now), {one for one, value in were.items() if is_in(value)})
    unkept = segments.unkept(profile.state.events) if profile.declared != segments.declared else set()
    members = found.segments - unkept | {one for one in unkept if is_in(were.get(one, OUT))}
    are = {}
    for segment in sorted(members | were.keys()):
        before, where = were.get(segment, OUT), IN if segment in members else OUT
        if segment in segments.ended and not is_in(before) and told[segment].at < long_ago:
            continue
        _, arm = _parted(before)
        if where == IN and not is_in(before):  # who is in, or out, before there were arms is told nothing of them
            arm = arm or segments.arm(segment, profile.id)
        are[segment] = _membership(where, arm)
    return are, found.until


def person_of(profile: "Profile", stands: Mapping[str, Standing], now: datetime) -> Person:
    """Whom conditions are asked of; `stands` is what `told_standings` says."""
    namespaces = frozenset(identifier.namespace for identifier in profile.identifiers.values())
    return Person(profile.state, namespaces, stands, frozenset(profile.segments), milliseconds(now))


def is_in(value: str) -> bool:
    """Whether a segment's fact says that somebody is a member."""
    return _parted(value)[0] == IN


def united(own: Mapping[str, "Change"], others: Mapping[str, "Change"]) -> dict[str, "Change"]:
    """What is told of somebody, and what others bring who are merged into them: what these are in, and their arms, of
    no version as it is no news. In wins; an own arm stays.
    """
    found = dict(own)
    for fact, brought in others.items():
        if not fact.startswith("segment:") or brought.value == OUT:
            continue
        (where, arm), (before, own_arm) = _parted(brought.value), _parted(own[fact].value if fact in own else "")
        if not before or (where == IN != before):
            found[fact] = brought._replace(value=_membership(where, own_arm or arm), version=0)
    return found


def unentered(changes: Mapping[str, "Change"], segments: Segments | None) -> dict[str, "Change"]:
    """Whom others brought into a segment has yet to enter it, where these say who is in; else they stay, untold."""
    found = dict(changes)
    for fact, change in changes.items() if segments else ():
        if not change.version and is_in(change.value) and segments and segments.decide(fact.removeprefix("segment:")):
            if arm := _parted(change.value)[1]:
                found[fact] = change._replace(value=_membership(OUT, arm))
            else:
                del found[fact]
    return found


def _parted(value: str) -> tuple[str, str]:
    """Whether it is IN or OUT, and the arm."""
    where, _, arm = value.partition(":")
    return where, arm


def _membership(where: str, arm: str) -> str:
    return f"{where}:{arm}" if arm else where


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]
