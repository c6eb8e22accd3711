"""Masking: what those see who may not see personal data. Enough is left that a person recognises their own."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from shared.domain.canonical import FREE_TEXT

MASK = "***"

PERSONAL = frozenset(
    "address age avatar birthdate birthday dateofbirth displayname email firstname fullname gender id ip lastname"
    " latitude longitude mail middlename mobile mobilephone name nickname phone phonenumber postalcode postcode"
    " recipient street telephone token username zip zipcode".split()
)
"""Names of traits that hold personal data, in small letters and without `_`, `-` and spaces."""

_OF_THINGS = frozenset({"age", "avatar", "id", "name", "token"})
"""Among properties these are a product's or a page's."""

_IDS = frozenset({"userId", "anonymousId", "previousId"})
_CONTEXT = frozenset({"ip", "id", "token", "advertisingid", "latitude", "longitude", "name"})
_CONTEXT_HOLDERS = frozenset({"device", "externalIds", "location", "geo"})
_EMAIL = re.compile(r"[^\s@<>\"',;:/?&=]+@[^\s@<>\"',;:/?&=]+\.[A-Za-z]{2,}")
_SHORTEST = 4
"""Characters of an identifier that is looked for inside of other texts."""


def masked_text(text: str) -> str:
    """`j***@e***.com`, `***78` of a phone, `u***` of what else."""
    local, at, domain = text.rpartition("@")
    if at and local:
        host, dot, end = domain.rpartition(".")
        return f"{local[:1]}{MASK}@{(host or end)[:1]}{MASK}{dot}{end if dot else ''}"
    digits = [c for c in text if c.isdigit()]
    if len(digits) >= 7 and all(c.isdigit() or c in "+-() ." for c in text):
        return f"{MASK}{''.join(digits[-2:])}"
    if len(text) < 2:
        return MASK if text else ""
    return f"{text[:1]}{MASK}{text[-2:] if len(text) >= 8 else ''}"


@dataclass(frozen=True, slots=True)
class Mask:
    """`known` are values of identifiers, masked wherever they stand; `is_sensitive` says of a source that all it tells
    of people is hidden."""

    known: Collection[str]
    is_sensitive: Callable[[str], bool]

    def trait(self, name: str, value: Any, source_id: str) -> Any:
        """A trait's value, also a part of it."""
        hides = self.is_sensitive(source_id) or _plain(name) in PERSONAL
        return self._value(value, (name,), lambda path: hides or any(_plain(step) in PERSONAL for step in path))

    def text(self, text: str) -> str:
        """A text that may hold what is known, or an address."""
        for value in self.known:
            if value == text:
                return masked_text(text)
            if len(value) >= _SHORTEST:
                text = text.replace(value, masked_text(value)).replace(quote(value, safe=""), masked_text(value))
        return _EMAIL.sub(lambda found: masked_text(found[0]), text)

    def computed(self, path: str, value: Any) -> Any:
        """A value that events had at a path."""
        steps = ("context", *path.split(".")) if path.startswith("location.") else (*path.split("."),)
        return self._value(value, steps, lambda _: _hides(steps, sensitive=False))

    def event(self, body: Mapping[str, Any], source_id: str) -> dict[str, Any]:
        """An event's body, as a client sent it."""
        sensitive = self.is_sensitive(source_id)
        masked: dict[str, Any] = self._value(body, (), lambda path: _hides(path, sensitive))
        return masked

    def _value(self, value: Any, path: tuple[str, ...], hides: Callable[[tuple[str, ...]], bool]) -> Any:
        if isinstance(value, Mapping):
            return {name: self._value(inner, (*path, name), hides) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._value(inner, path, hides) for inner in value]
        if value is None or not hides(path):
            return self.text(value) if isinstance(value, str) else value
        return masked_text(value) if isinstance(value, str) else MASK


def _hides(path: tuple[str, ...], sensitive: bool) -> bool:
    """Whether what stands at a path of an event is personal."""
    first, rest = path[0], [_plain(step) for step in path[1:]]
    if path[:2] == ("context", "traits"):
        first, rest = "traits", rest[1:]
    match first:
        case "traits":
            return sensitive or any(step in PERSONAL for step in rest)
        case "properties":
            return sensitive or any(step in PERSONAL - _OF_THINGS or step in FREE_TEXT for step in rest)
        case "context":
            return rest[:1] == ["ip"] or (len(path) > 1 and path[1] in _CONTEXT_HOLDERS and rest[-1] in _CONTEXT)
    return first in _IDS


def _plain(name: str) -> str:
    return name.lower().translate(_LEFT_OUT)


_LEFT_OUT = str.maketrans("", "", "_- ")
