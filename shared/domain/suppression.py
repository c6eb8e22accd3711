"""Suppression: nothing of an erased person comes in again until it is lifted. Who they were is known by keyed hash."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import quote

from shared.domain.events import Event
from shared.domain.identifiers import NAMING, Identifier, Naming, normalise, plain

Suppressions = Mapping[Identifier, str]
"""Those of some identifiers that are suppressed, each with the event time until which it is."""

HOLDS = "9999"
"""As that time: it was never lifted."""

SETTLED = timedelta(minutes=6)
"""So long after people were suppressed no worker is left that had looked before: what it wrote can be found then."""

ERASED = "[erased]"
"""What stands where an erased address or number stood inside a longer text."""

_KEPT = frozenset({"type", "event", "messageId", "timestamp", "originalTimestamp", "sentAt"})
_MAY_BE_NUMBERS = frozenset({"userId", "anonymousId", "previousId", "id", "token", "advertisingId", "email", "phone"})
_SURELY_AN_ID = 100_000
_BEGINS = r"(?:(?<![A-Za-z0-9._+])|(?<=%[0-9A-F]{2}))"
_APART = r"[\s().-]{0,2}"
_TAIL = 6
"""Digits at the end of a number that stand together however it is written: with a prefix, a code, or neither."""
_NO_DIGITS = re.compile("[^0-9]+")
_KEYPAD = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")


class LeftOut(NamedTuple):
    """Of a record's elements, by place: those that are suppressed, the digests of those that were reduced, and which
    of these are as their source's mapping had made them.
    """

    suppressed: frozenset[int] = frozenset()
    reduced: Mapping[int, str] = {}
    mapped: frozenset[int] = frozenset()

    def to_fields(self) -> dict[str, Any]:
        """As JSON can say it."""
        reduced = {str(place): digest for place, digest in self.reduced.items()}
        return {"suppressed": sorted(self.suppressed), "reduced": reduced, "mapped": sorted(self.mapped)}

    @classmethod
    def of_fields(cls, fields: Mapping[str, Any]) -> "LeftOut":
        reduced = {int(place): digest for place, digest in fields.get("reduced", {}).items()}
        return cls(frozenset(fields.get("suppressed", ())), reduced, frozenset(fields.get("mapped", ())))


NOBODY_LEFT_OUT = LeftOut()


class Suppressed(NamedTuple):
    """How an element of an erased person ended. Nothing of it is kept."""

    source_id: str
    origin: str
    received_at: str
    correlation_id: str


def suppressed_of(identifiers: Iterable[Identifier], time: str, suppressions: Suppressions) -> frozenset[Identifier]:
    """Those of an event's identifiers that may not come in at the time it happened."""
    return frozenset(one for one in identifiers if time <= suppressions.get(one, ""))


def screened(event: Event, suppressions: Suppressions, naming: Naming = NAMING) -> Event | None:
    """What may come in of an event: nothing where its anchor is suppressed; without what names other erased people."""
    gone = suppressed_of((one.identifier for one in event.identifiers), event.time, suppressions)
    if not gone:
        return event
    if event.identifiers[0].identifier in gone:
        return None
    return reduced(event, gone, naming)


def reduced(event: Event, gone: Collection[Identifier], naming: Naming = NAMING) -> Event:
    """An event without these, none of which is its anchor: its key stays, and so does its digest, for its repeats."""
    left = tuple(one for one in event.identifiers if one.identifier not in gone)
    return replace(event, identifiers=left, body=without(event.body, gone, naming))


def without(element: Any, gone: Collection[Identifier], naming: Naming = NAMING) -> Any:
    """JSON without every member and entry that says one of these identifiers, as it is or normalised. An address or a
    number inside a longer text becomes `[erased]`.
    """
    taker = _Taker.of(gone, naming)
    if not isinstance(element, Mapping):
        return taker.walk(element)
    kept = {name: value for name, value in element.items() if name in _KEPT}
    cleaned = taker.walk({name: value for name, value in element.items() if name not in _KEPT})
    return {name: kept.get(name, cleaned.get(name)) for name in element if name in kept or name in cleaned}


class _Taker(NamedTuple):
    """`values` in small letters, and of numbers the `tails`, tell at little cost what says none of them."""

    gone: tuple[Identifier, ...]
    naming: Naming
    inside: re.Pattern[str] | None
    values: frozenset[str]
    tails: frozenset[str]

    @classmethod
    def of(cls, gone: Collection[Identifier], naming: Naming) -> "_Taker":
        values = frozenset(one.value.lower() for one in gone)
        tails = frozenset(one.value[-_TAIL:] for one in gone if one.namespace == "phone")
        return cls(tuple(gone), naming, _inside(gone), values, tails)

    def walk(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {
                name: self.walk(inner)
                for name, inner in value.items()
                if not self._says(name) and not self._says(inner, name)
            }
        if isinstance(value, list):
            return [self.walk(inner) for inner in value if not self._says(inner)]
        return self.inside.sub(ERASED, value) if self.inside and isinstance(value, str) else value

    def _says(self, value: object, name: str = "") -> bool:
        """A short number is an amount as likely as an id, save where ids stand."""
        if not isinstance(value, str | int | float):
            return False
        if not isinstance(value, str) and abs(value) < _SURELY_AN_ID and name not in _MAY_BE_NUMBERS:
            return False
        return self._may_say(value) and any(normalise(one.namespace, value, self.naming) == one for one in self.gone)

    def _may_say(self, value: object) -> bool:
        text = plain(value).lower()
        return text in self.values or (
            bool(self.tails) and any(tail in said for said in _dialled(text) for tail in self.tails)
        )


def _dialled(text: str) -> tuple[str, str]:
    """The digits of a text, and those that come of dialling its letters."""
    ascii_text = text if text.isascii() else "".join(str(unicodedata.digit(one, one)) for one in text)
    return _NO_DIGITS.sub("", ascii_text), _NO_DIGITS.sub("", ascii_text.translate(_KEYPAD))


def _inside(gone: Collection[Identifier]) -> re.Pattern[str] | None:
    """Addresses as they stand or in a URL, and not as the end of a longer one; numbers as people write them."""
    addresses = [one.value for one in gone if one.namespace == "email"]
    texts = {re.escape(text) for value in addresses for text in (value, quote(value), quote(value, safe=""))}
    patterns = [f"{_BEGINS}{text}(?![A-Za-z0-9])" for text in sorted(texts, key=len, reverse=True)]
    patterns += [_number(one.value) for one in gone if one.namespace == "phone"]
    return re.compile("|".join(patterns), re.IGNORECASE) if patterns else None


def _number(e164: str) -> str:
    """`+821012345678`, `010-1234-5678` and the like."""
    import phonenumbers  # costs 30 ms and 8 MB: only those who meet a phone pay

    number = phonenumbers.parse(e164)
    digits = _APART.join(phonenumbers.national_significant_number(number))
    return rf"(?<!\d)(?:(?:\+|%2B|00)?{number.country_code}{_APART}(?:\(0\){_APART})?|\(?0)?\(?{digits}(?!\d)"
