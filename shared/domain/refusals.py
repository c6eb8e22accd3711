"""Refusals that were heard and may not be folded yet: heeded beside what is folded, they only ever take away."""

from collections.abc import Mapping
from typing import Any

from shared.domain.consent import Decision, Decisions, later
from shared.domain.consent_signals import heard

Refusals = Mapping[str, Mapping[str, str]]
"""{identifier hash: {signal: time}}"""

HEARD = "heard"
"""Stands for the event that says it, and for its source: both are known once it is folded."""


PREFERENCE_UPDATED = "Segment Consent Preference Updated"
"""What Segment's SDKs send when a person changes their mind; other events repeat what was said before."""


def refused_signals(event: object) -> list[str]:
    """Signals by which a person themselves has just refused something, by this event."""
    if not isinstance(event, Mapping) or not may_refuse(event):
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
