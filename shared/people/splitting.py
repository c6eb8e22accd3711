"""Splitting people in the tables: every step can be done again, so that whoever dies in one is followed by the next.

The whole person is frozen first, and written last: until then all that is asked of them says what it said before.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from types import MappingProxyType
from typing import TypeVar

from shared.aws.batching import chunks
from shared.domain.profiles import Profile
from shared.domain.splitting import (
    Split,
    as_moved,
    entries,
    leads,
    moves,
    part_of,
    refusals,
    rest_of,
    undone,
    with_refusals,
)
from shared.domain.stitching import Change, LedgerEntry, LedgerKey, People
from shared.people.rebuilding import Rebuilder
from shared.stores.cannot_links import CannotLink, CannotLinks
from shared.stores.profile_store import ProfileStore, WriteReason

MOVES_AT_ONCE = 24
"""Four writes each, and a transaction takes 100."""

PARTS_AT_ONCE = 16
WORKERS = 8


Written = Mapping[LedgerKey, LedgerEntry]


class Splitting(StrEnum):
    """How far a split came. MORE: there is more to do. CHANGED: nothing was done, as the person isn't as planned.
    FROZEN: nor was anything, as somebody else holds the person, or their processing is stopped."""

    DONE = "done"
    MORE = "more"
    CHANGED = "changed"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class Splitter:
    profiles: ProfileStore
    rebuilder: Rebuilder
    links: CannotLinks

    def carry_out(self, split: Split, has_time: Callable[[], bool]) -> Splitting:
        """Go on with a split. ContentionError where others kept writing."""
        whole = self.profiles.profile(split.profile_id)
        if whole is None or whole.id != split.profile_id:
            return Splitting.CHANGED
        if split.link not in whole.apart:
            if whole.frozen != split.frozen and (whole.frozen or whole.stopped):
                return Splitting.FROZEN
            if not whole.frozen and whole.version != split.version:
                return Splitting.CHANGED
            if not whole.frozen:
                self._put(split, whole, replace(whole, frozen=split.frozen))
                return Splitting.MORE
            if not self._divide(whole, split, has_time):
                return Splitting.MORE
        ids = (split.profile_id, *(part.profile_id for part in split.parts))
        self.links.add(CannotLink(split.link, ids, split.by, split.at, split.reason))
        return Splitting.DONE

    def sides(self, whole: Profile, split: Split) -> list[Profile]:
        """What would come of it: who stays first, then each part; nothing is written."""
        whole = self.profiles.with_buckets(whole)
        people = as_moved(self._people(whole), whole, split)
        made = [rest_of(whole, split), *(part_of(whole, split, n + 1) for n in range(len(split.parts)))]
        return [self._folded(people, whole, side, split)[0] for side in made]

    def _divide(self, whole: Profile, split: Split, has_time: Callable[[], bool]) -> bool:
        """All that is to be done while the person is frozen; whether there was time for it."""
        remembering = self.profiles.with_buckets(whole)
        steps = (self._make_parts, self._move, self._lead_away, self._let_go)
        if not all(step(remembering, split, has_time) for step in steps):
            return False
        folded, written = self._folded(self._people(whole), remembering, rest_of(remembering, split), split)
        self._put(split, whole, folded, written)
        return True

    def _make_parts(self, whole: Profile, split: Split, has_time: Callable[[], bool]) -> bool:
        """Every new profile, frozen, with all that will be its own: nobody is led there before it is whole."""
        made = self.profiles.by_id(part.profile_id for part in split.parts)
        left = [n + 1 for n, part in enumerate(split.parts) if part.profile_id not in made]
        people = as_moved(self._people(whole), whole, split) if left else People()

        def make(side: int) -> None:
            part, written = self._folded(people, whole, part_of(whole, split, side), split)
            self.profiles.put_buckets(part)
            self._put(split, None, part, written)

        return _each(left, make, has_time)

    def _move(self, whole: Profile, split: Split, has_time: Callable[[], bool]) -> bool:
        left = moves(self._people(whole), whole, split)
        for some in chunks(left.items(), MOVES_AT_ONCE):
            if not has_time():
                return False
            before = People(ownerships={hashed: move.before for hashed, move in some})
            after = People(ownerships={hashed: move.after for hashed, move in some})
            after.ledger = {move.key: move.entry for _, move in some}
            to = frozenset(move.key.profile_id for _, move in some)
            self.profiles.put(
                before,
                after,
                Change(to, frozenset(after.ownerships), ()),
                WriteReason("split", split.job_id),
                datetime.now(UTC),
            )
        return True

    def _lead_away(self, whole: Profile, split: Split, has_time: Callable[[], bool]) -> bool:
        """Ids of merged profiles lead to whoever has what was theirs."""
        to = leads(whole, split)

        def lead(tombstone: Profile) -> None:
            led = replace(tombstone, merged_into=to[tombstone.id])
            self._put(split, tombstone, led, dict([undone(split, to[tombstone.id], tombstone.id)]))

        while left := self._led_elsewhere(to):  # again, as some lead through others
            if not _each(left, lead, has_time):
                return False
        return True

    def _led_elsewhere(self, to: Mapping[str, str]) -> list[Profile]:
        people = People(profiles=self.profiles.by_id({*to, *to.values()}))
        stored = [people.profiles[profile_id] for profile_id in to if profile_id in people.profiles]
        return [one for one in stored if people.live(one.id).id != people.live(to[one.id]).id]

    def _let_go(self, whole: Profile, split: Split, has_time: Callable[[], bool]) -> bool:
        made = self.profiles.by_id(part.profile_id for part in split.parts).values()
        held = [profile for profile in made if profile.frozen == split.frozen]
        return _each(held, lambda profile: self._put(split, profile, replace(profile, frozen="")), has_time)

    def _people(self, whole: Profile) -> People:
        return self.profiles.people_of(whole.identifiers)

    def _folded(self, people: People, whole: Profile, side: Profile, split: Split) -> tuple[Profile, Written]:
        """A side with its state, and what the ledger says of it."""
        folded = self.rebuilder.folded(people, side, datetime.now(UTC))
        refused = refusals(whole, folded, split, self.profiles.purposes())
        strict = with_refusals(folded, refused)
        return strict, entries(whole, strict, refused, split)

    def _put(
        self, split: Split, before: Profile | None, after: Profile, written: Written = MappingProxyType({})
    ) -> None:
        was = People(profiles={before.id: before} if before else {})
        people = People(profiles={after.id: after}, ledger=dict(written))
        touched = frozenset((after.id, *(key.profile_id for key in written)))
        self.profiles.put(
            was, people, Change(touched, frozenset(), ()), WriteReason("split", split.job_id), datetime.now(UTC)
        )


T = TypeVar("T")


def _each(left: Iterable[T], do: Callable[[T], None], has_time: Callable[[], bool]) -> bool:
    """Do it for each, some at once; whether there was time for all."""
    ahead = iter(left)
    with ThreadPoolExecutor(WORKERS) as pool:
        while some := list(islice(ahead, PARTS_AT_ONCE)):
            if not has_time():
                return False
            list(pool.map(do, some))
    return True
