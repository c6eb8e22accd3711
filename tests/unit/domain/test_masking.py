"""What is left of a personal value for those who may not see it."""

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
