"""What an operator decides about two people: that they are one, that they are not, or that they may be again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.identity import MOST_BYTES, kept_apart, standing
from shared.domain.identity_ledger import APART, LIFTED, MERGED
from shared.domain.identity_rules import IdentityRules
from shared.domain.profiles import Profile, merged
from shared.domain.stitching import Change, LedgerEntry, LedgerKey, People
from shared.domain.times import to_text
from shared.stores.cannot_links import CannotLink, CannotLinks
from shared.stores.pointers import Pointers, shortened
from shared.stores.profile_store import ContentionError, ProfileStore, WriteReason
from shared.stores.suppression_store import SuppressionStore

NO_RULES = -1
"""As the version of the rules: somebody decided, no rule."""

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Decider:
    """`by` is the name of an API token. ContentionError where others kept writing."""

    profiles: ProfileStore
    pointers: Pointers
    links: CannotLinks
    suppressions: SuppressionStore
    by: str
    now: datetime

    def join(self, ids: Sequence[str], rules: IdentityRules, why: str = "") -> Profile | str:
        """Make two people one, whatever limits say. Who it is now, or why they can't be."""
        for _ in range(_TRIES):
            people = self._live(ids)
            if reason := _bar(people, rules) or self._erased(people):
                return reason
            winner, loser = sorted(people, key=standing, reverse=True)
            before = People(profiles={one.id: one for one in people})
            after = before.copy()
            after.profiles[winner.id], after.profiles[loser.id] = merged(winner, loser)
            effect = {"loser": loser.id, "through": [min(one.identifiers) for one in people], "why": why}
            after.ledger = {LedgerKey(winner.id, f"{MERGED}{loser.id}"): self._entry(f"operator:{self.by}", effect)}
            if self._put(before, after):
                change = Change(frozenset(before.profiles), frozenset(), ())
                self.pointers.shorten(shortened(before, after, change), self.now)
                return after.profiles[winner.id]
        raise ContentionError

    def keep_apart(self, ids: Sequence[str], link: str, reason: str) -> str | None:
        """Write a cannot-link between two people. Why it can't be, or None."""
        for _ in range(_TRIES):
            people = self._live(ids)
            if len(people) < 2:
                return "one_person"
            if frozen := [one for one in people if one.frozen]:
                return f"frozen:{frozen[0].frozen}"
            before = People(profiles={one.id: one for one in people})
            after = before.copy()
            for side, one in enumerate(people):
                after.profiles[one.id] = replace(one, apart={**one.apart, link: (str(side),)})
                after.ledger[LedgerKey(one.id, f"{APART}{link}")] = self._entry(reason, {"sides": [str(side)]})
            if all(link in one.apart for one in people) or self._put(before, after):
                self.links.add(CannotLink(link, tuple(one.id for one in people), self.by, to_text(self.now), reason))
                return None
        raise ContentionError

    def lift(self, link: CannotLink) -> str | None:
        """Let those whom a cannot-link keeps apart be one again, once an event says so. Why it can't be, or None."""
        for profile_id in link.profile_ids:
            if reason := self._lift_from(profile_id, link.id):
                return reason
        self.links.lift(link, self.by, self.now)
        return None

    def _lift_from(self, profile_id: str, link: str) -> str | None:
        for _ in range(_TRIES):
            held = [one for one in self._live([profile_id]) if link in one.apart]
            if not held:
                return None
            (one,) = held
            if one.frozen:
                return f"frozen:{one.frozen}"
            after = replace(one, apart={name: sides for name, sides in one.apart.items() if name != link})
            written = {LedgerKey(one.id, f"{LIFTED}{link}"): self._entry(f"operator:{self.by}", {})}
            if self._put(People(profiles={one.id: one}), People(profiles={one.id: after}, ledger=written)):
                return None
        raise ContentionError

    def _erased(self, people: Sequence[Profile]) -> str | None:
        """Looked up after they were read: whoever is erased later is gone, or as this leaves them."""
        names = (identifier for one in people for identifier in one.identifiers.values())
        return "suppressed" if self.suppressions.any_of(names, to_text(self.now)) else None

    def _live(self, ids: Sequence[str]) -> list[Profile]:
        found = (self.profiles.profile(profile_id) for profile_id in ids)
        return list({one.id: one for one in found if one}.values())

    def _entry(self, reason: str, effect: Mapping[str, object]) -> LedgerEntry:
        at = to_text(self.now)
        return LedgerEntry(reason, "", "", at, at, 1, NO_RULES, effect)

    def _put(self, before: People, after: People) -> bool:
        change = Change(frozenset(after.profiles), frozenset(), ())
        try:
            self.profiles.put(before, after, change, WriteReason(), self.now)
        except ContentionError:
            return False
        return True


def _bar(people: Sequence[Profile], rules: IdentityRules) -> str | None:
    if len(people) < 2:
        return "one_person"
    if frozen := [one for one in people if one.frozen]:
        return f"frozen:{frozen[0].frozen}"
    if apart := kept_apart(people):
        return apart
    if len({hashed for one in people for hashed in one.identifiers}) > rules.most_identifiers:
        return "too_many_identifiers"
    return "profile_too_large" if sum(one.size for one in people) > MOST_BYTES else None
