"""A batch as large as the mapping gives: requests are split as DynamoDB takes them, and everybody is folded once."""

from dataclasses import replace

import pytest

from shared.domain.identity_rules import RULES
from tests.interleaving.stitching import after, everybody, stand_still
from tests.people import make_event

MOST = 2_500
FEW_OF_ALL = 800


def test_a_full_batch_is_folded_whole_also_who_needs_more_writes_than_a_transaction_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stand_still(monkeypatch)
    bodies = [{"userId": f"u{n % FEW_OF_ALL}", "anonymousId": f"a{n % FEW_OF_ALL}"} for n in range(MOST - 70)]
    bodies += [{"userId": "busy", "anonymousId": f"device{n}"} for n in range(70)]
    events = [make_event({**body, "event": "Seen"}, 1, f"m{n}") for n, body in enumerate(bodies)]
    found = everybody(after(events, rules=replace(RULES, limits={})))
    assert sum(person.state.event_count for person in found) == MOST
    assert len(found) == FEW_OF_ALL + 1
    versions = {person.version for person in found}
    assert versions == {1, 2}, "whoever has 70 new identifiers is written in halves, everybody else once"
