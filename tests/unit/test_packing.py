"""JSON of items in fewer bytes: nothing is lost, and what was packed once can be read for good."""

import hashlib
import json
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.stores import packing
from shared.stores.packing import BODY, PERSON, packed, unpacked


@given(st.text(), st.sampled_from((BODY, PERSON)))
def test_what_was_packed_comes_back_from_the_table_and_from_its_stream(text: str, by: int) -> None:
    assert unpacked(packed(text, by)) == text
    assert unpacked(b64encode(packed(text, by)).decode()) == text


def test_a_dictionary_that_has_packed_anything_is_never_changed() -> None:
    known = {number: hashlib.sha256(text.encode()).hexdigest() for number, text in packing._DICTIONARIES.items()}
    assert known == {
        1: "41a3547076ddb0abdda03f6087885ffb8d126393376eb424a285229a4318b842",
        3: "5d92b3b77ce95814385f340e01b5b8bc92d8b172ec26cb59c4da799f8943827f",
    }


@pytest.mark.parametrize(
    "data", [b"", b"\x00", b"\x01{}", b"\xff" + packed("{}", BODY)[1:], packed("{}" * 200, BODY)[:-1]]
)
def test_what_wasnt_packed_here_is_an_error(data: bytes) -> None:
    with pytest.raises(ValueError, match="packed by nothing known"):
        unpacked(data)


def test_a_browsers_event_takes_less_than_half() -> None:
    context = {"page": {"path": "/a", "url": "https://a.example/a", "title": "A", "referrer": ""}, "locale": "de-DE"}
    agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
    event = {"type": "track", "event": "Seat Taken", "anonymousId": "0c7f", "context": {**context, "userAgent": agent}}
    text = json.dumps(event, separators=(",", ":"))
    assert len(packed(text, BODY)) < len(text) / 2


@pytest.mark.parametrize("size", [1_000_001, 1 << 62])
def test_what_says_too_large_a_size_takes_no_memory(size: int) -> None:
    whole = packed("{}" * 40_000, BODY)
    frame_of_eight_bytes_of_size = whole[:5] + bytes([whole[5] | 0xC0]) + size.to_bytes(8, "little") + whole[10:]
    with pytest.raises(ValueError, match="larger than anything"):
        unpacked(frame_of_eight_bytes_of_size)
