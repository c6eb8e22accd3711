"""What may come in of an event that names erased people, and whom an erasure suppresses."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.identifiers import Identifier, Naming, normalise
from shared.domain.suppression import HOLDS, screened, suppressed_of, without
from shared.domain.suppression_keys import SuppressionKeys
from tests.people import make_event

JANE = Identifier("email", "jane@example.com")
JANES_PHONE = Identifier("phone", "+821012345678")
U1, U2, U3 = (Identifier("user_id", value) for value in ("u1", "4711", "1234567"))
A1 = Identifier("anonymous_id", "a1")


def test_a_suppression_holds_until_the_time_it_was_lifted_that_moment_included() -> None:
    lifted = {JANE: "2026-11-21T09:30:00.000Z"}
    assert suppressed_of([JANE, U1], "2026-11-21T09:30:00.000Z", lifted) == {JANE}
    assert suppressed_of([JANE, U1], "2026-11-21T09:30:00.001Z", lifted) == frozenset()
    assert suppressed_of([JANE], "9998-01-01T00:00:00.000Z", {JANE: HOLDS}) == {JANE}
    assert suppressed_of([JANE], "2026-11-21T09:30:00.000Z", {}) == frozenset()


def test_an_event_of_a_suppressed_anchor_is_nothing_and_one_that_names_nobody_erased_is_the_same() -> None:
    known = make_event({"userId": "u1", "traits": {"email": "jane@example.com"}})
    assert screened(known, {U1: HOLDS, JANE: HOLDS}) is None
    assert screened(known, {A1: HOLDS}) is known
    assert screened(make_event({"event": "Tea Bought"}), {U1: HOLDS}) is not None


def test_an_event_keeps_its_key_and_digest_and_loses_another_persons_identifier_wherever_it_stands() -> None:
    body = {
        "type": "track",
        "userId": "u1",
        "properties": {"email": " JANE@example.com", "referred": "jane@example.com"},
    }
    known = make_event(body)
    left = screened(known, {JANE: HOLDS})
    assert left is not None
    assert "jane" not in str(left).lower()
    assert left.identifiers == known.identifiers[:1]
    assert left.body == {"type": "track", "userId": "u1", "properties": {}}
    assert (left.pk, left.sk, left.digest) == (known.pk, known.sk, known.digest)


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ({"traits": {"email": "Jane@Example.com", "plan": "pro"}}, {"traits": {"plan": "pro"}}),
        ({"properties": {"to": ["jane@example.com", "x@y.com"]}}, {"properties": {"to": ["x@y.com"]}}),
        ({"properties": {"jane@example.com": 1, "n": 2}}, {"properties": {"n": 2}}),
        (
            {"context": {"page": {"url": "https://shop/?mail=jane%40example.com&x=1"}}},
            {"context": {"page": {"url": "https://shop/?mail=[erased]&x=1"}}},
        ),
        (
            {"properties": {"phone": "010-1234-5678", "call": "call +821012345678 now"}},
            {"properties": {"call": "call [erased] now"}},
        ),
        ({"context": {"traits": {"phone": 821012345678}}}, {"context": {"traits": {}}}),
        ({"previousId": 4711, "properties": {"total": 4711, "ref": "4711"}}, {"properties": {"total": 4711}}),
        ({"customer": 1234567, "total": 4711}, {"total": 4711}),
        ({"messageId": "4711", "event": "4711"}, {"messageId": "4711", "event": "4711"}),
        ({"properties": {"note": "call 4711", "flag": True, "none": None}},) * 2,
        ("jane@example.com wrote", "[erased] wrote"),
        ("메일은jane@example.com입니다", "메일은[erased]입니다"),
        ({"cc": "maryjane@example.com, jane@example.community"},) * 2,
        ({"url": "?to=%20jane@example.com"}, {"url": "?to=%20[erased]"}),
        ("전화 010-1234-5678로, or +82 (0)10 1234 5678, 1012345678.", "전화 [erased]로, or [erased], [erased]."),
        ("tel=%2B821012345678; (010) 1234-5678", "tel=[erased]; [erased]"),
        ({"order": "no 8201012345678, 10101234567899"},) * 2,
    ],
    ids=[
        "trait",
        "list",
        "name",
        "url",
        "phone",
        "phone_as_number",
        "number",
        "long_number",
        "kept",
        "longer_text",
        "text",
        "address_in_korean",
        "another_address",
        "address_in_url",
        "numbers_as_written",
        "number_in_url",
        "longer_numbers",
    ],
)
def test_what_says_an_erased_identifier_is_taken_out_of_any_json(value: object, left: object) -> None:
    assert without(value, [JANE, JANES_PHONE, U2, U3]) == left


def test_a_new_key_is_asked_before_it_is_used_and_no_key_goes() -> None:
    keys = SuppressionKeys.parse('{"current": "1", "1": "old"}')
    both = SuppressionKeys.parse(keys.with_new("new").to_text())
    assert (both.current, dict(both.versions), both.newest) == ("1", {"1": "old", "2": "new"}, "2")
    with pytest.raises(ValueError, match="current"):
        SuppressionKeys.parse('{"1": "old"}')


SPELT = [
    "jane@example.com", " JANE@Example.com ", "ｊａｎｅ@example.com", "u1", "U1", 4711, 4711.0, "4711", "４７１１",
    "010-1234-5678", "+82 (0)10 1234 5678", "００８２ 10 1234 5678", "٠١٠١٢٣٤٥٦٧٨", "010 1234 5678 내선 12",
    "1012345678", 1012345678, 821012345678, "800 FLOWERS", "+1-800-356-9377", "1-800-flowers ext. 5",
    "+54 9 11 2345 6789", "011 15-2345-6789", True, None, 10**5000,
]  # fmt: skip
GONE = [JANE, JANES_PHONE, U1, U2, Identifier("phone", "+18003569377"), Identifier("phone", "+5491123456789")]
REGIONS = ["KR", "US", "AR"]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(GONE)), st.lists(st.sampled_from(SPELT) | st.text(max_size=12)), st.sampled_from(REGIONS)
)
def test_what_says_somebody_is_told_at_little_cost_and_never_otherwise_than_by_normalising(
    gone: list[Identifier], said: list[object], region: str
) -> None:
    naming = Naming(phone_region=region)
    left = without(said, gone, naming)
    assert len(left) == sum(1 for one in said if not says(one, gone, naming))


def says(value: object, gone: list[Identifier], naming: Naming) -> bool:
    is_amount = isinstance(value, int | float) and abs(value) < 100_000
    return not is_amount and any(normalise(one.namespace, value, naming) == one for one in gone)
