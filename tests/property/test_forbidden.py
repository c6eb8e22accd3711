"""For any JSON at all: no forbidden number is left, nothing else is touched, and masking again changes nothing."""

import json
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.records import element
from shared.domain.forbidden import masked
from shared.domain.forbidden_numbers import LOOKS_LIKE, spans
from tests.property.test_events import ELEMENTS

NUMBERS = st.sampled_from(
    ["900101-1234567", "9001011234568", "4111 1111 1111 1111", "4111111111111111", "3782-822463-10005"]
) | st.just("５５５５－５５５５－５５５５－４４４４")
TEXTS = st.lists(NUMBERS | st.text("0123456789 -.,a한", max_size=20), max_size=4).map("".join)
VALUES = TEXTS | st.integers(10**12, 10**19) | st.integers(10**12, 10**16).map(float)
DIRTY = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8
)
EVENTS = st.fixed_dictionaries(
    {"type": st.just("track"), "messageId": st.just("m1")},
    optional={"event": TEXTS, "userId": TEXTS, "properties": DIRTY, "traits": DIRTY, "context": DIRTY, "other": DIRTY},
)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


@given(EVENTS | DIRTY)
def test_no_forbidden_number_is_left_outside_of_identifiers(value: Any) -> None:
    item = element(value)
    clean, _ = masked(item.value, item.text)
    left = {name: kept for name, kept in clean.items() if name != "userId"} if isinstance(clean, dict) else clean
    assert [text for text in texts(left) if list(spans(text))] == []


@given(EVENTS | ELEMENTS | DIRTY)
def test_masking_again_changes_nothing(value: Any) -> None:
    item = element(value)
    clean, found = masked(item.value, item.text)
    json.dumps(clean, allow_nan=False)
    again = masked(clean, element(clean).text)
    assert again.value is clean
    assert again.found == ()
    assert bool(found) == (clean is not item.value)


@given(EVENTS | DIRTY)
def test_what_the_one_look_at_the_text_lets_pass_holds_no_number(value: Any) -> None:
    item = element(value)
    if not LOOKS_LIKE.search(item.text):
        assert [text for text in texts(item.value) if list(spans(text))] == []


@given(ELEMENTS)
def test_any_json_is_masked_without_a_crash(value: Any) -> None:
    item = element(value)
    masked(item.value, item.text)


@given(st.text("0123456789 -", max_size=40))
def test_the_rest_of_a_text_stays_as_it_was(text: str) -> None:
    clean, _ = masked(text, element(text).text)
    assert re.fullmatch(".*".join(re.escape(part) for part in re.split(r"\[[a-z_]+\]", clean)), text)
