"""The door to the suppressions: strong, repeatable, and asked under every key there ever was."""

import pytest

from shared.aws import clients
from shared.domain.identifiers import Identifier
from shared.domain.suppression import HOLDS
from shared.domain.suppression_keys import SuppressionKeys
from shared.stores.contention import ContentionError
from shared.stores.suppression_store import SuppressionStore
from shared.stores.tables import SUPPRESSIONS
from tests.contract.conftest import Dynamo
from tests.faults import Failing, client_error

OLD = SuppressionKeys("1", {"1": "old"})
JANE, U1 = Identifier("email", "jane@example.com"), Identifier("user_id", "u1")
T1, T2, T3, T4 = (f"2026-11-2{day}T09:30:00.000Z" for day in "1234")


def test_a_suppression_is_put_lifted_and_put_again_and_a_repeat_of_any_of_these_changes_nothing(dynamo: Dynamo) -> None:
    store = SuppressionStore(dynamo.table(SUPPRESSIONS), lambda: OLD)
    assert store.look_up([JANE, U1]) == {}
    assert store.lift([JANE], T1) == set()
    for _ in range(2):
        store.put([JANE], T1, "r1")
        assert store.look_up([JANE, U1, JANE]) == {JANE: HOLDS}
    assert store.lift([JANE, U1], T2) == {JANE}
    assert store.lift([JANE], T3) == set(), "it is lifted from the first time on"
    store.put([JANE], T1, "r1")
    assert store.look_up([JANE]) == {JANE: T2}, "a step of the old erasure that comes again undoes no lift"
    store.put([JANE], T4, "r2")
    assert store.look_up([JANE]) == {JANE: HOLDS}
    assert store.lift([JANE], T3) == set(), "nobody lifts what began later"
    (item,) = dynamo.items(SUPPRESSIONS)
    assert item.keys() == {"pk", "sk", "v", "erased_at", "request_id"}
    assert "jane" not in str(item)


def test_a_new_key_finds_those_who_were_suppressed_under_an_old_one_and_lifts_both(dynamo: Dynamo) -> None:
    table = dynamo.table(SUPPRESSIONS)
    SuppressionStore(table, lambda: OLD).put([JANE], T1, "r1")
    store = SuppressionStore(table, lambda: SuppressionKeys("2", {"1": "old", "2": "new"}))
    assert store.look_up([JANE]) == {JANE: HOLDS}
    store.put([JANE, U1], T2, "r2")
    assert len(dynamo.items(SUPPRESSIONS)) == 3
    assert store.lift([JANE], T3) == {JANE}
    assert store.look_up([JANE, U1]) == {JANE: T3, U1: HOLDS}


def test_who_can_not_know_is_told_so(dynamo: Dynamo, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SuppressionStore(dynamo.table(SUPPRESSIONS), lambda: OLD)
    throttled = Failing(clients.dynamodb(), "batch_get_item", client_error("ThrottlingException"))
    monkeypatch.setattr(clients, "_client", lambda _: throttled)
    with pytest.raises(ContentionError):
        store.look_up([JANE])
