"""What the door to the pace of destinations promises: processes that ask at once are one after the other."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.aws import clients
from shared.stores.contention import ContentionError
from shared.stores.tables import LEDGER
from shared.stores.turn_store import TurnStore
from tests.contract.conftest import Dynamo
from tests.faults import Failing, client_error
from tests.interleaving.exploring import Exploration
from tests.interleaving.stitching import replaying
from tests.interleaving.workers import Worker

NOW = datetime(2100, 1, 1, tzinfo=UTC)
"""Ahead: what is past its `ttl` may be gone at any time."""


def test_processes_that_ask_at_once_never_exceed_the_rate_and_everybody_gets_an_answer(dynamo: Dynamo) -> None:
    table, gone, turns_given = dynamo.table(LEDGER), Counter[int](), list[float]()
    for second in range(3):
        now = NOW + timedelta(seconds=second)
        with ThreadPoolExecutor(4) as pool:
            found = [*pool.map(lambda _, at=now: TurnStore(table).take("crm", [False] * 3, 10, at), range(8))]
        answers = [answer for each in found for answer in each]
        assert len(answers) == 24
        gone[second] += answers.count(None)
        turns_given += [answer for answer in answers if answer is not None]
    assert gone == {0: 10, 1: 0, 2: 0}  # the others would go ahead of who waits
    assert len(set(turns_given)) == len(turns_given) == 62
    assert max(Counter(map(int, turns_given)).values()) == 10
    assert TurnStore(table).take("other", [False], 1, NOW) == [None]


@pytest.mark.parametrize("has_waited", [False, True])
def test_in_every_interleaving_three_processes_take_as_if_one_had_been_after_the_other(
    has_waited: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(_: Any) -> None:
        TurnStore("ledger").take("crm", [has_waited] * 2, 4, NOW)

    workers = [Worker(name, run, ()) for name in "abc"]
    outcomes = [*Exploration(replaying(monkeypatch), workers).outcomes({"ledger": {}})]
    now = int(NOW.timestamp())
    found = [item["pace"]["S"] for one in outcomes for item in one.tables["ledger"].values()]
    assert found == [f"[{now}, 4, {now * 1000 + 1500}, 4]"]  # four went, and two wait half a second each


@pytest.mark.parametrize("operation", ["get_item", "put_item"])
def test_where_dynamodb_is_busy_nobody_is_told_that_they_may_go(
    dynamo: Dynamo, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = Failing(clients.dynamodb(), operation, client_error("ThrottlingException"))
    for module in ("shared.aws.dynamo", "shared.stores.turn_store"):
        monkeypatch.setattr(f"{module}.dynamodb", lambda: busy)
    with pytest.raises(ContentionError):
        TurnStore(dynamo.table(LEDGER)).take("crm", [False], 1, NOW)
    assert busy.calls == 1
