"""What must hold for any events in any order: repeated, shuffled, cut into batches, rebuilt."""

from dataclasses import replace
from functools import reduce
from itertools import permutations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from shared.domain import consent
from shared.domain.consent import Decision, pair
from shared.domain.events import Event
from shared.domain.identity_rules import RULES
from shared.domain.profiles import has_folded, merged
from shared.domain.state import ProfileState, fold, to_json
from tests.computing import EVERY
from tests.people import Cdp, consents, contents, hashes_of, make_event

UNPROTECTED = replace(RULES, limits={})


@st.composite
def bodies(draw: DrawFn) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": draw(st.sampled_from(["track", "identify", "page"])),
        "event": draw(st.sampled_from(["Order Completed", "Product Viewed"])),
        "properties": {
            "total": draw(st.sampled_from(["9.90", 3, 0.1])),
            "currency": "EUR",
            "word": draw(st.sampled_from("abc")),
            "n": draw(st.integers(0, 3)),
        },
        "traits": {"plan": draw(st.sampled_from(["free", "pro", None])), "age": draw(st.integers(1, 3))},
        "context": {},
    }
    for field, values in (("userId", ["u1", "u2"]), ("anonymousId", ["a1", "a2", "a3"])):
        if value := draw(st.sampled_from([None, *values])):
            body[field] = value
    if email := draw(st.sampled_from([None, "a@x.com", "b@x.com"])):
        body["traits"]["email"] = email
    if device := draw(st.sampled_from([None, None, "d1", "d2"])):
        body["context"]["device"] = {"id": device}
    if zone := draw(st.sampled_from([None, "Asia/Seoul", "Europe/Berlin"])):
        body["context"]["timezone"] = zone
    if customer := draw(st.sampled_from([None, None, None, "c1", "c2"])):
        body["context"]["externalIds"] = [{"type": "crm_id", "id": customer}]
    consent: dict[str, Any] = {}
    none: dict[str, bool] = {}
    if (choice := draw(st.sampled_from([None, None, {"Advertising": True}, {"Advertising": False}, none]))) is not None:
        consent["categoryPreferences"] = choice
    if (state := draw(st.sampled_from([None, None, None, "granted", "denied"]))) is not None:
        consent["google"] = {"ad_storage": state}
    if consent:
        body["context"]["consent"] = consent
    if draw(st.integers(0, 9)) == 0:
        body["context"]["gpc"] = True
    return body


@st.composite
def histories(draw: DrawFn) -> list[Event]:
    drawn = draw(st.lists(st.tuples(bodies(), st.integers(0, 30)), max_size=12))
    events = [make_event(body, day / 2, f"m{number}") for number, (body, day) in enumerate(drawn)]
    return [event for event in events if event.identifiers]


@settings(max_examples=300, deadline=None)
@given(histories(), st.randoms(use_true_random=False), st.data())
def test_any_order_and_repetition_makes_the_same_people(events: list[Event], random: Any, data: Any) -> None:
    repeated = events + [event for event in events if data.draw(st.booleans())]
    random.shuffle(repeated)
    assert contents(Cdp(UNPROTECTED, EVERY).take(repeated).live) == contents(Cdp(UNPROTECTED, EVERY).take(events).live)


@settings(max_examples=300, deadline=None)
@given(histories())
def test_a_live_profile_equals_its_rebuild_under_the_real_rules(events: list[Event]) -> None:
    cdp = Cdp(declared=EVERY).take(events)
    for profile in cdp.live:
        assert cdp.rebuild(profile) == profile


@settings(max_examples=200, deadline=None)
@given(histories(), st.integers(0, 11))
def test_a_rebuild_leaves_an_event_to_stitching_that_has_not_seen_it(events: list[Event], place: int) -> None:
    if not events:
        return
    unseen = events[place % len(events)]
    cdp = Cdp(declared=EVERY).take(event for event in events if event is not unseen)
    cdp.stored[unseen.key] = unseen
    for profile in cdp.live:
        assert cdp.rebuild(profile) == profile


@settings(max_examples=200, deadline=None)
@given(histories())
def test_no_event_is_lost_or_counted_twice(events: list[Event]) -> None:
    cdp = Cdp().take([*events, *events])
    assert sum(p.state.event_count for p in cdp.live) == len({event.key for event in events})


@settings(max_examples=200, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_people_merged_in_any_order_and_grouping_are_the_fold_of_their_events(events: list[Event], random: Any) -> None:
    people = [Cdp(UNPROTECTED).take([event]).live[0] for event in events]
    while len(people) > 1:
        random.shuffle(people)
        one, other, *rest = people
        people = [merged(one, replace(other, id="other"))[0], *rest]
    for person in people:
        assert to_json(person.state) == to_json(reduce(_whole, events, ProfileState()))
        assert person.identifiers.keys() == hashes_of(*events)
        assert all(has_folded(person, event) for event in events)


def _whole(state: ProfileState, event: Event) -> ProfileState:
    return fold(state, event, hashes_of(event))


NODES = ("a", "b", "c", "d")
moments = st.integers(0, 9).map(str)


@settings(max_examples=500, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(NODES),
        st.builds(Decision, st.sampled_from(["granted", "refused"]), moments, st.just("m"), st.just("s"), st.just("")),
        min_size=1,
    ),
    st.dictionaries(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)).map(lambda two: pair(*two)), moments),
)
def test_a_grant_counts_only_after_refusals_and_after_the_histories_met(
    given_on: dict[str, Decision], links: dict[str, str]
) -> None:
    def joined_by(moment: str, one: str, other: str) -> bool:
        reached, grown = {one}, True
        while grown:
            more = {
                n for link, t in links.items() if t <= moment for n in link.split("|") if reached & {*link.split("|")}
            }
            grown = not more <= reached
            reached |= more
        return other in reached

    def overrides(anchor: str, grant: Decision, other: str, refusal: Decision) -> bool:
        before = [m for m in map(str, range(10)) if m < grant.time]
        return grant.time > refusal.time and any(joined_by(m, anchor, other) for m in before)

    refusals = {a: d for a, d in given_on.items() if d.state == "refused"}
    grants = {a: d for a, d in given_on.items() if d.state == "granted"}
    expected = any(all(overrides(a, g, b, r) for b, r in refusals.items()) for a, g in grants.items())
    decided = consents(ProfileState(consent={anchor: {"ads": d} for anchor, d in given_on.items()}, links=links))
    assert decided == {"ads": "granted" if expected else "refused"}


def test_a_grant_made_before_two_histories_met_widens_nothing_in_any_order() -> None:
    def on(who: dict[str, Any], day: float, choice: bool | None = None) -> Event:
        preferences = {} if choice is None else {"consent": {"categoryPreferences": {"ads": choice}}}
        return make_event({**who, "event": "Seen", "context": preferences}, day)

    refused = on({"userId": "a"}, 1, False)
    first_link = on({"userId": "a", "traits": {"email": "b@x.com"}}, 3)
    granted = on({"anonymousId": "c"}, 3.5, True)
    second_link = on({"anonymousId": "c", "traits": {"email": "b@x.com"}}, 4)
    for order in permutations([refused, first_link, granted, second_link]):
        (person,) = Cdp().take(order).live
        assert consents(person.state) == {"ads": "refused"}


def test_two_decisions_at_the_same_moment_are_a_refusal() -> None:
    yes, no = Decision("granted", "1", "m2", "s"), Decision("refused", "1", "m1", "s")
    assert consent.later(yes, no) == consent.later(no, yes) == no
