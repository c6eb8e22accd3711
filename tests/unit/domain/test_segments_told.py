"""What is told of segments: arms that stay, merges that are no news, and nothing by what is kept of half the events."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.computing import declarations
from shared.domain.facts import Image, facts
from shared.domain.profiles import Profile, asked_for, merged, sealed
from shared.domain.rebuilding import is_told
from shared.domain.segments.definition import Segment
from shared.domain.segments.memberships import arm_of, conditions_of, segments_of
from shared.domain.times import to_text
from shared.domain.told import Telling
from shared.domain.verifying import as_told, of_profile
from tests.people import START
from tests.unit.domain.test_segments import CART, ORDER, did, person, segment

BUYERS = segment({"event": ORDER}, split={"shown": 3, "held_out": 1})


def wrote(before: Profile | None, after: Profile, one: Segment = BUYERS, days: float = 0) -> tuple[Profile, list[Any]]:
    """The profile as written, and which facts of segments are told of that."""
    final = sealed(after, START + timedelta(days=days), Telling(segments=segments_of([one])))
    image = partial(Image, is_merged=False)
    told = facts(
        image(before.id, before.version, changes=before.changes) if before else None,
        image(final.id, final.version, changes=final.changes),
    )
    return final, [(t.detail_type, t.data.get("arm")) for t in told if t.detail_type.startswith("Segment")]


def buyer(profile_id: str, *events: Any) -> Profile:
    return replace(person(BUYERS, *events), id=profile_id)


def test_arms_share_people_by_their_weights_and_others_are_in_others_of_another_segment() -> None:
    ids = [f"profile-{number}" for number in range(4_000)]
    shown = [arm_of(BUYERS, one) == "shown" for one in ids]
    assert 0.72 < sum(shown) / len(ids) < 0.78
    of_other = [arm_of(replace(BUYERS, id="other"), one) == "shown" for one in ids]
    both = sum(one and other for one, other in zip(shown, of_other, strict=True))
    assert 0.52 < both / len(ids) < 0.61


@settings(deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.text(max_size=12))
def test_everybody_is_in_one_arm_whatever_the_order_of_their_names(weights: list[int], profile_id: str) -> None:
    names = [f"arm{number}" for number in range(len(weights))]
    split = dict(zip(names, weights, strict=True))
    one, other = replace(BUYERS, split=split), replace(BUYERS, split=dict(reversed(split.items())))
    assert arm_of(one, profile_id) in names
    assert arm_of(one, profile_id) == arm_of(other, profile_id)


def test_an_arm_stays_when_its_person_leaves_and_returns_and_when_weights_change() -> None:
    week = segment({"event": ORDER, "window": {"last": "P7D"}}, split={"shown": 3, "held_out": 1})
    first, told = wrote(None, buyer("p1", did(ORDER, 0)), week)
    ((what, arm),) = told
    assert (what, bool(arm)) == ("Segment Entered", True)
    gone, told = wrote(first, first, week, days=8)
    assert told == [("Segment Exited", arm)]
    other = replace(week, split={("held_out" if arm == "shown" else "shown"): 1})
    state = person(week, did(ORDER, 0), did(ORDER, 9)).state
    _, told = wrote(gone, replace(gone, state=state), other, days=9)
    assert told == [("Segment Entered", arm)]


def test_a_merge_keeps_an_arm_and_is_no_news_where_the_person_is_in_as_before() -> None:
    winner, _ = wrote(None, buyer("p1", did(ORDER, 0)))
    loser = wrote(None, buyer("p2", did(ORDER, 1)))[0]
    arm = winner.changes["segment:s"].value
    final, told = wrote(winner, merged(winner, loser)[0])
    assert (told, final.changes["segment:s"].value) == ([], arm)


def test_whoever_joins_brings_their_arm_and_enters_under_it_and_else_nothing_is_told() -> None:
    once = segment({"event": ORDER, "count": {"operator": "eq", "value": 1}}, split={"shown": 1, "held_out": 1})
    loser = wrote(None, buyer("p2", did(ORDER, 1)), once)[0]
    arm = loser.changes["segment:s"].value.partition(":")[2]
    stranger = wrote(None, buyer("p1", did(CART, 0)), once)[0]
    _, told = wrote(stranger, merged(stranger, loser)[0], once)
    assert told == [("Segment Entered", arm)]
    # Both are in, and together not: they bought twice. The loser's last change has the version of this very write.
    winner = wrote(None, buyer("p1", did(ORDER, 0), did(ORDER, 2)), once)[0]
    assert winner.version + 1 != loser.version
    later = replace(loser, changes={k: c._replace(version=winner.version + 1) for k, c in loser.changes.items()})
    _, told = wrote(winner, merged(winner, later)[0], once)
    assert told == []


@pytest.mark.parametrize("state", ["draft", "paused", None])
def test_who_is_in_stays_for_a_worker_that_has_yet_to_hear_that_the_segment_is_live(state: Any) -> None:
    inside, _ = wrote(None, buyer("p1", did(ORDER, 0)))
    known = [replace(BUYERS, state=state)] if state else []
    stale = sealed(inside, START, Telling(segments=segments_of(known)))
    assert (stale.segments, stale.changes["segment:s"]) == (["s"], inside.changes["segment:s"])
    assert wrote(inside, inside, replace(BUYERS, state="archived"))[0].segments == []


def test_nobody_enters_or_leaves_by_half_of_what_is_kept_of_them() -> None:
    few = segment({"event": ORDER, "where": [{"property": "total", "type": "number", "operator": "gt", "value": 1}],
                   "count": {"operator": "lte", "value": 1}})  # fmt: skip
    half = asked_for(buyer("p1", did(ORDER, 5)), declarations((), conditions_of([few])))
    written, told = wrote(None, half, few)
    assert (told, written.segments) == ([], [])
    whole = replace(written, declared=segments_of([few]).declared)
    assert wrote(written, whole, few)[1] == [("Segment Entered", None)]


def test_a_split_of_a_segment_that_has_people_tells_nobody_anything_and_gives_an_arm_to_who_enters() -> None:
    week = segment({"event": ORDER, "window": {"last": "P7D"}})
    parted = replace(week, split={"shown": 3, "held_out": 1})
    member, _ = wrote(None, buyer("p1", did(ORDER, 0)), week)
    assert wrote(member, member, parted)[1] == []
    gone, _ = wrote(member, member, week, days=8)
    still, told = wrote(gone, gone, parted, days=9)
    assert told == []
    back = replace(still, state=person(week, did(ORDER, 9)).state)
    assert wrote(still, back, parted, days=9)[1] == [("Segment Entered", arm_of(parted, "p1"))]


def test_that_somebody_left_what_has_ended_goes_with_a_later_write_and_is_no_news() -> None:
    ended = replace(BUYERS, state="archived")
    inside, _ = wrote(None, buyer("p1", did(ORDER, 0)))
    left, told = wrote(inside, inside, ended)
    assert [what for what, _ in told] == ["Segment Exited"]
    soon, _ = wrote(left, left, ended, days=14)
    assert soon.changes["segment:s"] == left.changes["segment:s"], "a redrive may still tell it again"

    telling, later = Telling(segments=segments_of([ended])), START + timedelta(days=16)
    assert is_told(left, telling, later), "nobody is written for this alone"
    old = replace(left, updated_at=to_text(later))
    assert list(of_profile(old, as_told(old, [], telling), [], telling)) == []
    gone, told = wrote(left, left, ended, days=16)
    assert (told, gone.changes) == ([], {"created": left.changes["created"]})
    assert wrote(left, left, replace(BUYERS, state="paused"), days=16)[0].changes == left.changes


@pytest.mark.parametrize("left_before", [False, True])
def test_who_is_in_while_it_is_paused_stays_in_by_a_merge_and_enters_once_it_is_live(left_before: bool) -> None:
    paused, week = replace(BUYERS, state="paused"), segment({"event": ORDER, "window": {"last": "P7D"}})
    loser, _ = wrote(None, buyer("p2", did(ORDER, 1)))
    winner, _ = wrote(None, buyer("p1", *([did(ORDER, -9)] if left_before else [])), week, days=-5)
    winner, told = wrote(winner, winner, week)
    assert told == ([("Segment Exited", None)] if left_before else [])
    both, told = wrote(winner, merged(winner, loser)[0], paused)
    assert (told, both.segments) == ([], ["s"])
    assert both.changes["segment:s"] == loser.changes["segment:s"]._replace(version=0), "since when they are in"
    telling = Telling(segments=segments_of([paused]))
    assert list(of_profile(both, as_told(both, ["p2"], telling), ["p2"], telling)) == []
    assert is_told(both, telling, START)
    again = Image(both.id, both.version, False, both.changes, republish_from="2000")
    assert not [fact for fact in facts(None, again) if fact.detail_type.startswith("Segment")], "nor by a redrive"

    assert not is_told(both, Telling(segments=segments_of([BUYERS])), START), "the backfill writes them"
    assert wrote(both, both)[1] == [("Segment Entered", arm_of(BUYERS, "p2"))]
    out, told = wrote(both, both, replace(BUYERS, state="archived"))
    assert (told, out.segments) == ([], []), "who never entered doesn't leave"


def test_an_arm_that_a_merge_brought_is_nothing_that_differs() -> None:
    once = segment({"event": ORDER, "count": {"operator": "eq", "value": 1}}, split={"shown": 1, "held_out": 1})
    loser, winner = (wrote(None, buyer(*one), once)[0] for one in (("p2", did(ORDER, 1)), ("p1", did(ORDER, 0))))
    united, _ = wrote(winner, merged(replace(winner, changes={}), loser)[0], once)
    assert "segment:s" in united.changes
    telling = Telling(segments=segments_of([once]))
    expected = as_told(united, ["p2"], telling)
    assert list(of_profile(united, expected, ["p2"], telling)) == []
    assert expected.changes["segment:s"] == united.changes["segment:s"]
