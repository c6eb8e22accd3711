"""The door to decisions on identity in the ledger, as an undo reads them."""

import json
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain

from shared.aws.dynamo import Item, query
from shared.domain.identity_ledger import ATTACHED, MERGED, MOVED
from shared.domain.undoing import Decision
from shared.stores.keys import profile_pk

_READERS = 8
_KINDS = (ATTACHED, MERGED, MOVED, "created")


@dataclass(frozen=True, slots=True)
class Decisions:
    """`table` is the deployed name of the ledger."""

    table: str

    def behind(self, profile_ids: Collection[str]) -> list[Decision]:
        """Those of these profiles, of all that were merged into them, and of all that they were split from."""
        found: dict[str, list[Decision]] = {}
        wanted = set(profile_ids)
        with ThreadPoolExecutor(_READERS) as pool:
            while wanted:
                found |= dict(zip(wanted, pool.map(self._of, wanted), strict=True))
                wanted = {other for own in found.values() for one in own for other in _further(one)} - found.keys()
        return list(chain.from_iterable(found.values()))

    def _of(self, profile_id: str) -> list[Decision]:
        items = query(self.table, profile_pk(profile_id), consistent=True)
        return [_decision(item, profile_id) for item in items if item["sk"].startswith(_KINDS)]


def _decision(item: Item, profile_id: str) -> Decision:
    effect = json.loads(item.get("effect", "{}"))
    return Decision(profile_id, item["sk"], effect, item["event"], item["source_id"], item["rules"], item["at"])


def _further(decision: Decision) -> list[str]:
    if decision.entry.startswith(MERGED):
        return [decision.entry.removeprefix(MERGED)]
    return [decision.effect["from"]] if decision.entry == "created" and "from" in decision.effect else []
