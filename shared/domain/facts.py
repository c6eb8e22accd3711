"""What is said about a person: the difference between two images of a profile item, as facts for the bus."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from shared.domain.consent_deadlines import RECONFIRM
from shared.domain.profiles import Change
from shared.domain.told import is_in

DetailType = Literal[
    "Profile Created",
    "Profile Merged",
    "Profile Split",
    "Profile Erased",
    "Traits Changed",
    "Consent Changed",
    "Segment Entered",
    "Segment Exited",
    "Segment Changed In Bulk",
]
Cause = Literal["live", "replay", "rebuild", "split"]


@dataclass(frozen=True, slots=True)
class Image:
    """A profile item as one write left it: what facts are made of, and no value of a trait. Of segments that it changed
    `in_bulk` a fact about all their people is told.
    """

    profile_id: str
    version: int
    is_merged: bool
    changes: Mapping[str, Change]
    cause: Cause = "live"
    correlation_id: str | None = None
    republish_from: str | None = None
    is_silent: bool = False
    in_bulk: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact. `id` is the same each time the fact is published; `sequence` is the profile's version it came with."""

    id: str
    detail_type: DetailType
    profile_id: str
    data: Mapping[str, Any]
    sequence: int
    time: str
    cause: Cause
    correlation_id: str | None


def facts(old: Image | None, new: Image) -> list[Fact]:
    """What the write from `old` to `new` changed; for a write made by a redrive also what changed since then."""
    if new.is_merged or new.is_silent:
        return []  # of a merge only the winner speaks
    known = old.version if old else 0
    told: dict[str, Change] = {}
    named: dict[tuple[str, int], tuple[Change, list[str]]] = {}
    for key, change in new.changes.items():
        fresh = known < change.version == new.version
        was_told = change.version and new.republish_from is not None and change.at >= new.republish_from
        if not fresh and not was_told:
            continue
        kind, _, name = key.partition(":")
        if fresh and kind == "segment" and name in new.in_bulk:
            continue
        if kind in ("trait", "split"):
            named.setdefault((kind, change.version), (change, []))[1].append(name)
        else:
            told[key] = change
    found = [_of(key, change, old, new) for key, change in told.items()]
    found += [_of_many(kind, sorted(names), change, new) for (kind, _), (change, names) in named.items()]
    return sorted(found, key=lambda fact: (fact.sequence, fact.detail_type != "Profile Created", fact.id))


def erased(old: Image, at: str) -> Fact:
    """Of a person who is erased, by the last image of theirs."""
    merged = sorted(key.partition(":")[2] for key in old.changes if key.startswith("merged:"))
    last = replace(old, version=old.version + 1, cause="live", correlation_id=None)
    return _fact("Profile Erased", "", {"merged_profile_ids": merged}, Change("", last.version, at), last)


def erased_id(profile_id: str, version: int) -> str:
    """The id of the fact that a person was erased whose profile had this version last."""
    return _id(profile_id, version + 1, "Profile Erased", "")


def _of_many(kind: str, names: list[str], change: Change, new: Image) -> Fact:
    """One fact of all that one write changed alike."""
    if kind == "split":
        return _fact("Profile Split", "", {"split_profile_ids": names}, change, new)
    return _fact("Traits Changed", "", {"traits": names}, change, new)


def _of(key: str, change: Change, old: Image | None, new: Image) -> Fact:
    kind, _, subject = key.partition(":")
    match kind:
        case "created":
            return _fact("Profile Created", "", {}, change, new)
        case "merged":
            return _fact("Profile Merged", subject, {"merged_profile_id": subject}, change, new)
        case "consent":
            before = old.changes.get(key) if old else None
            previous = before.value if before and before.version < change.version else "unknown"
            data: dict[str, Any] = {"purpose": subject, "state": _state(change.value), "previous": _state(previous)}
            data |= {"reconfirmation_due": True} if change.value == RECONFIRM else {}
            data |= {"evidence": change.evidence} if change.evidence else {}
            return _fact("Consent Changed", subject, data, change, new)
        case "segment":
            return membership(subject, change, new)
    raise ValueError(f"no fact is known as {kind}")


def membership(segment: str, change: Change, new: Image) -> Fact:
    data = {"segment": segment} | ({"arm": arm} if (arm := change.value.partition(":")[2]) else {})
    return _fact("Segment Entered" if is_in(change.value) else "Segment Exited", segment, data, change, new)


def _state(told: str) -> str:
    return "granted" if told == RECONFIRM else told


def _fact(detail_type: DetailType, subject: str, data: Mapping[str, Any], change: Change, new: Image) -> Fact:
    return Fact(
        id=_id(new.profile_id, change.version, detail_type, subject),
        detail_type=detail_type,
        profile_id=new.profile_id,
        data={"profile_id": new.profile_id, **data},
        sequence=change.version,
        time=change.at,
        cause=new.cause if change.version == new.version else "replay",
        correlation_id=new.correlation_id if change.version == new.version else None,
    )


def _id(*parts: object) -> str:
    return hashlib.sha256("\x00".join(map(str, parts)).encode()).hexdigest()[:32]
