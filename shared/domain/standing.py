"""What a person's consent comes to at a moment, purpose by purpose: their decisions, read by what is configured."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from shared.domain.consent import EVERY_CATEGORY, Decision, Decisions, Links, deciding, is_category
from shared.domain.purposes import UNASKED, Default, Purpose, Purposes
from shared.domain.times import from_text, months_later, to_text

StandingState = Literal["granted", "refused", "withdrawn", "expired"]


class Standing(NamedTuple):
    """What stands for a purpose: the `decision` that made it so, on which `anchor` and by which `signal`.

    `expires_at` and `reconfirm_by` are empty for never, and of anything but a grant.
    """

    state: StandingState
    decision: Decision
    anchor: str
    signal: str
    expires_at: str = ""
    reconfirm_by: str = ""


def standings(
    decisions: Decisions, links: Links, purposes: Purposes, now: datetime, reconfirm_months: int = 0
) -> dict[str, Standing]:
    """By purpose; one that nobody decided on is absent. `reconfirm_months`: what a policy pack asks of advertising."""
    given: dict[str, dict[str, dict[str, Decision]]] = {}
    for anchor, by_signal in decisions.items():
        for signal, decision in by_signal.items():
            for purpose in purposes.of(signal) if signal != EVERY_CATEGORY else ():
                given.setdefault(purpose.id, {}).setdefault(anchor, {})[signal] = decision
    _refuse_categories(given, decisions, purposes)
    return {one: _standing(purposes.get(one), given[one], links, now, reconfirm_months) for one in sorted(given)}


def _refuse_categories(
    given: dict[str, dict[str, dict[str, Decision]]], decisions: Decisions, purposes: Purposes
) -> None:
    """Where a client named no category at all: add that to each purpose on which categories decide."""
    refused = {a: by_signal[EVERY_CATEGORY] for a, by_signal in decisions.items() if EVERY_CATEGORY in by_signal}
    if not refused:
        return
    said = {one for one, by_anchor in given.items() if any(is_category(s) for on in by_anchor.values() for s in on)}
    asked = {one.id for one in purposes.by_id.values() if one.has_categories}
    for purpose in said | asked:
        for anchor, decision in refused.items():
            given.setdefault(purpose, {}).setdefault(anchor, {})[EVERY_CATEGORY] = decision


def states(found: Mapping[str, Standing]) -> dict[str, StandingState]:
    """{purpose: state}"""
    return {purpose: standing.state for purpose, standing in found.items()}


def permits(purpose: Purpose, standing: Standing | None, default: Default | None = None) -> bool:
    """Whether data may be used for a purpose. `default` is what holds without a decision, where it isn't its own."""
    if purpose.basis in UNASKED:
        return True
    if standing is None or standing.state == "expired":
        return (default or purpose.default) == "opt_out"
    return standing.state == "granted"


def _standing(
    purpose: Purpose, given: Mapping[str, Mapping[str, Decision]], links: Links, now: datetime, pack_months: int
) -> Standing:
    anchor, signal = deciding(given, links)
    decision = given[anchor][signal]
    if decision.state != "granted":
        return Standing(decision.state, decision, anchor, signal)
    expires = min(filter(None, (_after(decision.time, purpose.valid_months), decision.expires)), default="")
    state: StandingState = "expired" if expires and expires <= to_text(now) else "granted"
    asked = (purpose.reconfirm_months, pack_months if purpose.is_advertising else 0)
    reconfirm = min(filter(None, asked), default=0)
    return Standing(state, decision, anchor, signal, expires, _after(decision.time, reconfirm))


def _after(time: str, months: int) -> str:
    return to_text(months_later(from_text(time), months)) if months else ""
