"""A person whose processing is stopped: known, and left as they are."""

from dataclasses import replace
from datetime import timedelta

from shared.domain.identity import STOPPED
from shared.domain.profiles import Profile, sealed
from shared.domain.purposes import Purpose, purposes_of
from shared.domain.splitting import flaw
from shared.domain.state import to_json
from shared.domain.told import Telling
from tests.people import START, Cdp, hashes_of, make_event

SIGN_UP = make_event({"userId": "u1", "type": "identify", "traits": {"city": "Seoul"}}, 1)
MOVE = make_event({"userId": "u1", "anonymousId": "a1", "type": "identify", "traits": {"city": "Busan"}}, 2)
VISIT = make_event({"anonymousId": "a1", "event": "Visit"}, 3)


def stopped_after(cdp: Cdp) -> Profile:
    (profile,) = cdp.live
    cdp.people.profiles[profile.id] = replace(profile, stopped="request r1")
    return profile


def resumed(cdp: Cdp, profile_id: str) -> Profile:
    return cdp.rebuild(replace(cdp.people.profiles[profile_id], stopped=""))


def test_nothing_is_folded_into_a_stopped_person_who_is_as_if_never_stopped_once_rebuilt() -> None:
    cdp = Cdp().take([SIGN_UP])
    before = stopped_after(cdp)
    cdp.take([MOVE, VISIT, VISIT])
    (left,) = cdp.live
    assert left.state.traits == before.state.traits
    assert left.state.events == before.state.events
    assert left.identifiers.keys() == hashes_of(SIGN_UP, MOVE)  # else a device of theirs would be somebody new
    (never,) = Cdp().take([SIGN_UP, MOVE, VISIT]).live
    assert to_json(resumed(cdp, left.id).state) == to_json(never.state)


def test_an_event_too_old_to_be_told_asks_for_no_rebuild_of_a_stopped_person() -> None:
    cdp = Cdp().take([SIGN_UP])
    stopped_after(cdp)
    old = make_event({"userId": "u1", "event": "Old"}, 2, stored_days_ago=5)
    cdp.take([old])
    assert cdp.people.forgotten | cdp.people.stale == set()
    (left,) = cdp.live
    assert resumed(cdp, left.id).state.events["Old"].total == 1


def test_a_stopped_person_becomes_one_with_nobody() -> None:
    visitor = make_event({"anonymousId": "a1", "event": "Visit"}, 0)
    cdp = Cdp().take([SIGN_UP])
    stopped_after(cdp)
    cdp.take([visitor, MOVE])
    assert sorted(map(len, cdp.groups())) == [1, 1]
    assert STOPPED in {entry.reason for entry in cdp.people.ledger.values()}
    assert cdp.merges == 0


def test_no_fact_of_a_stopped_person_is_told_though_time_changes_what_stands() -> None:
    granted = make_event({"userId": "u1", "context": {"consent": {"categoryPreferences": {"news": True}}}}, 0)
    purposes = purposes_of([Purpose("news", {}, valid_months=1)])
    (known,) = Cdp().take([granted]).live
    person = sealed(replace(known, stopped="request r1"), START, Telling(purposes))
    assert "consent:news" not in person.changes
    told = sealed(replace(person, stopped=""), START, Telling(purposes))
    assert told.changes["consent:news"].value == "granted"
    later = sealed(replace(told, stopped="request r2"), START + timedelta(days=60), Telling(purposes))
    assert later.changes == told.changes
    assert (
        sealed(replace(later, stopped=""), START + timedelta(days=60), Telling(purposes)).changes["consent:news"].value
        == "expired"
    )


def test_a_stopped_person_is_not_split() -> None:
    cdp = Cdp().take([MOVE])
    stopped_after(cdp)
    (profile,) = cdp.live
    assert flaw(profile, [[MOVE.identifiers[1].hash]]) == STOPPED
