"""Which numbers are masked, which only look like one, and what becomes of identifiers."""

import json
from typing import Any

import pytest

from shared.domain import forbidden
from shared.domain.forbidden import masked, masked_identifier, masked_paths, masked_text
from shared.domain.forbidden_numbers import spans

RESIDENT, CARD = "[resident_number]", "[card_number]"


def clean(value: Any) -> Any:
    return masked(value, json.dumps(value, ensure_ascii=False)).value


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("900101-1234567", RESIDENT),
        ("주민번호 900101-1234567입니다.", f"주민번호 {RESIDENT}입니다."),
        ("900101 1234567", RESIDENT),
        ("900101 – 1234567", RESIDENT),
        ("900101ㅡ1234567", RESIDENT),
        ("９００１０１－１２３４５６７", RESIDENT),
        ("200229-3234567", RESIDENT),
        ("900101-5234567", RESIDENT),
        ("990101-9234567", RESIDENT),
        ("rrn:9001011234568;", f"rrn:{RESIDENT};"),
        ("9001011234567", RESIDENT),
        ("8801011234565", RESIDENT),
        ("2,900101-1234567", f"2,{RESIDENT}"),
        ("9001011234567,9001021234568", f"{RESIDENT},{RESIDENT}"),
        ("2019-01-01 900101-1234567 010-1234-5678", f"2019-01-01 {RESIDENT} 010-1234-5678"),
    ],
)
def test_a_resident_registration_number_is_masked_and_the_rest_of_the_text_stays(text: str, kept: str) -> None:
    assert clean(text) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("4111111111111111", CARD),
        ("card 4111 1111 1111 1111 until 2027", f"card {CARD} until 2027"),
        ("4111-1111-1111-1111", CARD),
        ("Visa4111111111111111", f"Visa{CARD}"),
        ("file_4111111111111111_1", f"file_{CARD}_1"),
        ("４１１１ １１１１ １１１１ １１１１", CARD),
        ("3782 822463 10005", CARD),
        ("30569309025904", CARD),
        ("2223003122003222", CARD),
        ("6011111111111117", CARD),
        ("3530111333300000", CARD),
        ("6240008631401148", CARD),
        ("9410123412341237", CARD),
        ("4111111111111111 5555555555554444", f"{CARD} {CARD}"),
        ("ordered 2024-01-15 4111-1111-1111-1111", f"ordered 2024-01-15 {CARD}"),
    ],
)
def test_a_payment_card_number_is_masked_and_the_rest_of_the_text_stays(text: str, kept: str) -> None:
    assert clean(text) == kept


@pytest.mark.parametrize(
    "value",
    [
        "8801043014809",  # a barcode of Korea whose first digits are no day
        "8801062628520",  # and one whose are
        8801062628520,
        4006381333931,  # EAN-13 from Germany
        "356938035643809",  # IMEI
        1795253400250,  # milliseconds
        1801271234567,  # of 27 January 2027: a day too
        "1801271234567",
        "0.4111111111111111",
        37.41111111111111,
        "550e8400-4111-4111-8111-111111111111",
        "a1b24111111111111111c",  # part of a hash
        "4111111111111111f00d1",
        "x9001011234568y",
        "4111111111111112",  # no check digit
        "900230-1234567",  # no day
        "010229-1234567",  # no day of 1901
        "900101-123456",
        "900101-12345678",
        "20900101-1234567",
        "010-1234-5678",
        "+82 10-1234-5678",
        "2026-11-21T09:30:00.000Z",
        "110-81-12345",
        41111111111111110000000000000,
        True,
        None,
    ],
)
def test_what_only_looks_like_a_number_is_left_alone(value: Any) -> None:
    event = {"properties": {"a": value}}
    assert clean(event) is event


@pytest.mark.parametrize(("number", "mask"), [(4111111111111111, CARD), (9001011234568, RESIDENT), (4e15 + 2, CARD)])
def test_a_number_is_masked_like_its_text(number: float, mask: str) -> None:
    assert clean({"properties": {"a": number}})["properties"] == {"a": mask}


