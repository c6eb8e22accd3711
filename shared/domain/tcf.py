"""TCF strings of IAB Europe (version 2): which purposes somebody consented to, or why a string decides nothing.

Own code: the one decoder on PyPI needs a fork of bitarray that has no wheels for Lambda, and judges nothing.
"""

import string
from typing import NamedTuple

PURPOSES = 11
"""That the framework has; the string has room for more."""

OLDEST_POLICY = 4
MOST_CHARACTERS = 8_000

_ALPHABET = {c: place for place, c in enumerate(string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_")}
_VERSION = 2
_DISCLOSED_VENDORS = 1
_BEFORE_POLICY = 36 + 36 + 12 + 12 + 6 + 12 + 12


class TcString(NamedTuple):
    """What is read of a string. `disclosed`: the vendors that were shown are named."""

    policy: int
    is_service_specific: bool
    purposes: frozenset[int]
    disclosed: bool


class Unusable(NamedTuple):
    """Why a string decides nothing."""

    reason: str


class _Bits:
    """Text of base64url, read as bits. EOFError where it ends before what it should hold, ValueError for other text."""

    def __init__(self, text: str) -> None:
        try:
            self._bits = "".join(f"{_ALPHABET[character]:06b}" for character in text)
        except KeyError as error:
            raise ValueError("no base64url") from error
        self._at = 0

    def number(self, width: int) -> int:
        self._at += width
        if self._at > len(self._bits):
            raise EOFError
        return int(self._bits[self._at - width : self._at], 2)

    def places(self, width: int) -> frozenset[int]:
        """Which of so many bits are set, the first being 1."""
        field = f"{self.number(width):0{width}b}"
        return frozenset(place for place, bit in enumerate(field, 1) if bit == "1")

    def pass_ranges(self) -> None:
        for _ in range(self.number(12)):
            is_range = self.number(1)
            self.number(32 if is_range else 16)

    def pass_vendors(self) -> None:
        """Whoever they are: they have to be whole."""
        largest, is_ranges = self.number(16), self.number(1)
        if is_ranges:
            self.pass_ranges()
        elif largest:
            self.number(largest)


def decoded(text: str) -> TcString | Unusable:
    """A string as it is, however old; unusable are `malformed`, `version`, `cut_short`."""
    try:
        core, *others = map(_Bits, text[: MOST_CHARACTERS + 1].split("."))
        if core.number(6) != _VERSION:
            return Unusable("version")
        core.number(_BEFORE_POLICY)
        policy, is_service_specific = core.number(6), core.number(1)
        core.number(1 + 12)
        purposes = core.places(24)
        core.number(24 + 1 + 12)
        core.pass_vendors()
        core.pass_vendors()
        for _ in range(core.number(12)):
            core.number(6 + 2)
            core.pass_ranges()
        kinds = [_kind(other) for other in others]
    except EOFError:
        return Unusable("cut_short")
    except ValueError:
        return Unusable("malformed")
    return TcString(policy, is_service_specific == 1, purposes, _DISCLOSED_VENDORS in kinds)


def _kind(segment: _Bits) -> int:
    kind = segment.number(3)
    if kind == _DISCLOSED_VENDORS:
        segment.pass_vendors()
    return kind


def consented(text: str) -> frozenset[int] | Unusable:
    """The purposes that a string consents to, where it may be relied on: of today's policies, of this service alone,
    and with the vendors that were shown.
    """
    if len(text) > MOST_CHARACTERS:
        return Unusable("too_long")
    found = decoded(text)
    if isinstance(found, Unusable):
        return found
    if found.policy < OLDEST_POLICY:
        return Unusable("old_policy")
    if not found.is_service_specific:
        return Unusable("not_service_specific")
    return found.purposes if found.disclosed else Unusable("no_disclosed_vendors")
