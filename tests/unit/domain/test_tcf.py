"""TCF strings: what is read of them, and which may be relied on."""

import string

import pytest

from shared.domain.tcf import MOST_CHARACTERS, TcString, Unusable, consented, decoded

# From IAB Europe's specification of the string, version 2.
KNOWN = (
    "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA."
    "IFoEUQQgAIQwgIwQABAEAAAAOIAACAIAAAAQAIAgEAACEAAAAAgAQBAAAAAAAGBAAgAAAAAAAFAAECAAAgAAQARAEQAAAAAJAAIAAgAAAYQEAAAQmAg"
    "BC3ZAYzUw"
)
_CHARACTERS = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"


def _text(*fields: tuple[int, int]) -> str:
    bits = "".join(f"{value:0{width}b}" for value, width in fields if width)
    bits += "0" * (-len(bits) % 6)
    return "".join(_CHARACTERS[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6))


def tc_string(*purposes: int, version: int = 2, policy: int = 5, own: int = 1, disclosed: bool = True) -> str:
    """A string that consents to these purposes, with vendor 2 as a bit field, and 5 to 9 as a range."""
    consents = sum(1 << (24 - purpose) for purpose in purposes)
    core = [(version, 6), (0, 114), (300, 12), (policy, 6), (own, 1), (0, 13), (consents, 24), (0, 37)]
    vendors = [(3, 16), (0, 1), (0b010, 3)]
    ranges = [(9, 16), (1, 1), (1, 12), (1, 1), (5, 16), (9, 16)]
    restrictions = [(1, 12), (2, 6), (1, 2), (1, 12), (0, 1), (7, 16)]
    shown = "." + _text((1, 3), *ranges) if disclosed else ""
    return _text(*core, *vendors, *ranges, *restrictions) + shown


def test_a_string_is_read_as_the_specification_says() -> None:
    assert decoded(KNOWN) == TcString(2, False, frozenset({1, 2, 3}), disclosed=True)
    assert decoded(tc_string(1, 24)) == TcString(5, True, frozenset({1, 24}), disclosed=True)
    assert consented(tc_string(1, 3, 4)) == {1, 3, 4}
    assert consented(tc_string()) == frozenset()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (KNOWN, "old_policy"),
        (tc_string(1, policy=3), "old_policy"),
        (tc_string(1, version=1), "version"),
        (tc_string(1, own=0), "not_service_specific"),
        (tc_string(1, disclosed=False), "no_disclosed_vendors"),
        (tc_string(1)[:-3], "cut_short"),
        (tc_string(1, disclosed=False)[:30], "cut_short"),
        (f"{tc_string(1)}.", "cut_short"),
        ("", "cut_short"),
        ("not a string", "malformed"),
        (tc_string(1).replace(".", "="), "malformed"),
        ("C" * (MOST_CHARACTERS + 1), "too_long"),
    ],
)
def test_a_string_that_may_not_be_relied_on_decides_nothing(text: str, reason: str) -> None:
    assert consented(text) == Unusable(reason)


def test_no_string_that_was_cut_anywhere_decides_anything() -> None:
    whole = tc_string(*range(1, 12))
    assert all(isinstance(consented(whole[:at]), Unusable) for at in range(len(whole)))


def test_a_short_string_that_names_millions_of_vendors_costs_no_more() -> None:
    ranges = [(65_535, 16), (1, 1), (1_000, 12), *[(1, 1), (0, 16), (65_535, 16)] * 1_000]
    core = [(2, 6), (0, 114), (0, 12), (5, 6), (1, 1), (0, 13), (0, 24), (0, 37)]
    assert isinstance(decoded(_text(*core, *ranges, (0, 17), (0, 12))), TcString)
    assert decoded(_text(*core, *ranges[:-1])) == Unusable("cut_short")
