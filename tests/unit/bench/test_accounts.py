"""Items that DynamoDB Local is asked about: some of every kind, and a word where it can't be asked."""

import pickle
from typing import Any

import pytest

from bench import accounts
from shared.aws.dynamo import to_attributes
from tests.contract.dynamodb_local import server


def held(*keys: tuple[str, str]) -> Any:
    return {"profiles": {(pk, sk): pickle.dumps(to_attributes({"pk": pk, "sk": sk})) for pk, sk in keys}}


def test_some_items_of_each_kind_are_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "MOST", 2)
    found = accounts.kinds(held(("p1", "P"), ("p2", "P"), ("p3", "P"), ("i1", "I")))
    assert {kind: len(items) for kind, items in found.items()} == {
        ("profiles", "profile"): 2,
        ("profiles", "identifier"): 1,
    }


def test_without_java_the_table_says_that_it_was_left_out_and_what_mends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "has_java", lambda: False)
    table = accounts.accounts(held(("p1", "P")))
    assert table.rows == ()
    assert table.note.startswith("Left out here: DynamoDB Local needs Java")
