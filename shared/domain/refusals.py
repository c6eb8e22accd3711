"""Refusals that were heard and may not be folded yet: heeded beside what is folded, they only ever take away."""

from collections.abc import Mapping

from shared.domain.consent import Decision, Decisions, later

Refusals = Mapping[str, Mapping[str, str]]
"""{identifier hash: {signal: time}}"""

HEARD = "heard"
"""Stands for the event that says it, and for its source: both are known once it is folded."""


def heeded(decisions: Decisions, refusals: Refusals) -> Decisions:
    """`decisions` with these refusals: a later grant on the same identifier stands against them."""
    united = {anchor: dict(by_signal) for anchor, by_signal in decisions.items()}
    for anchor, by_signal in refusals.items():
        given = united.setdefault(anchor, {})
        for signal, time in by_signal.items():
            given[signal] = later(given.get(signal), Decision("refused", time, HEARD, HEARD))
    return united
