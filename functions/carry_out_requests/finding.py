"""Finds whom an erasure is about and freezes them, so that nothing changes them any more, and keeps who that is."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from functions.carry_out_requests.settings import Doors
from functions.carry_out_requests.steps import Done, Failed, HasTime, HeldError
from shared.domain.erasures import Person, erased_by, frozen_for, is_erasing
from shared.domain.events import HashedIdentifier
from shared.domain.facts import erased_id
from shared.domain.identifiers import normalise
from shared.domain.identity import Ownership
from shared.domain.identity_ledger import who_is_who
from shared.domain.privacy_requests import SEVERAL_PEOPLE, UNUSABLE_IDENTITY, PrivacyRequest
from shared.domain.profiles import Profile
from shared.domain.stitching import Change, People
from shared.domain.times import to_text
from shared.domain.verifying import merged_ids
from shared.stores.profile_store import WriteReason

BY_ID = "profile_id"
_TRIES = 5
_MERGED = "merged:"
SEVERAL = Failed(SEVERAL_PEOPLE)


def find(doors: Doors, request: PrivacyRequest, has_time: HasTime) -> Done | Failed:
    person = doors.working.find(request.id)
    if person is None:
        hashed = named(doors, request)
        if isinstance(hashed, Failed):
            return hashed
        whom = _frozen(doors, request, hashed)
        if isinstance(whom, Failed):
            return whom
        person = whom
        doors.working.put(request.id, person)
    frozen = [one for one in doors.profiles.by_id(person.profile_ids).values() if is_erasing(one.frozen)]
    facts = sorted(erased_id(one.id, one.version) for one in frozen)
    numbers = {"profiles": len(person.profile_ids), "identifiers": len(person.ownerships)}
    return Done({"at": to_text(datetime.now(UTC)), "facts": facts, **numbers})


def named(doors: Doors, request: PrivacyRequest) -> list[HashedIdentifier] | Failed:
    naming, found = doors.rules.fresh().naming, []
    for namespace, value in request.identities:
        if namespace == BY_ID:
            continue
        identifier = normalise(namespace, value, naming)
        if identifier is None:
            return Failed(f"{UNUSABLE_IDENTITY}:{namespace}")
        found.append(HashedIdentifier(identifier, doors.hash_of(identifier)))
    return found


def _frozen(doors: Doors, request: PrivacyRequest, named: list[HashedIdentifier]) -> Person | Failed:
    """Whom the identities name, once they can't become anybody else. What names two people names nobody."""
    mark = frozen_for(request.id)
    for _ in range(_TRIES):
        people = live(doors, request, named)
        if len(people) > 1:
            for profile in people:
                if profile.frozen == mark:
                    _mark(doors, profile, "")
            return SEVERAL
        if all(profile.frozen == mark for profile in people):
            return _person(doors, people, named)
        for profile in people:
            _freeze(doors, profile, mark)
    raise HeldError("they keep changing")


def live(doors: Doors, request: PrivacyRequest, named: list[HashedIdentifier]) -> list[Profile]:
    """A contested device names nobody."""
    people = doors.profiles.people_of([one.hash for one in named])
    ids = {one.periods[-1].profile_id for one in people.ownerships.values() if not one.contested}
    ids |= {identity.value for identity in request.identities if identity.namespace == BY_ID}
    found = (doors.profiles.profile(profile_id) for profile_id in sorted(ids))
    return list({profile.id: profile for profile in found if profile}.values())


def _freeze(doors: Doors, profile: Profile, mark: str) -> None:
    """A backup may hold somebody who was being erased when it was made: nobody holds them any more."""
    if profile.frozen not in ("", mark) and not _is_over(doors, erased_by(profile.frozen)):
        raise HeldError(f"frozen {profile.frozen}")
    if profile.frozen != mark:
        _mark(doors, profile, mark)


def _mark(doors: Doors, profile: Profile, mark: str) -> None:
    before = People(profiles={profile.id: profile})
    after = People(profiles={profile.id: replace(profile, frozen=mark)})
    change = Change(frozenset({profile.id}), frozenset(), ())
    doors.profiles.put(before, after, change, WriteReason(is_silent=True), datetime.now(UTC))


def _is_over(doors: Doors, request_id: str) -> bool:
    """Whether nobody carries out this erasure any more: it has ended, or a restored `privacy` doesn't know it."""
    request = doors.requests.find(request_id) if request_id else None
    return bool(request_id) and (request is None or not request.is_open)


def _person(doors: Doors, live: Iterable[Profile], named: list[HashedIdentifier]) -> Person:
    ids: set[str] = set()
    ownerships = {one.hash: Ownership(one) for one in named}
    for profile in live:
        told = {fact.removeprefix(_MERGED) for fact in profile.changes if fact.startswith(_MERGED)}
        told |= merged_ids(who_is_who(doors.log.behind({profile.id})), profile.id)
        lead_there = doors.profiles.live_ids(told)
        ids |= {profile.id, *(one for one in told if lead_there[one] == profile.id)}
        held = (HashedIdentifier(identifier, hashed) for hashed, identifier in profile.identifiers.items())
        ownerships |= {one.hash: Ownership(one) for one in held}
    stored = doors.profiles.ownerships(ownerships)
    person = Person(frozenset(ids), {**ownerships, **stored})
    return replace(person, ownerships={h: one for h, one in person.ownerships.items() if _is_theirs(person, one)})


def _is_theirs(person: Person, one: Ownership) -> bool:
    return not one.periods or any(period.profile_id in person.profile_ids for period in one.periods)
