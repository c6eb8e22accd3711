"""What events connect, and which of it no identity rule can touch."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import identity_dry_run
from shared.domain.components import connected
from shared.domain.identifiers import Identifier
from shared.domain.identity_dry_run import Seen, decide_all
from shared.domain.identity_rules import RULES, IdentityRules, Limit
from tests.dry_runs import held, history
from tests.people import hashed


def ids(*named: str) -> list[Identifier]:
    return [Identifier(*one.split(":")) for one in named]


EVENTS = [
    [hashed(one) for one in ids(*named)]
    for named in (
        ("anonymous_id:a1", "device:d1"),
        ("user_id:u1", "email:e1"),
        ("anonymous_id:a1", "email:e1"),
        ("user_id:u2", "email:e2"),
        ("user_id:u3", "email:e2"),
    )
]


SEEN = [Seen("2026-11-21T09:00:00.000Z", tuple(identifiers)) for identifiers in EVENTS]


def are_touched(rules: IdentityRules, events: Sequence[Seen] = SEEN) -> list[bool]:
    """Of the events, whether a rule can touch what they connect."""
    found = history(events)
    touched = found.identifiers.touched(found.identifiers.roots(), rules)
    return [bool(one) for one in touched[found.anchors]]


def test_identifiers_are_connected_over_any_number_of_events_and_apart_from_others() -> None:
    roots = history(SEEN).identifiers.roots()
    assert sorted(Counter(roots.tolist()).values()) == [3, 4]


@given(st.data(), st.integers(1, 40))
def test_the_root_of_an_identifier_is_the_lowest_that_edges_lead_to(data: st.DataObject, size: int) -> None:
    ends = st.lists(st.tuples(*[st.integers(0, size - 1)] * 2), max_size=60)
    edges = data.draw(ends)
    expected = list(range(size))
    for _ in range(size):
        for one, other in edges:
            expected[one] = expected[other] = min(expected[one], expected[other])
    one, other = (np.array([edge[end] for edge in edges], np.int32) for end in (0, 1))
    assert connected(one, other, size).tolist() == expected


def test_a_component_is_touched_where_all_of_it_would_break_a_limit() -> None:
    assert are_touched(RULES) == [False, False, False, True, True]
    assert not any(are_touched(IdentityRules(limits={"user_id": Limit(2)})))


@pytest.mark.parametrize("rules", [IdentityRules(never_merge=("device",)), IdentityRules(most_identifiers=3)])
def test_a_component_is_touched_where_one_never_merges_or_it_is_too_large(rules: IdentityRules) -> None:
    assert are_touched(rules)[0]


def test_a_component_is_touched_where_an_alias_names_a_user_id_that_nobody_may_have_yet() -> None:
    alias = Seen("2026-11-21T09:00:00.000Z", tuple(hashed(one) for one in ids("user_id:u8", "user_id:u9")))
    assert are_touched(IdentityRules(limits={"user_id": Limit(2)}), [alias]) == [True]


def test_only_what_a_rule_touches_is_decided_event_by_event(monkeypatch: pytest.MonkeyPatch) -> None:
    decided: list[Seen] = []
    real = identity_dry_run._person
    monkeypatch.setattr(
        identity_dry_run, "_person", lambda people, seen, *more: decided.append(seen) or real(people, seen, *more)
    )
    outcome = decide_all(history(SEEN), RULES)
    assert decided == SEEN[3:]
    assert sorted(map(len, held(outcome))) == [1, 2, 4]
    assert outcome.person_of[0] == outcome.person_of[1] == outcome.person_of[2]
