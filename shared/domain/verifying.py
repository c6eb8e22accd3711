"""Verifying: where what is stored of a person differs from the fold of the identity ledger and of their events.

A difference names a place, a field and how they differ, and never a value of a person.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from shared.domain.identity import Ownership
from shared.domain.identity_ledger import APART, LIFTED, UNDONE, Decided, WhoIsWho
from shared.domain.profiles import NEW, Change, Profile
from shared.domain.state import to_json
from shared.domain.times import from_text
from shared.domain.told import Telling, is_in, told_of

How = Literal["missing", "surplus", "differs", "unreadable"]
_FOLDED = ("created", "trait", "consent", "segment", "merged")
"""Facts that follow from a state and from who is who."""


class Difference(NamedTuple):
    """`place`: `profile`, `identifier <hash>` or `merged <profile id>`."""

    place: str
    field: str
    how: How


def merged_ids(who: WhoIsWho, profile_id: str) -> set[str]:
    """Ids that lead to a profile."""
    return {loser for loser in who.merged_into if who.live(loser) == profile_id}


def owned(who: WhoIsWho, profile_id: str) -> set[str]:
    """Identifiers of which some period is a profile's."""
    return {h for h, periods in who.periods.items() if any(who.live(p.profile_id) == profile_id for p in periods)}


def kept_apart(who: WhoIsWho, decided: Collection[Decided], profile_id: str) -> dict[str, tuple[str, ...]]:
    """{cannot-link: the sides of it that a profile is on}, without those that were lifted from the profile itself."""
    own = {profile_id, *merged_ids(who, profile_id)}
    entries = [one for one in decided if one.profile_id in own]
    lifted = {one.entry.removeprefix(LIFTED) for one in entries if one.entry.startswith(LIFTED)}
    sides: dict[str, set[str]] = {}
    for one in entries:
        link = one.entry.removeprefix(APART)
        if one.entry.startswith(APART) and link not in lifted:
            sides.setdefault(link, set()).update(one.effect["sides"])
    return {link: tuple(sorted(united)) for link, united in sides.items()}


def was_split(who: WhoIsWho, decided: Collection[Decided], stored: Profile) -> bool:
    """Whether a split took something from a profile, or made it. Of one that is kept apart from somebody the ledger
    doesn't tell whether by a split.
    """
    own = {stored.id, *merged_ids(who, stored.id)}
    entries = [one for one in decided if one.profile_id in own]
    if any(one.entry == "created" and "from" in one.effect for one in entries):
        return True
    return stored.was_split and any(one.entry.startswith(APART) for one in entries)


def told_merges(who: WhoIsWho, decided: Collection[Decided], profile_id: str) -> set[str]:
    """Ids of which a profile says that they were merged into it: those that no split led there."""
    undone = [one for one in decided if one.entry.startswith(UNDONE) and not one.effect.get("stays")]
    led = {one.entry.removeprefix(UNDONE) for one in undone}
    return {loser for loser in merged_ids(who, profile_id) if not led & set(_way(who, loser))}


def _way(who: WhoIsWho, profile_id: str) -> Iterator[str]:
    """The ids through which one leads to a live profile, itself included."""
    while profile_id in who.merged_into:
        yield profile_id
        profile_id = who.merged_into[profile_id]


def as_told(profile: Profile, merged: Collection[str], telling: Telling) -> Profile:
    """`profile` with no change but such as follow from it; those that are missing are told when it is written."""
    facts = _facts(profile, telling)
    merges = {f"merged:{loser}" for loser in merged}
    kept = {
        fact: change
        for fact, change in profile.changes.items()
        if (fact in facts or fact in merges or _kind(fact) in ("trait", "consent") or _kind(fact) not in _FOLDED)
        and _is_of_a_write(fact, change, profile)
    }
    return replace(profile, changes={**dict.fromkeys(merges, NEW), **kept})


