"""What says the same as JSON."""

from typing import Any

import pytest

from shared.domain.maps import is_same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": [1, {"b": True}]}, {"a": [1.0, {"b": True}]}, True),
        ({"a": [1, {"b": True}]}, {"a": [1, {"b": 1}]}, False),
        ({"a": 0}, {"a": False}, False),
        ({"a": None}, {}, False),
        ([1, 2], [1], False),
        ((1, 2), [1, 2], True),
        ("1", 1, False),
    ],
)
def test_true_is_not_1_however_deep_it_lies(one: Any, other: Any, same: bool) -> None:
    assert is_same(one, other) is same
