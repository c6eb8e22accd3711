"""What data of a person may be used for at a moment, and why not: their standings as their policy pack reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import cached_property

from shared.domain.consent_signals import GPC
from shared.domain.places import country_of, is_below, is_guessed, zone_of
from shared.domain.policy_packs import PolicyPack, pack_for
from shared.domain.purposes import UNASKED, Default, Purpose, Purposes, guardian_signal
from shared.domain.standing import Standing, permits, standings
from shared.domain.state import ProfileState
from shared.domain.times import from_text, to_text

_ZONE = "UTC"


@dataclass(frozen=True)
class Consenting:
    state: ProfileState
    purposes: Purposes
    packs: Mapping[str, PolicyPack]
    at: datetime

    @cached_property
    def pack(self) -> PolicyPack | None:
        return pack_for(self.packs, country_of(self.state))

    @cached_property
    def standings(self) -> dict[str, Standing]:
        """By purpose; one that nobody decided on is absent."""
        months = self.pack.reconfirm_months if self.pack else 0
        return standings(self.state.consent, self.state.links, self.purposes, self.at, months)

    @cached_property
    def local_now(self) -> datetime:
        """By the person's clock."""
        return self.at.astimezone(self._zone)

    @cached_property
    def withheld_traits(self) -> frozenset[str]:
        """Names of the traits that may not leave: some purpose of theirs isn't permitted, or is disabled."""
        against = (one for one in self.purposes.by_id.values() if self.why_not(one))
        return self.purposes.closed.union(*(one.traits for one in against))

    def why_not(self, purpose: Purpose) -> str | None:
        """Why data may not be used for a purpose; None where they may."""
        if purpose.id not in self.purposes.by_id:
            return "unknown_purpose"
        if purpose.basis in UNASKED:
            return None
        standing = self.standings.get(purpose.id)
        if not permits(purpose, standing, self._default(purpose)):
            return standing.state if standing else "not_granted"
        if standing and standing.reconfirm_by and standing.reconfirm_by <= to_text(self.at):
            return "reconfirm_due"
        return "guardian_needed" if self._needs_guardian(purpose) and not self._guardian_grants(purpose) else None

    def is_granted(self, purpose_id: str) -> bool:
        """Whether a live purpose was granted, and still is: no default is enough."""
        standing = self.standings.get(purpose_id)
        is_granted = standing is not None and standing.state == "granted"
        return is_granted and self.why_not(self.purposes.get(purpose_id)) is None

    def notice_by(self, standing: Standing) -> str:
        """Until when the person is to be told what became of their decision; empty where no law asks for it."""
        days = self.pack.notice_days if self.pack else 0
        return to_text(from_text(standing.decision.time) + timedelta(days=days)) if days else ""

    @cached_property
    def _zone(self) -> tzinfo:
        quiet = self.pack.quiet_hours if self.pack else None
        return zone_of(self.state, quiet.zone if quiet else _ZONE)

    def _default(self, purpose: Purpose) -> Default | None:
        if not self.pack:
            return None
        if purpose.is_advertising and self.pack.honours_gpc and self._sent_gpc:
            return "opt_in"
        default = purpose.defaults.get(self.pack.id) or self.pack.default
        is_guess = not self.pack.for_everybody and is_guessed(self.state)
        return None if is_guess and default == "opt_out" else default

    @cached_property
    def _sent_gpc(self) -> bool:
        """Whether a browser of theirs asked not to sell or share what it sends."""
        return any(GPC in said for said in self.state.consent.values())

    def _needs_guardian(self, purpose: Purpose) -> bool:
        years = self.pack.guardian_under if self.pack else 0
        return bool(years) and purpose.basis == "consent" and is_below(self.state, years, self.local_now.date())

    def _guardian_grants(self, purpose: Purpose) -> bool:
        signal = guardian_signal(purpose.id)
        theirs = {anchor: {signal: said[signal]} for anchor, said in self.state.consent.items() if signal in said}
        found = standings(theirs, self.state.links, self.purposes, self.at).get(purpose.id)
        return found is not None and found.state == "granted"
