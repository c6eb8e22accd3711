"""The door to decisions on who is who in the ledger, and what leads to those that lie under somebody else."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from shared.aws.dynamo import Item, batch_get, query, to_attributes
from shared.domain.identity import CONTESTED, Ownership
from shared.domain.identity_ledger import ATTACHED, CREATED, MERGED, MOVED, UNDONE, Decided
from shared.domain.stitching import LedgerEntry, LedgerKey, People
from shared.domain.times import to_text
from shared.stores.keys import decision_sk, identifier_pk, profile_pk

LED = "led#"
WITHIN = "attached"
"""What the event that made a profile attached to it lies in that entry: `{hash: [reason, effect]}`."""

_READERS = 8
_TOLD = ("reason", "event", "source_id", "first", "last", "count", "rules", "at")


@dataclass(frozen=True, slots=True)
class IdentityLog:
    """`table` is the deployed name of the ledger."""

    table: str

    def of_profile(self, profile_id: str) -> Iterator[Decided]:
        """What was decided of a profile while it had this id, and who it leads to by a split (under whose id)."""
        return chain.from_iterable(map(decisions_in, query(self.table, profile_pk(profile_id), consistent=True)))

    def behind(self, profile_ids: Collection[str]) -> list[Decided]:
        """What was decided of these profiles, of all that were merged into them, and of those that they were split
        from.
        """
        found: dict[str, list[Decided]] = {}
        wanted = set(profile_ids)
        with ThreadPoolExecutor(_READERS) as pool:
            while wanted:
                read = pool.map(lambda one: [*self.of_profile(one)], wanted)
                found |= dict(zip(wanted, read, strict=True))
                wanted = {other for own in found.values() for one in own for other in _further(one)} - found.keys()
        return list(chain.from_iterable(found.values()))

    def get(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Decided]:
        """Those that there are, by profile id and entry."""
        wanted = set(keys)
        items = [(profile_pk(profile_id), sk) for profile_id, entry in wanted for sk in (entry, CREATED)]
        read = chain.from_iterable(map(decisions_in, batch_get(self.table, items).values()))
        return {key: one for one in read if (key := (one.profile_id, one.entry)) in wanted}

    def of_identifier(self, hashed: str) -> list[Decided]:
        """All decisions on an identifier that has several, whoever they lie under; none where it has one alone."""
        items = list(query(self.table, identifier_pk(hashed), consistent=True))
        first = [Decided(items[0]["first"], f"{ATTACHED}{hashed}", {"n": 1})] if items else []
        return first + [Decided(item["profile_id"], item["entry"], json.loads(item["effect"])) for item in items]


def decisions_in(item: Item) -> Iterator[Decided]:
    """The decision of an item, and those that lie in it."""
    profile_id, entry = item["pk"].removeprefix(profile_pk("")), item["sk"]
    if entry.startswith(LED):
        profile_id, entry = entry.removeprefix(LED), f"{UNDONE}{profile_id}"
    told = {name: item[name] for name in _TOLD if name in item}
    yield Decided(profile_id, entry, json.loads(item.get("effect", "{}")), **told)
    for hashed, (reason, effect) in json.loads(item.get(WITHIN, "{}")).items():
        yield Decided(profile_id, f"{ATTACHED}{hashed}", effect, **{**told, "reason": reason})


def _further(decided: Decided) -> Sequence[str]:
    if decided.entry.startswith(MERGED):
        return [decided.entry.removeprefix(MERGED)]
    return [decided.effect["from"]] if decided.entry == CREATED and "from" in decided.effect else []


def leading_to(key: LedgerKey, entry: LedgerEntry, before: People, after: People) -> Iterator[Item]:
    """Items by which an entry is found from whom it took something: an identifier, or the id of a merged profile.

    The first decision on an identifier lies under its first owner, of whom these items tell.
    """
    effect = json.dumps(dict(entry.effect), sort_keys=True)
    if key.entry.startswith((CONTESTED, MOVED)):
        hashed = key.entry.split("#")[1]
        owned: Ownership = before.ownerships.get(hashed) or after.ownerships[hashed]
        yield {
            "pk": identifier_pk(hashed),
            "sk": decision_sk(entry.effect["n"]),
            "v": 1,
            "profile_id": key.profile_id,
            "entry": key.entry,
            "effect": effect,
            "first": owned.periods[0].profile_id,
        }
    elif key.entry.startswith(UNDONE):
        loser = key.entry.removeprefix(UNDONE)
        yield {"pk": profile_pk(loser), "sk": f"{LED}{key.profile_id}", "v": 1, "effect": effect}


def entered(
    table: str, entries: Mapping[LedgerKey, LedgerEntry], versions: Mapping[str, int], now: datetime
) -> Iterator[dict[str, Any]]:
    """What of a transaction enters decisions. `versions` are those of the profiles."""
    within: dict[LedgerKey, dict[str, Any]] = {}
    for key, entry in sorted(entries.items(), key=lambda entered: entered[0]):
        made_by = entries.get(made := LedgerKey(key.profile_id, CREATED))
        if key.entry.startswith(ATTACHED) and made_by and made_by.event == entry.event:
            within.setdefault(made, {})[key.entry.removeprefix(ATTACHED)] = [entry.reason, dict(entry.effect)]
        else:
            within.setdefault(key, {})
    for key, others in within.items():
        yield _entered(table, key, entries[key], others, versions.get(key.profile_id, 0), now)


def _entered(
    table: str, key: LedgerKey, entry: LedgerEntry, within: Mapping[str, Any], version: int, now: datetime
) -> dict[str, Any]:
    """Enters a decision once; that it was made again is counted."""
    once = {"v": 1, "reason": entry.reason, "event": entry.event, "source_id": entry.source_id}
    once |= {"first": entry.first, "version": version, "rules": entry.rules, "at": to_text(now)}
    once |= {"effect": json.dumps(dict(entry.effect), sort_keys=True)} if entry.effect else {}
    once |= {WITHIN: json.dumps(within, sort_keys=True)} if within else {}
    sets = ", ".join(f"#{name} = if_not_exists(#{name}, :{name})" for name in once)
    return {
        "Update": {
            "TableName": table,
            "Key": to_attributes({"pk": profile_pk(key.profile_id), "sk": key.entry}),
            "UpdateExpression": f"SET {sets}, #last = :last ADD #count :count",
            "ExpressionAttributeNames": {f"#{name}": name for name in (*once, "last", "count")},
            "ExpressionAttributeValues": to_attributes(
                {f":{name}": value for name, value in once.items()} | {":last": entry.last, ":count": entry.count}
            ),
        }
    }
