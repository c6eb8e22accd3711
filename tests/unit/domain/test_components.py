"""What events connect, and which of it no identity rule can touch."""

import pytest

from shared.domain import identity_dry_run
from shared.domain.components import connected
from shared.domain.identifiers import Identifier
from shared.domain.identity_dry_run import Seen, decide_all
from shared.domain.identity_rules import RULES, IdentityRules, Limit
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


def roots(rules: IdentityRules) -> tuple[int, int, bytearray]:
    """Of those around a1 and around e2; and which are touched."""
    components = connected(EVENTS)
    first, second = (components.root(EVENTS[number][0].hash) for number in (0, 3))
    return first, second, components.touched(rules)


def test_identifiers_are_connected_over_any_number_of_events_and_apart_from_others() -> None:
    components = connected(EVENTS)
    groups: dict[int, int] = {}
    for _, root in components.members():
        groups[root] = groups.get(root, 0) + 1
    assert sorted(groups.values()) == [3, 4]


def test_a_component_is_touched_where_all_of_it_would_break_a_limit() -> None:
    first, second, touched = roots(RULES)
    assert (touched[first], touched[second]) == (0, 1)
    _, _, touched = roots(IdentityRules(limits={"user_id": Limit(2)}))
    assert not any(touched)


@pytest.mark.parametrize("rules", [IdentityRules(never_merge=("device",)), IdentityRules(most_identifiers=3)])
def test_a_component_is_touched_where_one_never_merges_or_it_is_too_large(rules: IdentityRules) -> None:
    first, _, touched = roots(rules)
    assert touched[first] == 1


def test_only_what_a_rule_touches_is_decided_event_by_event(monkeypatch: pytest.MonkeyPatch) -> None:
    decided: list[Seen] = []
    real = identity_dry_run._person
    monkeypatch.setattr(
        identity_dry_run, "_person", lambda people, seen, *more: decided.append(seen) or real(people, seen, *more)
    )
    events = [Seen("2026-11-21T09:00:00.000Z", tuple(identifiers)) for identifiers in EVENTS]
    outcome = decide_all(lambda: events, RULES)
    assert decided == events[3:]
    assert sorted(map(len, outcome.identifiers.values())) == [1, 2, 4]
    assert outcome.person_of[0] == outcome.person_of[1] == outcome.person_of[2]
