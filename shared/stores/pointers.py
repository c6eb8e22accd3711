"""Pointers: where identifiers and tombstones lead now, cached beside what was decided, and shortened after a merge.

None is trusted unseen: who follows one checks where it ends, and else goes by the merges, one after another.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, to_attributes
from shared.domain.profiles import Profile
from shared.domain.stitching import Change, People
from shared.domain.times import to_text
from shared.stores.keys import IDENTIFIER, PROFILE, identifier_pk, profile_pk

NOW = "now"
FOLLOWED = ("merged_into", NOW, "was_split")
"""Attributes of a profile item that following needs."""

_WRITERS = 8
_MERGED = "merged:"


def pointer(profile_id: str, now: datetime) -> str:
    """A pointer as it is stored. Later ones are larger, so that none is written over one that says more."""
    return f"{to_text(now)}#{profile_id}"


def pointed(item: Item) -> str | None:
    """The profile to which an item's pointer leads."""
    return item[NOW].partition("#")[2] if NOW in item else None


class Step(NamedTuple):
    """Where following has come to; `ends` is false where that profile's item has to be read to go on."""

    profile_id: str
    ends: bool


Fits = Callable[[Item | None, bool], bool]


def not_cut(end: Item | None, shortened: bool) -> bool:
    """A split may have cut what a pointer once shortened."""
    return not (shortened and end and end.get("was_split"))


def unshortened(end: Item | None, shortened: bool) -> bool:
    """Only what merges say, for who is about to cut them."""
    return not shortened


def follow(start: str, read: Mapping[str, Item | None], fits: Fits = not_cut) -> Step:
    """From a profile's id to the live profile it stands for now, through the items `read`, by id; None: not there."""
    for by_pointers in (True, False):
        here, shortened = start, False
        while here in read:
            item = read[here]
            if item is None or "merged_into" not in item:
                break
            here, before = (by_pointers and pointed(item)) or item["merged_into"], here
            shortened |= here != read[before]["merged_into"]  # type: ignore[index]
        else:
            return Step(here, ends=False)
        if fits(read[here], shortened):
            break
    return Step(here, ends=True)


def followed(
    asked: Collection[str],
    first: Collection[str],
    read: Callable[[Collection[str]], dict[tuple[str, str], Item]],
    fits: Fits = not_cut,
) -> tuple[dict[str, str], dict[str, Item | None]]:
    """The live profile's id by each id `asked`, and all items read on the way by id; `first` is read at once."""
    found: dict[str, Item | None] = {}
    wanted = set(first)
    while wanted:
        items_found = read(wanted)
        found |= {i: items_found.get((profile_pk(i), PROFILE)) for i in wanted}
        steps = {i: follow(i, found, fits) for i in asked}
        wanted = {step.profile_id for step in steps.values() if not step.ends}
    return {i: follow(i, found, fits).profile_id for i in asked}, found


class Shortened(NamedTuple):
    """What a merge leaves to be pointed to `winner`: identifiers by hash, and tombstones by id."""

    winner: str
    identifiers: frozenset[str]
    tombstones: frozenset[str]


def shortened(before: People, after: People, change: Change) -> list[Shortened]:
    """The pointers that a change which has been written makes longer than they need be."""
    found: dict[str, Shortened] = {}
    for loser in sorted(change.profiles):
        old, new = before.profiles.get(loser), after.profiles.get(loser)
        if new is None or not new.is_merged or (old and old.is_merged):
            continue
        winner = after.live(loser).id
        own = set(old.identifiers) if old else set()
        own |= {h for h in change.identifiers if after.ownerships[h].periods[-1].profile_id == loser}
        below = _below(old) | ({loser} if new.merged_into != winner else set())
        known = found.get(winner, Shortened(winner, frozenset(), frozenset()))
        found[winner] = Shortened(winner, known.identifiers | own, known.tombstones | below)
    return list(found.values())


def _below(profile: Profile | None) -> set[str]:
    return {fact.removeprefix(_MERGED) for fact in profile.changes if fact.startswith(_MERGED)} if profile else set()


@dataclass(frozen=True, slots=True)
class Pointers:
    """`table` is the deployed name of the profiles table."""

    table: str

    def shorten(self, short: Iterable[Shortened], now: datetime) -> int:
        """Point them, as of `now`, when their merge was written. How many could not be: they stay longer, and right."""
        updates = [update for one in short for update in self._updates(one, now)]
        if not updates:
            return 0
        with ThreadPoolExecutor(min(_WRITERS, len(updates))) as pool:
            return [*pool.map(_update, updates)].count(False)

    def _updates(self, short: Shortened, now: datetime) -> Iterable[dict[str, Any]]:
        keys = [
            (identifier_pk(hashed), IDENTIFIER, "attribute_not_exists(contested)")
            for hashed in sorted(short.identifiers)
        ]
        keys += [
            (profile_pk(profile_id), PROFILE, "attribute_exists(merged_into)")
            for profile_id in sorted(short.tombstones)
        ]
        for pk, sk, only in keys:
            yield {
                "TableName": self.table,
                "Key": to_attributes({"pk": pk, "sk": sk}),
                "UpdateExpression": "SET #now = :now",
                "ConditionExpression": f"attribute_exists(pk) AND {only}"
                " AND (attribute_not_exists(#now) OR #now < :now)",
                "ExpressionAttributeNames": {"#now": NOW},
                "ExpressionAttributeValues": to_attributes({":now": pointer(short.winner, now)}),
            }


def _update(request: Mapping[str, Any]) -> bool:
    """Whether the pointer leads there now, or to where a later write led it."""
    try:
        dynamodb().update_item(**request)
    except ClientError as error:
        return error.response["Error"]["Code"] == "ConditionalCheckFailedException"
    return True
