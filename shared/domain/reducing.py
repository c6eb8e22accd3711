"""An event that refuses what its source needs is reduced: what is left of it says the refusal, and nothing else."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.domain.consent import EVERY_CATEGORY
from shared.domain.consent_signals import heard
from shared.domain.contacts import bearing
from shared.domain.events import Event
from shared.domain.identifiers import NAMING, Identifier, Naming, of_event
from shared.domain.purposes import Purpose

REDUCED = "Reduced"
"""The name of a reduced track event: its own could tell what the person did."""

_KEPT = ("type", "messageId", "timestamp", "originalTimestamp", "sentAt", "userId", "anonymousId")
_NEEDED: Mapping[str, tuple[str, ...]] = {"group": ("groupId",), "alias": ("previousId",)}
_CONSENT = ("consent", "consentManagement", "gpc")


def refuses(body: Mapping[str, Any], purpose: Purpose) -> bool:
    """Whether an event itself says no to a purpose, by any signal that decides on it."""
    said = heard(body).decisions
    signals = purpose.decided_by & said.keys()
    everything = EVERY_CATEGORY in said and purpose.has_categories
    return everything or any(said[signal].state != "granted" for signal in signals)


def reduced_to_refusal(event: Event, naming: Naming = NAMING) -> Event:
    """`event` with type, messageId, times, consent, and the ids that its decision is about; under the same key. Again,
    it changes nothing.
    """
    body = _only_refusal(event.body, event.identifiers[0].identifier if event.identifiers else None, naming)
    left = {*of_event(body, naming)}
    named = tuple(one for one in event.identifiers if one.identifier in left)
    return replace(event, name=REDUCED if event.name else None, identifiers=named, body=body)


def _only_refusal(said: Mapping[str, Any], anchor: Identifier | None, naming: Naming) -> dict[str, Any]:
    names = (*_KEPT, *_NEEDED.get(said["type"], ()))
    kept = {name: said[name] for name in names if name in said}
    if said["type"] == "track":
        kept["event"] = REDUCED
    came = said.get("context")
    context = {name: came[name] for name in _CONSENT if name in came} if isinstance(came, Mapping) else {}
    borne = {} if anchor is None or anchor in of_event(kept, naming) else bearing(anchor)
    whole = {**borne.get("context", {}), **context}
    return {**kept, **({"context": whole} if whole else {})}
