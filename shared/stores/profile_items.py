"""Profiles and ownerships as items of the profiles table, and back."""

import json
from collections.abc import Mapping
from typing import Any

from shared.domain import state
from shared.domain.baselines import Baseline, BaselineKey
from shared.domain.events import HashedIdentifier
from shared.domain.identifiers import Identifier
from shared.domain.identity import Ownership, Period
from shared.domain.profiles import Change, Held, Profile
from shared.stores.keys import BASELINE, IDENTIFIER, PROFILE, RECENT, identifier_pk, profile_pk

SCHEMA = 1
MOST_REMEMBERED_INSIDE = 2000
"""Above so many remembered events, their hashes get an item of their own."""

MOST_BYTES = 390_000


class ProfileTooLargeError(Exception):
    """The profile would not fit into an item."""


def profile_item(
    profile: Profile, cause: str, correlation_id: str | None, republish_from: str | None
) -> dict[str, Any]:
    """The profile item; without `recent` where that has an item of its own."""
    item: dict[str, Any] = {
        "pk": profile_pk(profile.id),
        "sk": PROFILE,
        "v": SCHEMA,
        "version": profile.version,
        "status": "merged" if profile.is_merged else "active",
        "merged_into": profile.merged_into,
        "created_at": profile.created_at,
        "updated_at": profile.updated_at,
        "cause": cause,
        "correlation_id": correlation_id,
        "republish_from": republish_from,
    }
    if profile.is_merged:
        return item
    item |= {
        "identifiers": _json(profile.identifiers),
        "links": _json(profile.links),
        "state": state.to_json(profile.state),
        "changes": _json(profile.changes),
        "recent": None if is_recent_apart(profile) else profile.recent,
        "recent_apart": is_recent_apart(profile) or None,
    }
    if size_of(item) > MOST_BYTES:
        raise ProfileTooLargeError(profile.id)
    return item


def is_recent_apart(profile: Profile) -> bool:
    remembered = sum(len(kept) // 8 for hours in profile.recent.values() for kept in hours.values())
    return remembered > MOST_REMEMBERED_INSIDE


def recent_item(profile: Profile) -> dict[str, Any]:
    item = {"pk": profile_pk(profile.id), "sk": RECENT, "v": SCHEMA, "recent": profile.recent}
    if size_of(item) > MOST_BYTES:
        raise ProfileTooLargeError(profile.id)
    return item


def to_profile(item: Mapping[str, Any], recent_apart: Mapping[str, Any] | None = None) -> Profile:
    """The profile of an item, with the item of its remembered events where there is one."""
    profile = Profile(
        id=item["pk"].removeprefix("P#"),
        version=item["version"],
        merged_into=item.get("merged_into"),
        created_at=item["created_at"],
        updated_at=item["updated_at"],
    )
    if profile.is_merged:
        return profile
    return Profile(
        id=profile.id,
        version=profile.version,
        created_at=profile.created_at,
        updated_at=profile.updated_at,
        identifiers={hashed: Held(*held) for hashed, held in json.loads(item["identifiers"]).items()},
        links=json.loads(item["links"]),
        state=state.from_json(item["state"]),
        recent=(recent_apart or item).get("recent", {}),
        changes={fact: Change(*change) for fact, change in json.loads(item["changes"]).items()},
        size=size_of(item),
    )


def ownership_item(ownership: Ownership) -> dict[str, Any]:
    identifier = ownership.identifier.identifier
    return {
        "pk": identifier_pk(ownership.identifier.hash),
        "sk": IDENTIFIER,
        "v": SCHEMA,
        "namespace": identifier.namespace,
        "value": identifier.value,
        "periods": periods_text(ownership),
        "contested": ownership.contested or None,
    }


def periods_text(ownership: Ownership) -> str:
    return _json(ownership.periods)


def to_ownership(item: Mapping[str, Any]) -> Ownership:
    hashed = HashedIdentifier(Identifier(item["namespace"], item["value"]), item["pk"].removeprefix("I#"))
    periods = tuple(Period(*period) for period in json.loads(item["periods"]))
    return Ownership(hashed, periods, contested=item.get("contested", False))


def baseline_key(key: BaselineKey) -> tuple[str, str]:
    """(pk, sk): beside the identifier item of its anchor."""
    return identifier_pk(key.anchor), f"{BASELINE}{key.since}"


def baseline_item(baseline: Baseline) -> dict[str, Any]:
    pk, sk = baseline_key(baseline.key)
    return {
        "pk": pk,
        "sk": sk,
        "v": SCHEMA,
        "covered_until": baseline.covered_until,
        "state": state.to_json(baseline.state),
    }


def to_baseline(item: Mapping[str, Any]) -> Baseline:
    key = BaselineKey(item["pk"].removeprefix(identifier_pk("")), item["sk"].removeprefix(BASELINE))
    return Baseline(key, item["covered_until"], state.from_json(item["state"]))


def size_of(item: Mapping[str, Any]) -> int:
    """About the bytes that DynamoDB counts."""
    return sum(len(name) + _size(value) for name, value in item.items() if value is not None)


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, bytes):
        return len(value)
    return size_of(value) if isinstance(value, Mapping) else 21


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
