"""For any JSON at all: an element is judged and never crashes, a record comes out as it went in, keys stay the same."""

import gzip
import json
import random
from contextlib import suppress
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from shared.contracts.records import Record, UndecodableError, decode, element, elements, encode, parse_json
from shared.domain.events import Event
from shared.domain.identifiers import of_event
from shared.domain.validation import Refusal, validate
from shared.stores.event_store import to_event, to_item
from tests.arrivals import RECEIVED, arrival

ANY_TEXT = st.text(st.characters(codec=None)) | st.sampled_from(["null", "0-0", "\ud800", "\0", "Infinity", "1e999"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ANY_TEXT
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4), max_leaves=12
)
TIMES = st.datetimes().map(lambda moment: moment.isoformat()) | JSON
MAPS = st.fixed_dictionaries(
    {},
    optional={
        "email": JSON,
        "phone": JSON,
        "traits": JSON,
        "device": st.fixed_dictionaries({}, optional={"id": JSON, "token": JSON, "advertisingId": JSON}) | JSON,
        "externalIds": st.lists(st.fixed_dictionaries({"type": JSON, "id": JSON}) | JSON, max_size=4) | JSON,
    },
)
EVENTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "identify", "page", "alias", "group"]) | JSON, "messageId": JSON},
    optional={
        "event": JSON,
        "userId": JSON,
        "anonymousId": JSON,
        "groupId": JSON,
        "previousId": JSON,
        "timestamp": TIMES,
        "originalTimestamp": TIMES,
        "sentAt": TIMES,
        "context": MAPS | JSON,
        "traits": MAPS | JSON,
        "properties": MAPS | JSON,
        "integrations": JSON,
    },
)
ELEMENTS = EVENTS | JSON


@given(ELEMENTS)
@example({"type": "track", "messageId": 10**400, "event": "E", "userId": float("inf")})
def test_any_element_is_an_event_or_a_refusal(value: Any) -> None:
    item = element(value)
    verdict = validate(item.value, item.text, arrival())
    assert isinstance(verdict, Event | Refusal)
    if isinstance(verdict, Event):
        assert to_event({name: kept for name, kept in to_item(verdict, 395).items() if kept is not None}) == verdict


@given(st.dictionaries(ANY_TEXT, JSON) | EVENTS)
def test_identifiers_of_any_object_are_found_without_a_crash(value: dict[str, Any]) -> None:
    found = of_event(value)
    assert len(found) == len(set(found)) <= 20


def shuffled(value: Any, order: random.Random) -> Any:
    if isinstance(value, list):
        return [shuffled(inner, order) for inner in value]
    if not isinstance(value, dict):
        return value
    names = list(value)
    order.shuffle(names)
    return {name: shuffled(value[name], order) for name in names}


@given(EVENTS, st.randoms(use_true_random=False))
def test_the_key_and_the_digest_do_not_depend_on_the_order_of_keys(value: Any, order: random.Random) -> None:
    other = shuffled(value, order)
    assert of_event(other) == of_event(value)
    first, second = (validate((item := element(one)).value, item.text, arrival()) for one in (value, other))
    if isinstance(first, Event) and isinstance(second, Event):
        assert (first.pk, first.sk, first.digest) == (second.pk, second.sk, second.digest)


@given(EVENTS, TIMES, TIMES)
def test_another_try_has_the_same_key_and_digest_whatever_the_clocks_say(value: Any, sent: Any, batch: Any) -> None:
    again = {**value, "sentAt": sent}
    later = arrival(received_at="2026-11-22T09:30:00.000Z", sent_at=batch if isinstance(batch, str) else None)
    first, second = element(value), element(again)
    tries = validate(first.value, first.text, arrival()), validate(second.value, second.text, later)
    if isinstance(tries[0], Event) and isinstance(tries[1], Event):
        assert (tries[0].pk, tries[0].sk, tries[0].digest) == (tries[1].pk, tries[1].sk, tries[1].digest)


@given(st.lists(ELEMENTS, max_size=4), st.sampled_from([encode, lambda r: r.to_json().encode(), None]))
def test_a_record_comes_out_as_it_went_in(values: list[Any], encoded: Any) -> None:
    record = Record("src_web", RECEIVED, "c1", elements(values), RECEIVED, "203.0.113.7")
    data = encoded(record) if encoded else gzip.compress(record.to_json().encode())
    assert decode(data) == record


@given(JSON)
def test_what_travels_is_strict_json(value: Any) -> None:
    item = element(value)
    assert parse_json(item.text.encode()) == item.value
    json.dumps(item.value, allow_nan=False, ensure_ascii=False).encode()


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_record_or_undecodable(data: bytes) -> None:
    with suppress(UndecodableError):
        assert isinstance(decode(data), Record)
