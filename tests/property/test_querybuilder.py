"""What react-querybuilder can say of a condition it says without loss."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.flaws import Flaw
from shared.domain.segments.definition import (
    Amount,
    Condition,
    Filter,
    Group,
    OfComputed,
    OfConsent,
    OfEvents,
    OfIdentifier,
    OfSegment,
    OfTrait,
)
from shared.domain.segments.querybuilder import condition_of
from shared.domain.segments.querybuilder_export import query_of

TEXT = st.text(min_size=1, max_size=12)
NUMBERS = st.integers(-(10**12), 10**12) | st.floats(-1e12, 1e12)
VALUES: dict[str, Any] = {
    "text": st.tuples(st.sampled_from(["eq", "ne", "contains", "starts_with", "ends_with"]), TEXT)
    | st.tuples(st.sampled_from(["in", "not_in"]), st.lists(TEXT, min_size=1, max_size=3).map(tuple)),
    "number": st.tuples(st.sampled_from(["eq", "ne", "lt", "lte", "gt", "gte"]), NUMBERS)
    | st.tuples(st.just("between"), st.tuples(NUMBERS, NUMBERS).map(sorted).map(tuple)),
    "boolean": st.tuples(st.sampled_from(["eq", "ne"]), st.booleans()),
    "time": st.tuples(st.sampled_from(["lt", "gte"]), st.just("2026-11-01T00:00:00+09:00")),
    "list": st.tuples(st.just("contains"), TEXT | NUMBERS | st.booleans()),
}
PRESENCE = st.tuples(st.sampled_from(["exists", "missing"]), st.none())


def comparisons(kind: Any, prefix: str = "") -> st.SearchStrategy[Any]:
    """A field has one type, so its name says it."""

    def of(value_type: str) -> st.SearchStrategy[Any]:
        said = VALUES[value_type] | PRESENCE
        return said.map(lambda one: kind(f"{prefix}{value_type}", value_type, *one))

    return st.sampled_from(sorted(VALUES)).flatmap(of)


COUNTS = st.builds(Amount, st.sampled_from(["gte", "lte", "eq"]), st.integers(1, 9)) | st.none()
FILTERS = st.lists(comparisons(Filter, "properties."), max_size=3).map(tuple)
LEAVES = st.one_of(
    comparisons(OfTrait, "computed."),
    comparisons(OfComputed),
    st.builds(OfIdentifier, st.sampled_from(["email", "loyalty_card"]), st.booleans()),
    st.builds(OfConsent, st.just("ads"), st.sampled_from(["granted", "refused", "unknown"])),
    st.builds(OfSegment, st.sampled_from(["vip", "big"]), st.booleans()),
    st.builds(OfEvents, st.sampled_from(["Order Completed", "", "a.b"]), COUNTS, where=FILTERS),
)


def groups(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.builds(Group, st.sampled_from(["and", "or"]), st.lists(inner, min_size=1, max_size=3).map(tuple))
    return several | st.builds(Group, st.just("not"), st.tuples(inner))


CONDITIONS = st.recursive(LEAVES, groups, max_leaves=6)


@settings(max_examples=100, deadline=None)
@given(CONDITIONS)
def test_a_condition_is_the_same_after_a_way_through_react_querybuilder(condition: Condition) -> None:
    exported = query_of(condition)
    assert not isinstance(exported, list), exported
    query, fields = json.loads(json.dumps(exported))
    found = condition_of(query, fields)
    if isinstance(found, list):
        assert {flaw.message for flaw in found} == {"It is nested too deep."}
        return
    assert found == condition


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["combinator", "rules", "not", "field", "operator", "value", "match", "mode", "valueSource"]
            ),
            inner | st.sampled_from(["and", "=", "in", "event.x", "segment.s", "between", "some"]),
            max_size=5,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=100, deadline=None)
@given(JSON, JSON | st.none())
def test_whatever_comes_is_a_condition_or_is_refused_with_its_place(query: Any, declared: Any) -> None:
    found = condition_of(query, declared)
    if isinstance(found, list):
        assert found
        assert all(isinstance(one, Flaw) and one.message and one.fix for one in found)
