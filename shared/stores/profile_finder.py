"""Finds one person for readers: by an identifier or an id in two round trips, where pointers are settled."""

from dataclasses import dataclass
from typing import NamedTuple

from shared.aws.dynamo import Item, batch_get
from shared.domain.profiles import Profile
from shared.stores import profile_items as items
from shared.stores.keys import IDENTIFIER, PROFILE, identifier_pk, profile_pk
from shared.stores.pointers import Fits, follow, pointed

_TRIES = 3


class Found(NamedTuple):
    """A person; `profile` is None where nothing was written of them yet. `contested`: found by a device of several."""

    profile_id: str
    profile: Profile | None
    contested: bool = False


@dataclass(frozen=True, slots=True)
class ProfileFinder:
    """`table` is the deployed name of the profiles table."""

    table: str

    def by_id(self, profile_id: str) -> Profile | None:
        """The live profile that an id stands for, or None where there never was one; without buckets."""
        return self._follow(profile_id, {}).profile

    def by_identifier(self, hashed: str) -> Found | None:
        """Who an identifier belongs to now, or None where it belongs to nobody."""
        for _ in range(_TRIES):
            item = self._item(identifier_pk(hashed), IDENTIFIER)
            if item is None:
                return None
            last = items.to_ownership(item).periods[-1].profile_id
            if item.get("contested"):
                return self._follow(last, {})._replace(contested=True)
            read: dict[str, Item | None] = {}
            starts = dict.fromkeys((pointed(item) or last, last))
            for start in starts:
                found = self._follow(start, read, lambda end, _: _holds(end, hashed))
                if found.profile and hashed in found.profile.identifiers:
                    return found
            # It changed hands between the two reads.
        return found

    def _follow(self, profile_id: str, read: dict[str, Item | None], *fits: Fits) -> Found:
        step = follow(profile_id, read, *fits)
        while not step.ends:
            read[step.profile_id] = self._item(profile_pk(step.profile_id), PROFILE)
            step = follow(profile_id, read, *fits)
        end = read[step.profile_id]
        return Found(step.profile_id, items.to_profile(end) if end else None)

    def _item(self, pk: str, sk: str) -> Item | None:
        return batch_get(self.table, [(pk, sk)], consistent=True).get((pk, sk))


def _holds(end: Item | None, hashed: str) -> bool:
    return end is not None and hashed in items.to_profile(end).identifiers
