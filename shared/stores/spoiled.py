"""Items of people read as far as they can be: what was spoiled may be no JSON any more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from shared.domain.identity import Ownership
from shared.domain.profiles import Profile
from shared.stores import profile_items as items
from shared.stores.keys import IDENTIFIER, PROFILE, identifier_pk, profile_pk

_UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_PROFILE: Mapping[str, Any] = {
    "version": 0,
    "created_at": "",
    "updated_at": "",
    "identifiers": "{}",
    "changes": "{}",
    "recent": {},
    "busy": "{}",
    "apart": "{}",
    "frozen": "",
    "was_split": False,
    "declared": "",
    "rules": 0,
    "state": '{"consent":{},"events":{},"first_seen":"","last_seen":"","traits":{}}',
}
_OWNERSHIP: Mapping[str, Any] = {"namespace": "", "value": "", "periods": "[]", "contested": False, "decisions": 0}

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class AsFar(Generic[Read]):
    """What an item says, and the attributes that say nothing that can be read."""

    read: Read
    broken: tuple[str, ...]


def profile_in(item: Mapping[str, Any]) -> AsFar[Profile]:
    """The profile of an item, live whatever it says of that."""
    key = {"pk": item["pk"], "sk": PROFILE}
    broken: tuple[str, ...] = ()
    try:
        said = items.plain(item)
    except ValueError:
        said, broken = item, items.TOGETHER
    whole = {name: value for name, value in said.items() if name not in ("merged_into", "status", "packed")}
    as_far = _as_far(items.to_profile, key, _PROFILE, whole)
    return AsFar(as_far.read, (*broken, *as_far.broken))


def ownership_in(item: Mapping[str, Any]) -> AsFar[Ownership]:
    return _as_far(items.to_ownership, {"pk": item["pk"], "sk": IDENTIFIER}, _OWNERSHIP, item)


def _as_far(read: Any, key: Mapping[str, Any], defaults: Mapping[str, Any], item: Mapping[str, Any]) -> AsFar[Any]:
    broken = []
    for name in defaults:
        try:
            read({**key, **defaults, **({name: item[name]} if name in item else {})})
        except _UNREADABLE:
            broken.append(name)
    kept = {name: value for name, value in item.items() if name not in broken}
    return AsFar(read({**defaults, **kept, **key}), tuple(broken))


def profile_key(profile_id: str) -> tuple[str, str]:
    return profile_pk(profile_id), PROFILE


def ownership_key(hashed: str) -> tuple[str, str]:
    return identifier_pk(hashed), IDENTIFIER
