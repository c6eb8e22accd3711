"""Verifying a person against the fold of the identity ledger and of their events, and mending what differs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from shared.aws.dynamo import Item, Key
from shared.domain import verifying
from shared.domain.consent import Decision, Decisions, later
from shared.domain.events import HashedIdentifier
from shared.domain.identifiers import Identifier
from shared.domain.identity import Ownership
from shared.domain.identity_ledger import STRICT, Decided, WhoIsWho, who_is_who
from shared.domain.maps import unite_by_key
from shared.domain.profiles import Profile
from shared.domain.stitching import Change, People
from shared.domain.verifying import Difference
from shared.people.rebuilding import MOST_TRIES, Rebuilder, Rebuilding
from shared.stores.identity_log import IdentityLog
from shared.stores.profile_items import SCHEMA
from shared.stores.profile_store import ContentionError, ProfileStore, WriteReason
from shared.stores.raw_items import RawItems
from shared.stores.spoiled import ownership_in, ownership_key, profile_in, profile_key


@dataclass(frozen=True, slots=True)
class Look:
    """A person as stored and as folded. `items` are what was read; `people` what they have to be; `before` the profile
    as it is stored, with its buckets.
    """

    before: Profile
    people: People
    items: Mapping[Key, Item]
    differences: tuple[Difference, ...]

    @property
    def expected(self) -> Profile:
        return self.people.profiles[self.before.id]


@dataclass(frozen=True, slots=True)
class Verifier:
    """`hash_of` tells the hash of an identifier: no value can be another one's."""

    profiles: ProfileStore
    raw: RawItems
    log: IdentityLog
    rebuilder: Rebuilder
    hash_of: Callable[[Identifier], str]

    def differences(self, profile_id: str) -> tuple[Difference, ...] | None:
        """Where what is stored isn't as it has to be; None where the id is nobody's own any more.

        Read again where somebody wrote meanwhile. ContentionError where others kept writing.
        """
        for _ in range(MOST_TRIES):
            look = self.look(profile_id)
            if look is None:
                return None
            if not look.differences or self.raw.get(look.items) == look.items:
                return look.differences
        raise ContentionError

    def mend(self, profile_id: str, reason: WriteReason) -> Rebuilding:
        """Make what is stored as it has to be; ContentionError where others kept writing it."""
        lost: ContentionError | None = None
        for _ in range(MOST_TRIES):
            look = self.look(profile_id)
            if look is None:
                return Rebuilding.GONE
            if look.before.frozen:
                return Rebuilding.FROZEN
            if look.before.stopped:
                return Rebuilding.STOPPED
            if not look.differences:
                return Rebuilding.SAME
            try:
                self._write(look, reason)
                return Rebuilding.WRITTEN
            except ContentionError as error:
                lost = error
        raise lost or ContentionError

    def look(self, profile_id: str) -> Look | None:
        key = profile_key(profile_id)
        item = self.raw.get([key]).get(key)
        if item is None or not item.keys() & {"identifiers", "state", "changes", "packed"}:
            return None
        decided = self.log.behind({profile_id})
        who = who_is_who(decided)
        into = item.get("merged_into")
        if into and who_is_who(self.log.behind({into})).live(profile_id) != profile_id:
            return None
        stored = profile_in(item)
        ownerships, items, found = self._ownerships(who, stored.read)
        merged, told = verifying.merged_ids(who, profile_id), verifying.told_merges(who, decided, profile_id)
        tombstones = self.raw.get(map(profile_key, merged))
        found += _marked(item) + _of_tombstones(who, profile_id, merged, tombstones)
        before = stored.read
        if "busy" in stored.broken:  # with none, nothing of the last two days would be folded, and repeats would be
            busy = self.raw.busy_beside({profile_id, *merged})
            before = replace(before, busy={anchor: one for anchor, one in busy.items() if anchor in ownerships})
        before = self.profiles.with_buckets(before)
        expected = replace(
            before,
            identifiers={h: one.identifier.identifier for h, one in ownerships.items()},
            apart=verifying.kept_apart(who, decided, profile_id),
            was_split=verifying.was_split(who, decided, stored.read),
        )
        telling = self.profiles.telling(before.told_by)
        people = People(ownerships, {one: Profile(one, merged_into=profile_id) for one in merged})
        people.profiles[profile_id] = expected
        if not before.stopped:  # whose events are left where they are
            expected = self.rebuilder.folded(people, expected, datetime.now(UTC), refused(decided, ownerships))
        people.profiles[profile_id] = expected = verifying.as_told(expected, told, telling)
        of_it = verifying.of_profile(stored.read, expected, told, telling)
        found += verifying.unreadable("profile", stored.broken, of_it)
        return Look(before, people, {key: item, **items, **tombstones}, tuple(found))

    def _ownerships(
        self, who: WhoIsWho, stored: Profile
    ) -> tuple[dict[str, Ownership], Mapping[Key, Item], list[Difference]]:
        """What a profile's identifiers have to be, what is stored of them, and where that differs."""
        hashes = verifying.owned(who, stored.id) | stored.identifiers.keys()
        items = self.raw.get(map(ownership_key, hashes))
        expected: dict[str, Ownership] = {}
        found: list[Difference] = []
        for hashed in sorted(hashes):
            item = items.get(ownership_key(hashed))
            there = ownership_in(item) if item else None
            ownership = self._folded(who, hashed, there.read if there else None, stored)
            if ownership is None:
                continue  # the profile holds what isn't its own, and that is found there
            expected[hashed] = ownership
            of_it = verifying.of_ownership(hashed, there.read if there else None, ownership)
            found += verifying.unreadable(f"identifier {hashed}", there.broken if there else (), of_it)
            if item and item["v"] != SCHEMA:
                found.append(Difference(f"identifier {hashed}", "v", "differs"))
        return expected, items, found

    def _folded(self, who: WhoIsWho, hashed: str, there: Ownership | None, stored: Profile) -> Ownership | None:
        """Whose an identifier is by the ledger, or None where no period of it is the profile's."""
        periods, contested = who.periods.get(hashed, ()), hashed in who.contested
        decisions = who.decisions.get(hashed, 0)
        said = (there.periods, there.contested, there.decisions) if there else None
        if said != (periods, contested, decisions) and (of_it := self.log.of_identifier(hashed)):
            alone = who_is_who(of_it)  # also of others, who had it or have it now
            periods, contested, decisions = alone.periods[hashed], hashed in alone.contested, alone.decisions[hashed]
        if not any(who.live(period.profile_id) == stored.id for period in periods):
            return None
        identifier = HashedIdentifier(self._named(hashed, there, stored), hashed)
        return Ownership(identifier, periods, contested, decisions)

    def _named(self, hashed: str, there: Ownership | None, stored: Profile) -> Identifier:
        """The identifier whose hash it is, wherever it still stands."""
        known = [there.identifier.identifier] if there else []
        known += [stored.identifiers[hashed]] if hashed in stored.identifiers else []
        for identifier in known:
            if self.hash_of(identifier) == hashed:
                return identifier
        for anchor in {hashed, *stored.identifiers}:
            for event, _ in self.rebuilder.events.kept_of_anchor(anchor):
                for one in event.identifiers:
                    if one.hash == hashed:
                        return one.identifier
        return known[0] if known else Identifier("", "")

    def _write(self, look: Look, reason: WriteReason) -> None:
        """Identifiers and merged ids first: what breaks off in between is found by the next try."""
        places = {difference.place for difference in look.differences}
        for hashed, ownership in look.people.ownerships.items():
            if f"identifier {hashed}" in places:
                self.raw.put_ownership(look.items.get(ownership_key(hashed)), ownership)
        now = datetime.now(UTC)
        for merged in (p for p in look.people.profiles if f"merged {p}" in places):
            tombstone = look.people.profiles[merged]
            self.raw.put_tombstone(look.items.get(profile_key(merged)), tombstone, reason, now)
        before = People(profiles={look.before.id: look.before})
        after = People(profiles={look.before.id: look.expected}, fenced={look.before.id})
        self.profiles.put(before, after, Change(frozenset({look.before.id}), frozenset(), ()), reason, now)


