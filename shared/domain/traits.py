"""Traits: named values about a person, the newest of each name, and the newest names of a person."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from shared.domain.events import Event

MOST_TRAITS = 500
"""Of a person. One that has been dropped was older than so many others, which only get newer: it never returns."""

MAX_VALUE_BYTES = 8 * 1024
"""As JSON. What is larger stays on its event."""

MAX_NAME = 200

_SURELY_SHORT = 1_000


class Trait(NamedTuple):
    """A last-writer-wins register with its provenance."""

    value: Any
    time: str
    message_id: str
    event: str
    source_id: str

    @property
    def order(self) -> tuple[str, str, str]:
        return (self.time, self.message_id, self.event)


def traits_of(event: Event) -> dict[str, Trait]:
    """Those that an event sets, save what a profile doesn't take."""
    return {
        name: Trait(value, event.time, event.message_id, event.key, event.source_id)
        for name, value in _said(event).items()
        if refused(name, value) is None
    }


def not_taken(event: Event) -> Iterator[str]:
    """Why traits stay on their event: `trait_too_large:bio`, `trait_name_too_long`."""
    for name, value in _said(event).items():
        if reason := refused(name, value):
            yield reason


def newest(traits: Mapping[str, Trait]) -> Mapping[str, Trait]:
    """At most MOST_TRAITS of them."""
    if len(traits) <= MOST_TRAITS:
        return traits
    kept = sorted(traits.items(), key=lambda entry: (entry[1].order, entry[0]), reverse=True)
    return dict(kept[:MOST_TRAITS])


def _said(event: Event) -> dict[str, Any]:
    """Traits come from identify calls: `context.traits`, overridden by `traits`."""
    if event.type != "identify":
        return {}
    context = event.body.get("context")
    found: dict[str, Any] = {}
    for holder in (context.get("traits") if isinstance(context, Mapping) else None, event.body.get("traits")):
        if isinstance(holder, Mapping):
            found.update(holder)
    return found


def refused(name: str, value: Any) -> str | None:
    """Why a profile doesn't take a trait; None where it does."""
    if len(name) > MAX_NAME:
        return "trait_name_too_long"
    if not isinstance(value, str | list | Mapping) or (isinstance(value, str) and len(value) < _SURELY_SHORT):
        return None
    too_large = len(json.dumps(value, ensure_ascii=False).encode()) > MAX_VALUE_BYTES
    return f"trait_too_large:{name}" if too_large else None
