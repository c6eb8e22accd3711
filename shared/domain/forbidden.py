"""Numbers that must not come in: resident registration numbers and payment cards are found in any JSON and masked."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from shared.domain.forbidden_numbers import LOOKS_LIKE, Kind, spans

MASKS: dict[Kind, str] = {"resident_number": "[resident_number]", "card_number": "[card_number]"}
MARK = "masked"
"""Where a masked event says so: paths in `context.masked`."""

_LISTED = 100
_EXACT_FLOAT = 1e16
_BITS = 64
_FEWEST_DIGITS = 13
_SMALLEST = 10 ** (_FEWEST_DIGITS - 1)
_ANY = "*"
_NEVER_MASKED = ("messageId",)

Path = tuple[str, ...]

_IDENTIFIERS: tuple[Path, ...] = (
    *((name,) for name in ("userId", "anonymousId", "groupId", "previousId")),
    *((*holder, "email") for holder in (("traits",), ("context", "traits"), ("properties",))),
    *(("context", "device", name) for name in ("id", "token", "advertisingId")),
    ("context", "externalIds", _ANY, "id"),
)


class Found(NamedTuple):
    """A number that was masked. `path` is dotted and holds no number either."""

    kind: Kind
    path: str


class Masked(NamedTuple):
    """The value without forbidden numbers; the very same one where `found` is empty."""

    value: Any
    found: tuple[Found, ...]


def masked(value: Any, text: str) -> Masked:
    """Mask an element of a batch; `text` is its strict JSON. An event then lists the paths in `context.masked`.

    In identifiers only resident registration numbers are masked, and `masked_identifier` tells where: two people
    whose ids were masked must not become one.
    """
    if not LOOKS_LIKE.search(text) or not LOOKS_LIKE.search(_without_message_id(value, text)):
        return Masked(value, ())
    found: list[Found] = []
    clean = _walk(value, (), found)
    if not found:
        return Masked(value, ())
    return Masked(_marked(clean, found) if isinstance(clean, dict) else clean, tuple(found))


def _without_message_id(value: Any, text: str) -> str:
    """Most ids of browsers hold a time in milliseconds, and are left alone: for their sake nothing needs a walk."""
    message_id = value.get("messageId") if isinstance(value, dict) else None
    return text.replace(f'"messageId":"{message_id}"', "", 1) if isinstance(message_id, str) else text


def masked_text(text: str, is_identifier: bool = False) -> tuple[str, tuple[Kind, ...]]:
    """A text without forbidden numbers, and the kinds of those it held."""
    kinds: list[Kind] = []
    while _may_hold(text) and (hits := list(spans(text, is_identifier))):
        parts, end = [], 0
        for hit in hits:
            parts += [text[end : hit.start], MASKS[hit.kind]]
            end = hit.end
        text = "".join((*parts, text[end:]))
        kinds.extend(hit.kind for hit in hits)
    return text, tuple(kinds)


def masked_kinds(text: str) -> tuple[Kind, ...]:
    """What was masked in an element, by its strict JSON."""
    return tuple(kind for kind, mask in MASKS.items() if mask in text)


def masked_paths(element: Any) -> tuple[str, ...]:
    """What `context.masked` of an element lists."""
    context = element.get("context") if isinstance(element, Mapping) else None
    listed = context.get(MARK) if isinstance(context, Mapping) else None
    return tuple(path for path in listed if isinstance(path, str)) if isinstance(listed, list) else ()


def masked_identifier(element: Any) -> str | None:
    """The first identifier of a masked element that a mask stands in: its dotted path."""
    texts = (found for pattern in _IDENTIFIERS for found in _texts_at(element, (), pattern))
    return next((".".join(path) for path, text in texts if masked_kinds(text)), None)


def _texts_at(value: Any, path: Path, pattern: Path) -> Iterator[tuple[Path, str]]:
    if not pattern:
        yield from [(path, value)] if isinstance(value, str) else []
    elif pattern[0] == _ANY:
        for place, inner in enumerate(value if isinstance(value, list) else []):
            yield from _texts_at(inner, (*path, str(place)), pattern[1:])
    elif isinstance(value, Mapping) and pattern[0] in value:
        yield from _texts_at(value[pattern[0]], (*path, pattern[0]), pattern[1:])


def _is_identifier(path: Path) -> bool:
    in_list = path[:2] == ("context", "externalIds") and len(path) > 2
    return ((*path[:2], _ANY, *path[3:]) if in_list else path) in _IDENTIFIERS


def _walk(value: Any, path: Path, found: list[Found]) -> Any:
    if isinstance(value, dict):
        return _walk_map(value, path, found)
    if isinstance(value, list):
        return [_walk(inner, (*path, str(place)), found) for place, inner in enumerate(value)]
    if isinstance(value, str):
        if not _may_hold(value):
            return value
        clean, kinds = masked_text(value, _is_identifier(path))
    elif isinstance(value, int | float) and abs(value) >= _SMALLEST:
        clean, kinds = _masked_number(value, _is_identifier(path))
    else:
        return value
    found.extend(Found(kind, ".".join(path)) for kind in kinds)
    return clean


def _walk_map(value: Mapping[str, Any], path: Path, found: list[Found]) -> dict[str, Any]:
    """Two names that are one when masked stay two."""
    clean: dict[str, Any] = {}
    alike: Counter[str] = Counter()
    for name, inner in value.items():
        bare, kinds = masked_text(name) if _may_hold(name) else (name, ())
        shown = bare
        while kinds and (shown in clean or shown in value):
            alike[bare] += 1
            shown = f"{bare}'{alike[bare]}"
        found.extend(Found(kind, ".".join((*path, shown))) for kind in kinds)
        is_kept = not path and name in _NEVER_MASKED
        clean[shown] = inner if is_kept else _walk(inner, (*path, shown), found)
    return clean


def _may_hold(text: str) -> bool:
    return len(text) >= _FEWEST_DIGITS and LOOKS_LIKE.search(text) is not None


def _masked_number(value: int | float, is_identifier: bool) -> tuple[Any, tuple[Kind, ...]]:
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_FLOAT:
        whole = int(value)
    elif isinstance(value, int) and value.bit_length() <= _BITS:
        whole = value
    else:
        return value, ()
    hit = next(spans(str(abs(whole)), is_identifier, is_number=True), None)
    return (MASKS[hit.kind], (hit.kind,)) if hit else (value, ())


def _marked(element: dict[str, Any], found: list[Found]) -> dict[str, Any]:
    context = element.get("context") or {}
    if not isinstance(context, dict):  # it is refused for that
        return element
    paths = list(dict.fromkeys([*masked_paths(element), *(one.path for one in found)]))
    return {**element, "context": {**context, MARK: paths[:_LISTED]}}