def refused(decided: list[Decided], ownerships: Mapping[str, Ownership]) -> Decisions:
    """What splits refused on these identifiers."""
    found: Decisions = {}
    for one in decided:
        if one.entry.startswith(STRICT):
            given = {
                anchor: {purpose: Decision(*decision) for purpose, decision in by_purpose.items()}
                for anchor, by_purpose in one.effect["consent"].items()
                if anchor in ownerships
            }
            found = unite_by_key(found, given, lambda a, b: unite_by_key(a, b, later))
    return found


def _marked(item: Item) -> list[Difference]:
    found = []
    for name, wanted in (("v", SCHEMA), ("status", "active"), ("merged_into", None)):
        if item.get(name) != wanted:
            found.append(Difference("profile", name, "surplus" if wanted is None else "differs"))
    return found


def _of_tombstones(
    who: WhoIsWho, profile_id: str, merged: set[str], tombstones: Mapping[Key, Item]
) -> list[Difference]:
    """A tombstone may lead there by any of the merges between."""
    found = []
    for one in sorted(merged):
        item = tombstones.get(profile_key(one))
        if item is None:
            found.append(Difference(f"merged {one}", "", "missing"))
        elif who.live(item.get("merged_into", "")) != profile_id:
            found.append(Difference(f"merged {one}", "merged_into", "differs"))
        for name, wanted in (("v", SCHEMA), ("status", "merged")):
            if item and item.get(name) != wanted:
                found.append(Difference(f"merged {one}", name, "differs"))
    return found
