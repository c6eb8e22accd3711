"""What is left of a personal value for those who may not see it."""

from decimal import Decimal
from typing import Any

import pytest

from shared.domain.decisions import Told, sentence
from shared.domain.masking import Mask, masked_text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("jane@example.com", "j***@e***.com"),
        ("jane@localhost", "j***@l***"),
        ("+821012345678", "***78"),
        ("010-1234-5678", "***78"),
        ("user-12345", "u***45"),
        ("u1", "u***"),
        ("김미나", "김***"),
        ("x", "***"),
        ("", ""),
    ],
)
def test_a_person_recognises_their_own_and_nobody_else_does(text: str, left: str) -> None:
    assert masked_text(text) == left


def test_an_identifier_is_masked_wherever_it_stands_in_an_event() -> None:
    mask = Mask(frozenset({"member 77"}), lambda _: False)
    body = {
        "type": "track",
        "event": "Seen",
        "properties": {"name": "Tea", "note": "call me", "path": "/m/member%2077", "list": ["member 77", 7]},
        "context": {"device": {"id": "device-1", "model": "S24"}, "location": {"latitude": 37.5, "city": "Seoul"}},
    }
    told = mask.event(body, "src")
    assert told["properties"] == {"name": "Tea", "note": "c***", "path": "/m/m***77", "list": ["m***77", 7]}
    assert told["context"] == {
        "device": {"id": "d***-1", "model": "S24"},
        "location": {"latitude": "***", "city": "Seoul"},
    }
    assert (told["type"], told["event"]) == ("track", "Seen")


def test_a_kind_of_decision_that_no_sentence_knows_is_told_all_the_same() -> None:
    assert sentence(Told("promoted", "operator", "", "", ())) == "promoted: operator."
    assert sentence(Told("created", "no_owner", "", "", ())) == "This profile was made: nobody was known."
    made = sentence(Told("created", "split_from:01KAK", "", "", ()))
    assert made == "This profile was made by a split of 01KAK."
    assert "more {of" not in sentence(Told("demoted", "{of}", "email x", "", ()))


def test_a_context_that_is_no_object_is_shown_without_its_addresses() -> None:
    assert Mask((), lambda _: False).event({"context": "by jane@example.com"}, "web") == {"context": "by j***@e***.com"}


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("traits.firstName", "Jane", "J***"),
        ("properties.phone", Decimal("1012345678"), "***"),
        ("context.device.name", "Jane's phone", "J***ne"),
        ("location.latitude", 37.5, "***"),
        ("properties.note", "call back", "c***ck"),
        ("properties.category", "shoes", "shoes"),
        ("channel", "mobile", "mobile"),
    ],
)
def test_what_is_computed_of_personal_data_is_masked_as_they_are(path: str, value: Any, told: Any) -> None:
    assert Mask((), lambda _: False).computed(path, value) == told
