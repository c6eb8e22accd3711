"""Refusals that were heard and may not be folded yet: heeded beside what is folded, they only ever take away."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from shared.domain.consent import Decision, Decisions, later
from shared.domain.consent_signals import heard
from shared.domain.identifiers import Identifier, Naming, of_event
from shared.domain.times import to_text
from shared.domain.validation import time_of

Refusals = Mapping[str, Mapping[str, str]]
"""{identifier hash: {signal: time}}"""

HEARD = "heard"
"""Stands for the event that says it, and for its source: both are known once it is folded."""


PREFERENCE_UPDATED = "Segment Consent Preference Updated"
"""What Segment's SDKs send when a person changes their mind; other events repeat what was said before."""


class Refusal(NamedTuple):
    """What one event refuses: by which signals, on which identifier, and when."""

    anchor: Identifier
    signals: list[str]
    time: str


def refusal_of(event: object, sent_at: str | None, received_at: str, naming: Naming) -> Refusal | None:
    """Of an event that came at `received_at`; None where it refuses nothing, or names nobody."""
    if not isinstance(event, Mapping):
        return None
    signals = refused_signals(event)
    identifiers = of_event(event, naming) if signals else ()
    if not identifiers:
        return None
    return Refusal(identifiers[0], signals, min(to_text(time_of(event, sent_at, received_at)[0]), received_at))


def united(refused: Iterable[tuple[str, Refusal]]) -> Refusals:
    """Several, each with the hash of its anchor: of each signal the latest time."""
    found: dict[str, dict[str, str]] = {}
    for anchor, one in refused:
        by_signal = found.setdefault(anchor, {})
        by_signal.update({signal: max(one.time, by_signal.get(signal, "")) for signal in one.signals})
    return found


def refused_signals(event: Mapping[str, Any]) -> list[str]:
    """Signals by which a person themselves has just refused something, by this event."""
    if not may_refuse(event):
        return []
    is_update = event.get("event") == PREFERENCE_UPDATED
    said = heard(event).decisions
    return [signal for signal, one in said.items() if one.state != "granted" and (is_update or one.is_explicit)]


def may_refuse(event: Mapping[str, Any]) -> bool:
    """Whether it is worth looking at: a cheap answer for each event at the door."""
    context = event.get("context")
    consent = context.get("consent") if isinstance(context, Mapping) else None
    return event.get("event") == PREFERENCE_UPDATED or (isinstance(consent, Mapping) and "decisions" in consent)


def heeded(decisions: Decisions, refusals: Refusals) -> Decisions:
    """`decisions` with these refusals: a later grant on the same identifier stands against them."""
    united = {anchor: dict(by_signal) for anchor, by_signal in decisions.items()}
    for anchor, by_signal in refusals.items():
        given = united.setdefault(anchor, {})
        for signal, time in by_signal.items():
            known = given.get(signal)
            if not known or known.state == "granted" or known.time < time:  # else it is folded
                given[signal] = later(known, Decision("refused", time, HEARD, HEARD))
    return united
