"""Everybody of a stage, for batch jobs: a scan of the profiles table in segments side by side."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass

from shared.aws.dynamo import Item, Key, Segment, batch_get, scan_page
from shared.domain.profiles import Profile
from shared.stores import profile_items as items
from shared.stores.contention import contention
from shared.stores.keys import PROFILE, profile_pk

_SEGMENTS = 4
_WHOLE = (
    "status", "version", "created_at", "updated_at", "identifiers", "state", "changes", "packed",
    "recent", "busy", "apart", "declared", "due", "stopped",
)  # fmt: skip
_LIVE = "#sk = :profile AND #status = :active"
_VALUES = {":profile": PROFILE, ":active": "active"}


@dataclass(frozen=True, slots=True)
class ProfileScan:
    """`table` is the deployed name of the profiles table."""

    table: str

    def known(self, segments: int = _SEGMENTS) -> Iterator[Profile]:
        """Identifiers and state of every profile that isn't merged into another, in no order; of each segment a page
        is in memory.
        """
        return map(items.to_part, self._live(("status", "identifiers", "state", "packed"), segments))

    def everybody(self, segments: int = _SEGMENTS) -> Iterator[Profile]:
        """The same, with all that the item says."""
        return map(items.to_profile, self._live(_WHOLE, segments))

    def _live(self, names: Sequence[str], segments: int) -> Iterator[Item]:
        with ThreadPoolExecutor(segments) as pool:
            waiting = {pool.submit(self._page, names, Segment(number, segments)) for number in range(segments)}
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for found, following in (future.result() for future in done):
                    if following:
                        waiting.add(pool.submit(self._page, names, following))
                    yield from found

    def _page(self, names: Sequence[str], segment: Segment) -> tuple[list[Item], Segment | None]:
        found, after, _ = scan_page(self.table, segment, names, _LIVE, _VALUES)
        return found, segment._replace(after=after) if after else None

    def whole(self, segment: Segment) -> tuple[list[Profile], Key | None]:
        """The live profiles of a page, without buckets, and the key to go on behind, None at the end."""
        with contention():
            found, after, _ = scan_page(self.table, segment, ("status",), _LIVE, _VALUES, whole=True)
        return [items.to_profile(item) for item in found], after

    def standing(self, ids: Iterable[str]) -> dict[str, Profile]:
        """Of those that are stored whether they are merged, and what keeps them apart; no more of them is read."""
        found = batch_get(self.table, [(profile_pk(i), PROFILE) for i in ids], names=("merged_into", "apart"))
        return {profile.id: profile for profile in map(items.to_part, found.values())}
