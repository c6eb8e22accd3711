"""A batch of a stream ends as Lambda would end it."""

import time
from typing import Any

import pytest

from local.emulator.patches.retries import Batch, Failed, Policy, Record, policy_of, read_answer, settle


def records(*numbers: int) -> list[Record]:
    return [{"kinesis": {"sequenceNumber": str(n), "approximateArrivalTimestamp": time.time()}} for n in numbers]


def numbers(batch: list[Record]) -> list[int]:
    return [int(record["kinesis"]["sequenceNumber"]) for record in batch]


class Function:
    """Raises on the poison records, and answers with the failing ones."""

    def __init__(self, poison: tuple[int, ...] = (), failing: tuple[int, ...] = ()) -> None:
        self.poison, self.failing = poison, failing
        self.seen: list[list[int]] = []
        self.given_up: list[tuple[list[int], int, str]] = []
        self.waits: list[int] = []

    def invoke(self, batch: list[Record]) -> Failed | None:
        self.seen.append(numbers(batch))
        if set(self.poison) & set(self.seen[-1]):
            return Failed(first=0, by_error=True)
        failures = [{"itemIdentifier": str(n)} for n in self.seen[-1] if n in self.failing]
        return read_answer({"batchItemFailures": failures}, batch, partial=True)

    def give_up(self, batch: Batch, condition: str) -> None:
        self.given_up.append((numbers(batch.records), batch.invocations, condition))

    def drive(self, batch: list[Record], **settings: Any) -> None:
        settle(batch, policy_of(settings), self.invoke, self.give_up, self.waits.append)


def test_every_record_around_a_poison_one_is_taken() -> None:
    function = Function(poison=(5,))
    function.drive(records(*range(8)), BisectBatchOnFunctionError=True, MaximumRetryAttempts=1)
    assert function.given_up == [([5], 2, "RetryAttemptsExhausted")]
    taken = [number for batch in function.seen if 5 not in batch for number in batch]
    assert sorted(taken) == [0, 1, 2, 3, 4, 6, 7]


def test_the_order_of_a_shard_is_kept_while_a_batch_is_split() -> None:
    function = Function(poison=(1,))
    function.drive(records(0, 1, 2, 3), BisectBatchOnFunctionError=True, MaximumRetryAttempts=0)
    assert function.seen == [[0, 1, 2, 3], [0, 1], [0], [1], [2, 3]]


def test_a_partial_answer_is_tried_again_from_its_first_failure_and_then_given_up_whole() -> None:
    function = Function(failing=(2, 3))
    function.drive(records(0, 1, 2, 3, 4), MaximumRetryAttempts=1, BisectBatchOnFunctionError=True)
    assert function.seen == [[0, 1, 2, 3, 4], [2, 3, 4]]
    assert function.given_up == [([2, 3, 4], 2, "RetryAttemptsExhausted")]
    assert function.waits == [1]


def test_no_retries_means_one_invocation() -> None:
    function = Function(poison=(0,))
    function.drive(records(0), MaximumRetryAttempts=0)
    assert function.seen == [[0]]


@pytest.mark.parametrize(
    ("answer", "partial"), [(None, True), ({}, True), ("", True), ({"batchItemFailures": None}, True)]
)
def test_an_empty_answer_is_a_success(answer: Any, partial: bool) -> None:
    assert read_answer(answer, records(1), partial) is None


@pytest.mark.parametrize("identifier", ["", None, "unknown"])
def test_an_identifier_that_is_not_of_the_batch_fails_all_of_it(identifier: str | None) -> None:
    answer = {"batchItemFailures": [{"itemIdentifier": identifier}]}
    assert read_answer(answer, records(1, 2), partial=True) == Failed(first=0, by_error=False)


def test_a_mapping_without_settings_is_tried_for_ever() -> None:
    assert policy_of({}) == Policy(tries=None, oldest_seconds=None, bisects=False, partial=False)
