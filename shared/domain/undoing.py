"""Undoing by cause: who a person falls into, once what was decided for one cause is taken back.

Each decision that put an identifier into a person, or two people together, names the identifiers it went through.
Those are its ties; a person is what they hold together.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from shared.domain.identity_ledger import ATTACHED, MERGED, MOVED, Decided
from shared.domain.profiles import Profile
from shared.domain.splitting import Part, came_as
from shared.domain.stitching import People


@dataclass(frozen=True, slots=True)
class Cause:
    """Which decisions to take back, of those made from `since` on: all that went `through` an identifier (its hash);
    or the merges by a version of the rules, from a source, or of one profile (`merged`). One of the four is set.
    """

    since: str = ""
    through: str = ""
    rules: int | None = None
    source_id: str = ""
    merged: str = ""


def is_merge_of(cause: Cause, decision: Decided) -> bool:
    """Whether the decision is a merge that the cause takes back."""
    if not decision.entry.startswith(MERGED) or decision.at < cause.since:
        return False
    if cause.through:
        return cause.through in decision.effect["through"]
    if cause.rules is not None:
        return decision.rules == cause.rules
    return cause.source_id == decision.source_id or cause.merged == decision.entry.removeprefix(MERGED)


def fallen_apart(
    people: People, whole: Profile, decisions: Collection[Decided], cause: Cause, new_id: Callable[[], str]
) -> tuple[Part, ...]:
    """The parts that leave a person: all that decisions hold together, save what holds the person's own id.

    `decisions`: the ledger of every profile that was merged into the person, and of those that these were split from.
    """
    raw = came_as(people, whole)
    ties = _Ties(whole.identifiers)
    for tie in _ties_of(raw, decisions, cause):
        ties.bind(tie)
    groups, homes = ties.groups(), _homes(whole, raw, decisions, ties)
    stays = homes.get(whole.id) or max(groups, key=lambda found: (len(groups[found]), found))
    ids = {found: [p for p, home in homes.items() if home == found and p != whole.id] for found in groups}
    return tuple(
        Part(new_id(), tuple(groups[found]), tuple(sorted(ids[found]))) for found in sorted(groups) if found != stays
    )


def _ties_of(raw: Mapping[str, str], decisions: Collection[Decided], cause: Cause) -> Iterator[list[str]]:
    """Identifiers that stay together by a decision."""
    left = _left(decisions)
    for decision in decisions:
        if decision.entry == "created" and decision.effect.get("together"):
            yield [hashed for hashed, profile_id in raw.items() if profile_id == decision.profile_id]
        if not decision.entry.startswith((ATTACHED, MERGED)) or (is_merge_of(cause, decision) and not cause.through):
            continue
        held: dict[tuple[str, ...], list[str]] = {}
        for hashed in decision.effect["through"]:
            if hashed in raw and not (hashed == cause.through and decision.at >= cause.since):
                since = tuple(to for at, to in left.get(hashed, ()) if at > decision.at)
                held.setdefault(since, []).append(hashed)  # what a split took apart since then is not held together
        yield from held.values()


def _left(decisions: Iterable[Decided]) -> dict[str, list[tuple[str, str]]]:
    """When each identifier left somebody by a split, and for whom."""
    found: dict[str, list[tuple[str, str]]] = {}
    for decision in decisions:
        if decision.entry.startswith(MOVED) and not decision.effect["stays"]:
            hashed = decision.entry.removeprefix(MOVED).partition("#")[0]
            found.setdefault(hashed, []).append((decision.at, decision.profile_id))
    return {hashed: sorted(moves) for hashed, moves in found.items()}


def _homes(whole: Profile, raw: Mapping[str, str], decisions: Iterable[Decided], ties: "_Ties") -> dict[str, str]:
    """{profile id: the group that it leads to}: that of the anchor by which it was created, where that is there."""
    homes = {
        profile_id: ties.of(min(own, key=lambda h: (-sum(ties.of(h) == ties.of(o) for o in own), h)))
        for profile_id, own in _by_profile(raw).items()
    }
    for decision in decisions:
        anchor = decision.event.partition("|")[0].removeprefix("A#")
        if decision.entry == "created" and decision.profile_id in homes and anchor in whole.identifiers:
            homes[decision.profile_id] = ties.of(anchor)
    return homes


def _by_profile(raw: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for hashed, profile_id in raw.items():
        found.setdefault(profile_id, []).append(hashed)
    return found


class _Ties:
    """Union-find over identifiers; a group is named by one of them."""

    def __init__(self, hashes: Iterable[str]) -> None:
        self._into = {hashed: hashed for hashed in hashes}

    def of(self, hashed: str) -> str:
        while self._into[hashed] != hashed:
            self._into[hashed] = hashed = self._into[self._into[hashed]]
        return hashed

    def bind(self, hashes: Collection[str]) -> None:
        for one in hashes:
            first, second = sorted((self.of(one), self.of(next(iter(hashes)))))
            self._into[second] = first

    def groups(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for hashed in sorted(self._into):
            found.setdefault(self.of(hashed), []).append(hashed)
        return found
