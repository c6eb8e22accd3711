"""Identifiers: which values of an event name a person, normalised, and which never do."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

MAX_LENGTH = 512
MAX_PER_EVENT = 20
PHONE_REGION = "KR"

ORDER = (
    "user_id",
    "email",
    "phone",
    "external_id",
    "device_id",
    "advertising_id",
    "device_token",
    "anonymous_id",
)
"""Highest first. Keys of stored events are built on this order, so no configuration changes it. A customer's own
external id type ranks where `external_id` does."""

DEVICE_NAMESPACES = frozenset({"device_id", "advertising_id", "device_token", "anonymous_id"})

_BLOCKED = frozenset(
    "null none nil undefined nan anonymous guest unknown distinctid distinct_id not_authenticated"
    " true false -1 {} [] void".split()
) | {"[object object]"}
_ONLY_ZEROS = re.compile(r"[0\-]*")
_KOREAN_EXTENSION = re.compile(r"내선\s*\d+\s*$")  # phonenumbers knows "ext. 12" but not this
_EXTERNAL_TYPE = re.compile(r"[a-z][a-z0-9_.]{0,49}")


@dataclass(frozen=True, slots=True, order=True)
class Identifier:
    """One normalised (namespace, value)."""

    namespace: str
    value: str


class Naming(NamedTuple):
    """What a company says of values: those that name nobody, in small letters, and whose numbers have no code."""

    blocked: frozenset[str] = frozenset()
    phone_region: str = PHONE_REGION


NAMING = Naming()


def rank(namespace: str) -> int:
    """Position in ORDER; lower is higher."""
    return ORDER.index(namespace) if namespace in ORDER else ORDER.index("external_id")


def normalise(namespace: str, value: object, naming: Naming = NAMING) -> Identifier | None:
    """The identifier that `value` (text or a number) stands for, or None where it names nobody."""
    text = plain(value)
    if not text:
        return None
    if namespace == "email":
        text = text.lower()
    elif namespace == "phone":
        text = _e164(text, naming.phone_region)
    if not text or len(text) > MAX_LENGTH or is_blocked(text, naming) or not _storable(text):
        return None
    if namespace == "email" and not 0 < text.find("@") < len(text) - 1:
        return None
    return Identifier(namespace, text)


def plain(value: object) -> str:
    """Text or a number as it is compared before any namespace is known; nothing for what can't be an identifier."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    try:
        return unicodedata.normalize("NFKC", str(value)).strip()
    except ValueError:  # an integer of thousands of digits
        return ""


def is_external_type(text: str) -> bool:
    """Whether `context.externalIds` may call a type so."""
    return _EXTERNAL_TYPE.fullmatch(text) is not None and text != "group_id"


def is_blocked(text: str, naming: Naming = NAMING) -> bool:
    """Whether a value is one of those that buggy clients send for everybody."""
    bare = text.strip("\"'").strip().lower()
    return bare in _BLOCKED or bare in naming.blocked or _ONLY_ZEROS.fullmatch(bare) is not None


def _storable(text: str) -> bool:
    return text.isprintable() or not any(unicodedata.category(c) in ("Cc", "Cs") for c in text)


def _e164(text: str, region: str) -> str:
    """A valid number as `+821012345678`, or nothing."""
    import phonenumbers  # costs 30 ms and 8 MB: only those who meet a phone pay

    bare = re.sub(r"^\(?00", "+", _KOREAN_EXTENSION.sub("", text[:64]))
    try:
        number = phonenumbers.parse(bare, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def of_event(event: Mapping[str, Any], naming: Naming = NAMING) -> tuple[Identifier, ...]:
    """Identifiers of a raw event of any shape, highest first, no repeats, at most MAX_PER_EVENT. Never raises.

    Its own `userId` stands before other user ids: `previousId` of an alias may be one.
    """
    pairs = ((namespace, value) for namespace, value in _candidates(event) if value is not None)
    found = {identifier for namespace, value in pairs if (identifier := normalise(namespace, value, naming))}
    own = normalise("user_id", event.get("userId"), naming)
    return tuple(sorted(found, key=lambda i: (rank(i.namespace), i != own, i))[:MAX_PER_EVENT])


def names_anyone(event: Mapping[str, Any]) -> bool:
    """Whether an event carries any value where an identifier stands, usable or blocked."""
    return any(bool(value.strip()) if isinstance(value, str) else value is not None for _, value in _candidates(event))


def _candidates(event: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    context = _mapping(event.get("context"))
    device = _mapping(context.get("device"))
    yield "user_id", event.get("userId")
    if event.get("type") == "alias":  # what a person was called before, anonymous or known
        yield "user_id", event.get("previousId")
        yield "anonymous_id", event.get("previousId")
    for holder in (event.get("traits"), context.get("traits"), event.get("properties")):
        fields = _mapping(holder)
        yield "email", fields.get("email")
        yield "phone", fields.get("phone")
    yield from _external(context.get("externalIds"))
    yield "device_id", device.get("id")
    yield (
        "advertising_id",
        device.get("advertisingId") if device.get("adTrackingEnabled") is not False else None,
    )
    yield "device_token", device.get("token")
    yield "anonymous_id", event.get("anonymousId")


def _external(entries: object) -> Iterator[tuple[str, object]]:
    """`context.externalIds`: people only; accounts and groups never name a person."""
    for entry in entries[:100] if isinstance(entries, list) else []:
        fields = _mapping(entry)
        kind = fields.get("type")
        if not isinstance(kind, str) or not is_external_type(kind):
            continue
        if fields.get("collection", "users") == "users":
            yield kind, fields.get("id")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
