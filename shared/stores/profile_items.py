"""Profiles and ownerships as items of the profiles table, and back."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from shared.aws.dynamo import to_attributes
from shared.domain import state
from shared.domain.baselines import Baseline, BaselineKey
from shared.domain.events import Event, HashedIdentifier
from shared.domain.identifiers import Identifier
from shared.domain.identity import Ownership, Period
from shared.domain.profiles import REMEMBERED, Change, Profile, parts
from shared.domain.remembered import Bucket, Busy, hashes_in
from shared.domain.state import ProfileState
from shared.domain.times import from_text
from shared.stores.keys import BASELINE, DEMOTION, IDENTIFIER, PROFILE, RECENT, identifier_pk, profile_pk
from shared.stores.packing import PERSON, packed, unpacked

SCHEMA = 1
MOST_BYTES = 390_000
PACKED_ABOVE = 1_024
"""Bytes of an item: it is packed where that saves write units. Limits go by the size that it has unpacked."""

TOGETHER = ("identifiers", "changes", "state", "created_at", "declared", "busy")
"""Texts of one line that no condition and no filter asks for: packed as one, as hashes, names and times recur."""


class ProfileTooLargeError(Exception):
    """The profile would not fit into an item."""


def profile_item(
    profile: Profile,
    cause: str,
    correlation_id: str | None,
    republish_from: str | None,
    is_silent: bool = False,
    in_bulk: Sequence[str] = (),
) -> dict[str, Any]:
    """The profile item, without what lies in buckets."""
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
        "silent": is_silent or None,
        "in_bulk": " ".join(in_bulk) or None,
    }
    if profile.is_merged:
        return item
    identifiers = {hashed: [i.namespace, i.value] for hashed, i in profile.identifiers.items()}
    item |= {
        "identifiers": _json(identifiers),
        "state": state.to_json(profile.state),
        "changes": _json({fact: [*c[:3], *filter(None, c[3:])] for fact, c in profile.changes.items()}),
        "recent": profile.recent,
        "busy": _json(profile.busy) if profile.busy else None,
        "apart": _json(profile.apart) if profile.apart else None,
        "frozen": profile.frozen or None,
        "stopped": profile.stopped or None,
        "was_split": profile.was_split or None,
        "declared": profile.declared or None,
        "rules": profile.rules or None,
        "told_by": profile.told_by or None,
        "due": " ".join(profile.due) or None,
    }
    size = size_of(item)
    if size > MOST_BYTES:
        raise ProfileTooLargeError(profile.id)
    if size <= PACKED_ABOVE:
        return item
    lines = "\n".join(item[name] or "" for name in TOGETHER)
    return {**item, **dict.fromkeys(TOGETHER), "packed": packed(lines, PERSON)}


def plain(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """An item, or what was read of it, with nothing packed. ValueError where that is broken."""
    if "packed" not in item:
        return item
    lines = zip(TOGETHER, unpacked(item["packed"]).split("\n"), strict=True)
    beside = {name: value for name, value in item.items() if name != "packed"}
    return {**{name: line for name, line in lines if line}, **beside}


def bucket_update(profile: Profile, bucket: Bucket, hashes: bytes) -> dict[str, Any]:
    """The update by which hashes are moved to a bucket beside `profile`; done twice, it is as done once."""
    pk, sk = bucket_key(profile.id, bucket, parts(profile, bucket)[-1])
    ends = from_text(f"{bucket.quarter}:00:00.000Z") + REMEMBERED + timedelta(days=1)
    values = {":v": SCHEMA, ":ttl": int(ends.timestamp()), ":hashes": frozenset(hashes_in(hashes))}
    return {
        "Key": to_attributes({"pk": pk, "sk": sk}),
        "UpdateExpression": "SET v = :v, #ttl = :ttl ADD hashes :hashes",
        "ExpressionAttributeNames": {"#ttl": "ttl"},
        "ExpressionAttributeValues": to_attributes(values),
    }


def bucket_key(profile_id: str, bucket: Bucket, part: int) -> tuple[str, str]:
    return profile_pk(profile_id), f"{RECENT}{bucket.anchor}#{bucket.quarter}#{part}"


def to_bucket(item: Mapping[str, Any]) -> tuple[Bucket, bytes]:
    """The bucket that an item is of, and the hashes in it."""
    anchor, quarter, _ = item["sk"].removeprefix(RECENT).split("#")
    return Bucket(anchor, quarter), b"".join(item["hashes"])


def to_profile(item: Mapping[str, Any]) -> Profile:
    """The profile of an item, without any bucket."""
    item = plain(item)
    profile = Profile(
        id=item["pk"].removeprefix("P#"),
        version=item["version"],
        merged_into=item.get("merged_into"),
        created_at=item["created_at"],
        updated_at=item["updated_at"],
    )
    if profile.is_merged:
        return profile
    return replace(
        profile,
        identifiers={hashed: Identifier(*held) for hashed, held in json.loads(item["identifiers"]).items()},
        state=state.from_json(item["state"]),
        recent=item.get("recent", {}),
        busy={a: Busy(tuple(beside), quarters) for a, (beside, quarters) in json.loads(item.get("busy", "{}")).items()},
        apart=_tuples(item.get("apart")),
        frozen=item.get("frozen", ""),
        stopped=item.get("stopped", ""),
        was_split=item.get("was_split", False),
        declared=item.get("declared", ""),
        rules=item.get("rules", 0),
        told_by=item.get("told_by", 0),
        due=tuple(item.get("due", "").split()),
        changes={fact: Change(*change) for fact, change in json.loads(item["changes"]).items()},
        size=size_of(item),
    )


def to_part(item: Mapping[str, Any]) -> Profile:
    """What was read of a profile's item that says who it is, what is known of it and what keeps it apart."""
    item = plain(item)
    return Profile(
        item["pk"].removeprefix("P#"),
        merged_into=item.get("merged_into"),
        identifiers={hashed: Identifier(*held) for hashed, held in json.loads(item.get("identifiers", "{}")).items()},
        state=state.from_json(item["state"]) if "state" in item else ProfileState(),
        apart=_tuples(item.get("apart")),
    )


def _tuples(text: str | None) -> dict[str, tuple[str, ...]]:
    return {name: tuple(values) for name, values in json.loads(text).items()} if text else {}


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
        "decisions": ownership.decisions,
    }


def demotion_item(hashed: str, reason: str, event: Event) -> dict[str, Any]:
    """What leads from an identifier to an event on which it was demoted."""
    return {
        "pk": identifier_pk(hashed),
        "sk": f"{DEMOTION}{event.key}",
        "v": SCHEMA,
        "reason": reason,
        "time": event.time,
    }


def periods_text(ownership: Ownership) -> str:
    return _json(ownership.periods)


def to_ownership(item: Mapping[str, Any]) -> Ownership:
    hashed = HashedIdentifier(Identifier(item["namespace"], item["value"]), item["pk"].removeprefix("I#"))
    periods = tuple(Period(*period) for period in json.loads(item["periods"]))
    return Ownership(hashed, periods, contested=item.get("contested", False), decisions=item["decisions"])


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
