"""A dry run of identity rules decides as the live path does, whatever comes in whatever order."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from shared.domain.events import Event
from shared.domain.identity_dry_run import NOBODY, History, Seen, compare, decide_all
from shared.domain.identity_rules import RULES, IdentityRules, Limit
from tests.dry_runs import held, history
from tests.people import Cdp, make_event

FIELDS = {"userId": ["u1", "u2", "u3"], "anonymousId": ["a1", "a2", "a3", "a4"], "email": ["x@x.com", "y@x.com"]}


@st.composite
def histories(draw: DrawFn) -> list[Event]:
    """Events of few people on few devices, some late, some that name nobody."""
    events = []
    for number in range(draw(st.integers(0, 14))):
        body: dict[str, Any] = {}
        for field, values in FIELDS.items():
            if value := draw(st.sampled_from([None, *values])):
                body |= {"properties": {field: value}} if field == "email" else {field: value}
        if draw(st.integers(0, 9)) == 0 and "userId" in body:
            body |= {"type": "alias", "previousId": draw(st.sampled_from(["u1", "u2", "a1"]))}
        events.append(make_event(body, draw(st.integers(0, 40)) / 2, f"m{number}"))
    return events


rules = st.builds(
    IdentityRules,
    limits=st.fixed_dictionaries(
        {
            "user_id": st.builds(Limit, st.integers(1, 2)),
            "email": st.builds(Limit, st.integers(1, 2)),
            "anonymous_id": st.builds(Limit, st.integers(1, 3), st.sampled_from([0, 3])),
        }
    ),
    priority=st.permutations(["user_id", "email", "anonymous_id"]).map(tuple),
    never_merge=st.sampled_from([(), ("email",), ("anonymous_id",)]),
    most_identifiers=st.sampled_from([3, 1000]),
)


def seen(events: list[Event]) -> History:
    return history([Seen(event.time, event.identifiers) for event in events])


@settings(max_examples=400, deadline=None)
@given(histories(), rules)
def test_a_dry_run_decides_who_is_who_as_stitching_does(events: list[Event], tried: IdentityRules) -> None:
    cdp, outcome = Cdp(tried).take(events), decide_all(seen(events), tried)
    assert held(outcome) == sorted(sorted(p.identifiers) for p in cdp.live)
    folded = [cdp.people.owner_of(e.anchor, e.time) if e.anchor else None for e in events]
    live = [p.id if p else NOBODY for p in folded]
    assert (
        len({*zip(live, outcome.person_of.tolist(), strict=True)}) == len({*live}) == len({*outcome.person_of.tolist()})
    )


@settings(max_examples=100, deadline=None)
@given(histories(), rules, rules)
def test_the_numbers_of_a_dry_run_add_up(events: list[Event], one: IdentityRules, other: IdentityRules) -> None:
    today, then = decide_all(seen(events), one), decide_all(seen(events), other)
    forth, back = compare(today, then), compare(then, today)
    assert (forth.merging, forth.merged) == (back.split, back.splitting)
    assert forth.people == back.people[::-1]
    same = compare(today, decide_all(seen(events), one))
    assert (same.merging, same.splitting, same.people[0]) == (0, 0, same.people[1])


def test_the_rules_that_ship_are_among_those_that_a_dry_run_takes() -> None:
    events = [make_event({"userId": user, "anonymousId": "a1"}, day) for day, user in enumerate(["u1", "u2"])]
    assert decide_all(seen(events), RULES).kept_apart.keys() == {"contested"}
