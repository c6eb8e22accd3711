"""The door to decisions on who is who in the ledger, and what leads to those that lie under somebody else."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.aws.dynamo import Item, query
from shared.domain.identity import CONTESTED, Ownership
from shared.domain.identity_ledger import ATTACHED, MERGED, MOVED, UNDONE, Decided
from shared.domain.stitching import LedgerEntry, LedgerKey, People
from shared.stores.keys import decision_sk, identifier_pk, profile_pk

LED = "led#"


@dataclass(frozen=True, slots=True)
class IdentityLog:
    """`table` is the deployed name of the ledger."""

    table: str

    def behind(self, profile_id: str) -> list[Decided]:
        """What was decided of a profile, of all that were merged into it, and of those that it was split from."""
        found: dict[str, list[Decided]] = {}
        wanted = {profile_id}
        while wanted:
            found |= {one: [*self._of_profile(one)] for one in wanted}
            wanted = {other for own in found.values() for one in own for other in _further(one)} - found.keys()
        return [one for own in found.values() for one in own]

    def of_identifier(self, hashed: str) -> list[Decided]:
        """All decisions on an identifier that has several, whoever they lie under; none where it has one alone."""
        items = list(query(self.table, identifier_pk(hashed), consistent=True))
        first = [Decided(items[0]["first"], f"{ATTACHED}{hashed}", {"n": 1})] if items else []
        return first + [Decided(item["profile_id"], item["entry"], json.loads(item["effect"])) for item in items]

    def _of_profile(self, profile_id: str) -> Iterator[Decided]:
        for item in query(self.table, profile_pk(profile_id), consistent=True, names=("effect",)):
            effect = json.loads(item.get("effect", "{}"))
            if item["sk"].startswith(LED):
                yield Decided(item["sk"].removeprefix(LED), f"{UNDONE}{profile_id}", effect)
            else:
                yield Decided(profile_id, item["sk"], effect)


def _further(decided: Decided) -> Sequence[str]:
    if decided.entry.startswith(MERGED):
        return [decided.entry.removeprefix(MERGED)]
    return [decided.effect["from"]] if decided.entry == "created" and "from" in decided.effect else []


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
