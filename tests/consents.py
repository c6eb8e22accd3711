"""Purposes of several signals, and what they permit: for tests of what may never be widened."""

from itertools import product

from shared.domain.purposes import NONE_DECLARED, Default, Purpose, Purposes, purposes_of
from shared.domain.standing import permits, standings
from shared.domain.state import ProfileState
from tests.people import NOW

SIGNALS = (
    ("Advertising",),
    ("Advertising", "google:ad_storage"),
    ("Advertising", "google:ad_storage", "gpc"),
    ("gpc",),
)
_DEFAULTS: tuple[Default, ...] = ("opt_in", "opt_out")
DECLARED = purposes_of(
    Purpose(f"{default}_{number}", {}, default=default, signals=signals)
    for default, (number, signals) in product(_DEFAULTS, enumerate(SIGNALS))
)


def permitted(state: ProfileState, purposes: Purposes = DECLARED) -> set[str]:
    """Ids of the purposes that are; also of signals, each as a purpose of its own."""
    found = standings(state.consent, state.links, purposes, NOW)
    alone = standings(state.consent, state.links, NONE_DECLARED, NOW)
    granted = {signal for signal, standing in alone.items() if permits(NONE_DECLARED.get(signal), standing)}
    return granted | {one.id for one in purposes.by_id.values() if permits(one, found.get(one.id))}
