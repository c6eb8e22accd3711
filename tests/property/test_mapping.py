"""For any rules and any JSON: a mapping never crashes, and loses nothing but what it drops."""

import json
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.records import element
from shared.domain.fields import is_blank
from shared.domain.mapping import Mapped, Mapping, apply, problems
from shared.domain.validation import Refusal
from tests.property.test_events import ELEMENTS, JSON

NAMES = st.sampled_from(["a", "b", "userId", "properties", "traits", "context", "event", "type", "a.b"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(".".join)
MOVES = st.fixed_dictionaries({"op": st.just("rename"), "from": PATHS, "to": PATHS})
DEFAULTS = st.fixed_dictionaries({"op": st.just("default"), "field": PATHS, "value": JSON})
CASTS = st.fixed_dictionaries(
    {
        "op": st.just("cast"),
        "field": PATHS,
        "as": st.sampled_from(["text", "integer", "number", "boolean", "time"]) | JSON,
    },
    optional={
        "format": st.sampled_from(["iso", "%Y", "%Y%m%d", "epoch_seconds"]) | JSON,
        "zone": st.sampled_from(["Asia/Seoul"]) | JSON,
    },
)
DROPS = st.fixed_dictionaries({"op": st.just("drop"), "field": PATHS}, optional={"events": JSON})
RULES = st.lists(MOVES | DEFAULTS | CASTS | DROPS | JSON, max_size=5)
VALUES = st.integers() | st.text("ab ", max_size=3) | st.none()
TREES = st.recursive(
    st.dictionaries(NAMES, VALUES, max_size=4),
    lambda inner: st.dictionaries(NAMES, inner | VALUES, max_size=4),
    max_leaves=8,
)


def leaves(value: Any) -> Iterator[str]:
    """Every value that says something."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif not is_blank(value):
        yield json.dumps(value)


@given(RULES, ELEMENTS | TREES)
def test_a_mapping_never_crashes_and_changes_nothing_it_is_given(rules: list[Any], value: Any) -> None:
    item = element(value).value
    before = deepcopy(item)
    mapping = Mapping("m", "M", tuple(rules))
    result = apply(mapping, item)
    assert isinstance(result, Mapped | Refusal)
    assert item == before
    if problems(mapping):
        assert isinstance(result, Refusal)
    elif isinstance(result, Mapped):
        json.dumps(result.element, allow_nan=False)


@given(st.lists(MOVES | DEFAULTS, max_size=5), TREES)
def test_no_value_is_lost_without_a_drop(rules: list[Any], tree: dict[str, Any]) -> None:
    mapping = Mapping("m", "M", tuple(rules))
    result = apply(mapping, tree)
    if isinstance(result, Mapped):
        assert Counter(leaves(tree)) - Counter(leaves(result.element)) == Counter()


@given(st.lists(MOVES, max_size=4), TREES)
def test_a_value_is_there_once_however_often_it_is_renamed(rules: list[Any], tree: dict[str, Any]) -> None:
    result = apply(Mapping("m", "M", tuple(rules)), tree)
    if isinstance(result, Mapped):
        assert Counter(leaves(result.element)) == Counter(leaves(tree))
