"""One profile: what it remembers of what it folded, and what a merge and a rebuild leave of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.consent import Decision
from shared.domain.profiles import REMEMBERED, Profile, has_folded, is_forgotten, merged, parts, sealed, with_event
from shared.domain.rebuilding import OwnEvent, rebuilt
from shared.domain.remembered import Busy, bucket_of, number_of
from shared.domain.state import ProfileState, fold
from tests.people import NOW, Cdp, consents, make_event


def test_two_workers_whose_clocks_differ_agree_on_what_was_folded() -> None:
    """One seals the profile when the event is just forgotten to it; to the other it isn't yet."""
    event = make_event({"userId": "u1"}, stored_days_ago=1 / 86_400_000)  # a millisecond before the hour
    fast, slow = NOW + REMEMBERED, NOW + REMEMBERED - timedelta(seconds=30)
    profile = sealed(with_event(Profile("p1"), event, ()), fast)
    assert is_forgotten(event, fast)
    assert not is_forgotten(event, slow)
    assert has_folded(profile, event)


def test_what_was_folded_is_dropped_in_the_end() -> None:
    profile = with_event(Profile("p1"), make_event({"userId": "u1"}), ())
    assert sealed(profile, NOW + REMEMBERED + timedelta(hours=8)).recent == {}


def test_who_merged_into_a_loser_merged_into_the_winner() -> None:
    """Also where both merges are one write, and where the first was never published."""
    first, _ = merged(Profile("p2"), Profile("p1"))
    for loser in (first, sealed(first, NOW)):
        winner, _ = merged(Profile("p3"), loser)
        at_once = sealed(winner, NOW)
        assert {k for k, c in at_once.changes.items() if c.version == at_once.version} >= {"merged:p1", "merged:p2"}


def test_a_rebuild_without_the_expired_event_of_a_refusal_does_not_take_it_back() -> None:
    def on(day: float, choice: bool) -> dict[str, object]:
        return {"userId": "u1", "context": {"consent": {"categoryPreferences": {"ads": choice}}}}

    granted, refused = make_event(on(1, True), 1), make_event(on(2, False), 2)
    cdp = Cdp().take([granted, refused])
    (person,) = cdp.live
    expired = fold(ProfileState(), refused, ())
    mended = rebuilt(person, [OwnEvent(granted, ())], NOW, [expired])
    assert consents(mended.state) == {"ads": "refused"}
    assert mended.state.event_count == 2


def test_a_rebuild_mends_a_spoiled_decision_of_consent_and_keeps_what_a_split_refused() -> None:
    body = {"userId": "u1", "context": {"consent": {"categoryPreferences": {"ads": False, "mail": True}}}}
    event = make_event(body, 1)
    (person,) = Cdp().take([event]).live
    anchor = event.anchor or ""
    spoiled = {"ads": Decision("granted", event.time, event.message_id, event.source_id)}
    strict = {"mail": Decision("refused", "2026-11-20", "split:link", "split")}
    held = replace(person, state=replace(person.state, consent={anchor: spoiled | strict}))
    mended = rebuilt(held, [OwnEvent(event, ())], NOW)
    assert consents(mended.state) == {"ads": "refused", "mail": "refused"}
    assert rebuilt(held, [OwnEvent(event, ())], NOW, refused={}).state.consent == person.state.consent
    assert rebuilt(held, [OwnEvent(event, ())], NOW, refused={anchor: strict}).state == mended.state


def test_hashes_are_moved_to_buckets_many_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.domain.profiles.MOST_INSIDE", 3)
    monkeypatch.setattr("shared.domain.profiles.PART", 6)
    events = [make_event({"userId": "u1", "event": "Seen"}, number / 1_000, f"m{number}") for number in range(10)]
    profile, moved = Profile("p1"), []
    for event in events:
        profile = sealed(with_event(profile, event, ()), NOW)
        moved.append([number_of({bucket.quarter: kept}) for bucket, kept in profile.moved.items()])
    assert moved == [[], [], [], [4], [], [], [], [4], [], []]
    bucket = bucket_of(events[0])
    assert profile.busy == {bucket.anchor: Busy(("p1",), {bucket.quarter: 8})}
    assert list(parts(profile, bucket)) == [0, 1]
    assert [has_folded(profile, event) for event in events] == [False] * 8 + [True] * 2


def test_of_a_busy_anchor_more_events_than_the_budget_are_left_to_a_rebuild(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.domain.profiles.MOST_INSIDE", 3)
    monkeypatch.setattr("shared.domain.profiles.BUDGET", 10)
    cdp = Cdp()
    for number in range(15):
        cdp.take([make_event({"userId": "u1", "event": "Seen"}, number, f"m{number}")])
        cdp.people.profiles = {key: sealed(profile, NOW) for key, profile in cdp.people.profiles.items()}
    (person,) = cdp.live
    assert person.state.events["Seen"].total == 10
    assert [e.count for key, e in cdp.people.ledger.items() if key.entry.startswith("over_budget#")] == [5]