def of_profile(stored: Profile, expected: Profile, merged: Collection[str], telling: Telling) -> Iterator[Difference]:
    """Where a stored profile isn't as it has to be. What it remembers of events, and its times, are taken as given."""
    yield from _compared("identifiers", stored.identifiers, expected.identifiers)
    yield from _compared("apart", stored.apart, expected.apart)
    if stored.was_split != expected.was_split:
        yield Difference("profile", "was_split", "differs")
    one, other = json.loads(to_json(stored.state)), json.loads(to_json(expected.state))
    for name in sorted(other):
        yield from _compared(f"state.{name}", one[name], other[name])
    if not list(_compared("state", one, other)):
        yield from _of_changes(stored, expected, merged, telling)


def _of_changes(stored: Profile, expected: Profile, merged: Collection[str], telling: Telling) -> Iterator[Difference]:
    """Only of a profile whose state is right: else its facts are of what is wrong."""
    facts = _facts(expected, telling) | {f"merged:{loser}": "" for loser in merged}
    for fact in sorted(facts.keys() - stored.changes.keys()):
        yield Difference("profile", f"changes.{fact}", "missing")
    for fact, change in sorted(stored.changes.items()):
        if fact in facts and (change.value != facts[fact] or not _is_of_a_write(fact, change, stored)):
            yield Difference("profile", f"changes.{fact}", "differs")
        elif fact not in facts and _kind(fact) in ("created", "merged", "segment") and not _goes(fact, change, stored):
            yield Difference("profile", f"changes.{fact}", "surplus")


def _is_of_a_write(fact: str, change: Change, profile: Profile) -> bool:
    """Whether a change has a version of the profile's. What a merge or a split brought of segments has none."""
    is_brought = _kind(fact) == "segment" and not change.version
    return is_brought or 0 < change.version <= profile.version


def _goes(fact: str, change: Change, profile: Profile) -> bool:
    """Whether the next write drops it: that somebody left a segment which has ended since."""
    return _kind(fact) == "segment" and not is_in(change.value) and _is_of_a_write(fact, change, profile)


def of_ownership(hashed: str, stored: Ownership | None, expected: Ownership) -> Iterator[Difference]:
    place = f"identifier {hashed}"
    if stored is None:
        yield Difference(place, "", "missing")
        return
    for name in ("periods", "contested", "decisions"):
        if getattr(stored, name) != getattr(expected, name):
            yield Difference(place, name, "differs")
    for name in ("namespace", "value"):
        if getattr(stored.identifier.identifier, name) != getattr(expected.identifier.identifier, name):
            yield Difference(place, name, "differs")


def unreadable(place: str, names: Collection[str], found: Iterable[Difference]) -> Iterator[Difference]:
    """What is found, where of these attributes nothing can be said but that they can't be read."""
    yield from (Difference(place, name, "unreadable") for name in names)
    yield from (one for one in found if one.field.partition(".")[0] not in names)


def _compared(name: str, stored: Any, expected: Any) -> Iterator[Difference]:
    """Key by key, one level deep: below that a value differs as a whole."""
    if not isinstance(expected, Mapping) or not isinstance(stored, Mapping):
        if stored != expected:
            yield Difference("profile", name, "differs")
        return
    for key in sorted(stored.keys() | expected.keys()):
        if key not in stored:
            yield Difference("profile", f"{name}.{key}", "missing")
        elif key not in expected:
            yield Difference("profile", f"{name}.{key}", "surplus")
        elif stored[key] != expected[key]:
            yield Difference("profile", f"{name}.{key}", "differs")


def _facts(profile: Profile, telling: Telling) -> dict[str, str]:
    """As they were when it was written: a grant that has expired since is told by a sweep."""
    written = from_text(profile.updated_at) if profile.updated_at else datetime.min.replace(tzinfo=UTC)
    return told_of(profile, telling, written).facts


def _kind(fact: str) -> str:
    return fact.partition(":")[0]
