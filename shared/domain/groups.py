"""Groups: companies, teams, households that people say they belong to. They never make two people one.

What is known of a group is a fold of registers and sets, without any counter: an event may come again, in any order.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain.events import Event
from shared.domain.identifiers import NAMING, Naming, normalise
from shared.domain.maps import unite_by_key
from shared.domain.traits import MAX_NAME, Trait

NAMESPACE = "group_id"
MOST_TRAITS = 300
MAX_VALUE_BYTES = 1024
"""As JSON; with MOST_TRAITS all fit into an item. What is larger stays on its event."""


@dataclass(frozen=True, slots=True)
class Group:
    """`members` {anchor hash: first event time}: those that are known here, not all."""

    id: str
    traits: Mapping[str, Trait] = field(default_factory=dict)
    members: Mapping[str, str] = field(default_factory=dict)
    version: int = 0


def groups_of(events: Iterable[Event], naming: Naming = NAMING) -> dict[str, Group]:
    """What events say of groups, by id."""
    found: dict[str, Group] = {}
    for event in events:
        for group in _said(event, naming):
            found[group.id] = united(found[group.id], group) if group.id in found else group
    return found


def united(one: Group, other: Group) -> Group:
    """Both as one; of traits the newest names."""
    traits = unite_by_key(one.traits, other.traits, lambda a, b: max(a, b, key=lambda trait: trait.order))
    kept = sorted(traits.items(), key=lambda entry: (entry[1].order, entry[0]), reverse=True)[:MOST_TRAITS]
    members = unite_by_key(one.members, other.members, min)
    return Group(one.id, dict(kept), members, max(one.version, other.version))


def _said(event: Event, naming: Naming) -> Iterable[Group]:
    """By `groupId` of a group call, with its traits, and by `context.groupId` of any event."""
    context = event.body.get("context")
    named = [(context.get("groupId") if isinstance(context, Mapping) else None, False)]
    named += [(event.body.get("groupId"), True)] if event.type == "group" else []
    for value, has_traits in named:
        group_id = normalise(NAMESPACE, value, naming)
        if group_id and event.anchor:
            traits = _traits_of(event) if has_traits else {}
            yield Group(group_id.value, traits, {event.anchor: event.time})


def _traits_of(event: Event) -> dict[str, Trait]:
    said = event.body.get("traits")
    return {
        name: Trait(value, event.time, event.message_id, event.key, event.source_id)
        for name, value in (said.items() if isinstance(said, Mapping) else ())
        if len(name) <= MAX_NAME and _size(value) <= MAX_VALUE_BYTES
    }


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())
