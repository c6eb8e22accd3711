"""What must hold of canonical fields and sums for anything that JSON can hold."""

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.canonical import Canonical
from shared.domain.amounts import amount_of
from shared.domain.canonical import FREE_TEXT, canonical_of
from shared.domain.state import ProfileState, fold, from_json, to_json, unite
from tests.people import make_event

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)
NAMES = st.sampled_from([
    "sessionId", "session", "session_id", "id", "campaign", "name", "page", "search", "url", "referrer", "channel",
    "library", "touchpoint", "location", "geo", "latitude", "city", "store", "revenue", "total", "value", "price",
    "quantity", "currency", "Actions Amplitude", *FREE_TEXT,
])  # fmt: skip
ADDRESSES = st.text("?#&=%utm_sourceid[/:", max_size=30)
HOLDERS = st.dictionaries(NAMES, JSON | ADDRESSES | st.dictionaries(NAMES, JSON | ADDRESSES, max_size=3), max_size=6)
BODIES = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "page", "identify"]), "event": st.just("Seen"), "userId": st.just("u1")},
    optional={"context": HOLDERS | JSON, "properties": HOLDERS | JSON, "integrations": HOLDERS | JSON, "channel": JSON},
)


@given(BODIES)
def test_canonical_fields_of_any_json_are_read_without_a_crash(body: dict[str, Any]) -> None:
    found = Canonical.model_validate(canonical_of(make_event(body, message_id="m1")))
    assert Canonical.model_validate_json(found.model_dump_json()) == found
    assert None not in found.model_dump().values()


@given(st.decimals("-999999999999999", "999999999999999", places=4), st.sampled_from([str, float, int]))
def test_an_amount_is_the_number_that_was_sent(number: Decimal, sent_as: type) -> None:
    sent = sent_as(number)
    amount = amount_of(make_event({"event": "A", "userId": "u1", "properties": {"total": sent}}, message_id="m1"))
    assert amount is not None
    assert amount.value == Decimal(str(sent)).quantize(Decimal("0.0001"))
    assert amount.value.as_tuple().exponent == -4


@given(st.lists(st.tuples(st.sampled_from(["KRW", "USD", None]), SCALARS, st.booleans()), max_size=8), st.data())
def test_sums_are_the_same_in_any_order_and_cut_into_any_parts(sales: list[tuple[Any, ...]], data: Any) -> None:
    events = [
        make_event({"event": "A", "userId": "u1", "properties": {"total": v, "currency": c}}, message_id=f"m{n}")
        for n, (c, v, _) in enumerate(sales)
    ]
    one, other = ProfileState(), ProfileState()
    for event, (_, _, first) in zip(events, sales, strict=True):
        one, other = (fold(one, event, ()), other) if first else (one, fold(other, event, ()))
    whole = ProfileState()
    for event in data.draw(st.permutations(events)):
        whole = fold(whole, event, ())
    assert to_json(unite(one, other)) == to_json(unite(other, one)) == to_json(whole)
    assert to_json(from_json(to_json(whole))) == to_json(whole)
    assert from_json(to_json(whole)) == whole
    exact: dict[str, Fraction] = defaultdict(Fraction)
    for amount in filter(None, map(amount_of, events)):
        exact[amount.currency] += Fraction(amount.value)
    assert (whole.events["A"].sums if events else {}) == exact
