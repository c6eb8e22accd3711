"""What must hold for any events through the real store: the same people byte for byte, and nothing for a rebuild."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from shared.domain import profiles
from shared.domain.events import Event
from shared.domain.identity_rules import RULES, IdentityRules, Limit
from tests.fakes.dynamo import FakeDynamo
from tests.fakes.parts import Answer, Request, Tables
from tests.interleaving.stitching import after, check, content, stand_still
from tests.people import Cdp, contents, make_event
from tests.property.test_profiles import UNPROTECTED, bodies, histories

FIXTURES_STAND_STILL = [HealthCheck.function_scoped_fixture]


@pytest.fixture(autouse=True)
def few_are_remembered_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that most anchors are busy: what their people remember lies in buckets."""
    stand_still(monkeypatch)
    monkeypatch.setattr(profiles, "MOST_INSIDE", 2)
    monkeypatch.setattr(profiles, "PART", 2)


@st.composite
def batches(draw: DrawFn, events: list[Event]) -> list[list[Event]]:
    """The events in any order, some of them repeated, cut anywhere."""
    repeated = events + [event for event in events if draw(st.booleans())]
    draw(st.randoms(use_true_random=False)).shuffle(repeated)
    cuts = sorted(draw(st.sets(st.integers(1, max(1, len(repeated))), max_size=5)) | {0, len(repeated)})
    return [repeated[start:end] for start, end in pairwise(cuts)]


@settings(max_examples=60, deadline=None, suppress_health_check=FIXTURES_STAND_STILL)
@given(histories(), st.data())
def test_any_order_repetition_and_batching_is_stored_as_the_same_people(events: list[Event], data: Any) -> None:
    tables = after(*data.draw(batches(events)), rules=UNPROTECTED)
    assert content(tables) == contents(Cdp(UNPROTECTED).take(events).live)
    check(tables, events)


@settings(max_examples=60, deadline=None, suppress_health_check=FIXTURES_STAND_STILL)
@given(histories(), st.sampled_from([UNPROTECTED, RULES]), st.randoms(use_true_random=False), st.data())
def test_reads_that_need_not_be_strong_may_answer_as_of_any_time(
    events: list[Event], rules: IdentityRules, random: Any, data: Any
) -> None:
    came = data.draw(batches(events))
    with pytest.MonkeyPatch.context() as patch:
        lagging(patch, random.choice)
        late = after(*came, rules=rules)
    assert content(late) == content(after(*came, rules=rules))
    check(late, events)


def lagging(patch: pytest.MonkeyPatch, choice: Callable[[list[Tables]], Tables]) -> None:
    """What isn't read strongly is read as it stood after any write."""
    at_once, stood = FakeDynamo.call, list[Tables]()

    def call(self: FakeDynamo, operation: str, request: Request) -> Answer:
        wanted = request.get("RequestItems", {}).values() if operation == "BatchGetItem" else ()
        if wanted and stood and not any(one["ConsistentRead"] for one in wanted):
            return at_once(FakeDynamo(choice(stood)), operation, request)
        answer = at_once(self, operation, request)
        stood.extend([] if operation in ("BatchGetItem", "Query") else [{n: {**t} for n, t in self.tables.items()}])
        return answer

    patch.setattr(FakeDynamo, "call", call)


@st.composite
def aliases(draw: DrawFn) -> Event:
    """Somebody was called something else before."""
    before = draw(st.sampled_from(["a1", "a2", "u1", "u2", "nobody"]))
    body = {
        **draw(bodies()),
        "type": "alias",
        "userId": draw(st.sampled_from(["u1", "u2", "u3"])),
        "previousId": before,
    }
    return make_event(body, draw(st.integers(0, 30)) / 2)


@st.composite
def rules(draw: DrawFn) -> IdentityRules:
    """Tight ones, so that most histories break some."""
    most = st.integers(1, 2)
    limits = {namespace: Limit(draw(most), draw(st.sampled_from([0, 7]))) for namespace in ("email", "anonymous_id")}
    limits |= {"user_id": Limit(1), "device_id": Limit(2, 7)}
    never = draw(st.sampled_from([(), ("device_id",), ("anonymous_id", "email")]))
    return replace(RULES, limits=limits, never_merge=never, most_identifiers=draw(st.integers(3, 9)))


@settings(max_examples=120, deadline=None, suppress_health_check=FIXTURES_STAND_STILL)
@given(histories(), st.lists(aliases(), max_size=3), rules(), st.data())
def test_whatever_the_rules_break_nothing_is_lost_and_a_rebuild_changes_nothing(
    events: list[Event], aliases: list[Event], rules: IdentityRules, data: Any
) -> None:
    check(after(*data.draw(batches([*events, *aliases])), rules=rules), [*events, *aliases])