def test_a_time_in_milliseconds_within_an_id_never_costs_its_event() -> None:
    for moment in range(1_801_010_000_000, 1_812_310_000_000, 7_777_777):
        event = {"anonymousId": f"visit-{moment}"}
        assert clean(event) is event


def test_a_masked_event_says_where() -> None:
    event = {
        "event": "Paid with 4111111111111111",
        "properties": {"products": [{}, {"note": "900101-1234567"}], "5555555555554444": 1},
        "context": {"masked": ["traits.old"], "page": {"title": "900101-1234567"}},
    }
    result = masked(event, json.dumps(event))
    paths = ("event", "properties.products.1.note", f"properties.{CARD}", "context.page.title")
    assert [found.path for found in result.found] == list(paths)
    assert masked_paths(result.value) == ("traits.old", *paths)
    assert [found.kind for found in result.found] == [
        "card_number",
        "resident_number",
        "card_number",
        "resident_number",
    ]


def test_names_that_are_one_when_masked_stay_two() -> None:
    event = {"properties": {"4111111111111111": 1, "5555555555554444": 2, CARD: 3}}
    assert sorted(clean(event)["properties"].values()) == [1, 2, 3]


def test_the_message_id_is_left_alone() -> None:
    event = {"messageId": "4111111111111111", "properties": {"messageId": "4111111111111111"}}
    assert clean(event)["messageId"] == "4111111111111111"
    assert clean(event)["properties"] == {"messageId": CARD}


@pytest.mark.parametrize("order", [("messageId", "properties"), ("properties", "messageId")])
def test_a_number_that_is_the_message_id_too_is_masked_elsewhere(order: tuple[str, str]) -> None:
    number = "4111111111111111"
    fields: dict[str, Any] = {"messageId": number, "properties": {"messageId": number}}
    event = {name: fields[name] for name in order}
    assert masked(event, json.dumps(event, separators=(",", ":"))).value["properties"] == {"messageId": CARD}


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ({"userId": "900101-1234567"}, "userId"),
        ({"userId": 9001011234568}, "userId"),
        ({"groupId": "900101-1234567"}, "groupId"),
        ({"traits": {"email": "900101-1234567@example.com"}}, "traits.email"),
        ({"context": {"externalIds": [{"id": "x"}, {"id": "900101-1234567"}]}}, "context.externalIds.1.id"),
        ({"context": {"device": {"id": "900101-1234567"}}}, "context.device.id"),
        ({"properties": {"a": "900101-1234567"}}, None),
        ({"context": "900101-1234567"}, None),
        ([], None),
    ],
)
def test_an_identifier_that_was_masked_is_told(event: Any, field: str | None) -> None:
    assert masked_identifier(clean(event)) == field


@pytest.mark.parametrize("identifier", ["4111111111111111", "9001011234567", "8801011234567"])
def test_an_identifier_is_left_alone_where_it_only_may_be_a_number(identifier: str) -> None:
    event = {"userId": identifier, "traits": {"email": f"{identifier}@example.com"}}
    assert clean(event) is event


@pytest.mark.parametrize("between", [".", "x", ".x", "x.", "", " ", "x 900101-1234567.", "x" * 70])
def test_a_text_full_of_numbers_is_looked_through_a_few_times_at_most(
    between: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    monkeypatch.setattr(forbidden, "spans", lambda *asked: looks.append(asked) or spans(*asked))
    masked_text(between.join(["4111111111111111"] * 50))
    assert len(looks) <= 4


def test_names_that_are_one_when_masked_grow_by_a_few_characters_only() -> None:
    names = [name for number in range(3_000) if masked_text(name := f"94{number:014d}")[1]]
    shown = list(clean({"properties": dict.fromkeys(names, 1)})["properties"])
    assert len(set(shown)) == len(names)
    assert len(names) > 200
    assert max(map(len, shown)) <= len(CARD) + 4
