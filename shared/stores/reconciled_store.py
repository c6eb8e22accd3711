"""The door to reconciled hours in the ledger: by source, what a check found. The last check of an hour stands."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, query, to_attributes
from shared.domain.outcomes import NUMBERS, Tally
from shared.domain.reconciliation import Reconciliation
from shared.stores.keys import reconciled_pk

SCHEMA = 1
_CHECKED = ("given_up", "folded", "unnamed", "unfolded", "unchecked", "missing", "erased", "uncounted", "unwritten")


@dataclass(frozen=True, slots=True)
class ReconciledHour:
    """`hour` is written as `2026-11-21T09`, `checked_at` is UTC text."""

    hour: str
    checked_at: str
    found: Reconciliation


@dataclass(frozen=True, slots=True)
class ReconciledStore:
    """`table` is the deployed name of the ledger."""

    table: str

    def put(self, source_id: str, checked: ReconciledHour) -> None:
        found = checked.found
        item: Item = {
            "pk": reconciled_pk(source_id),
            "sk": checked.hour,
            "v": SCHEMA,
            **{name: getattr(found.totals, name) for name in NUMBERS},
            **{name: getattr(found, name) for name in _CHECKED},
            "open": found.open,
            "gap": found.gap,
            "named": json.dumps(found.named, ensure_ascii=False),
            "checked_at": checked.checked_at,
        }
        dynamodb().put_item(TableName=self.table, Item=to_attributes(item))

    def of_source(self, source_id: str, first_hour: str, last_hour: str) -> Iterator[ReconciledHour]:
        """From the first to the last hour, both included."""
        for item in query(self.table, reconciled_pk(source_id), first=first_hour, last=last_hour):
            numbers = {name: item.get(name, 0) for name in _CHECKED}
            named = {what: tuple(names) for what, names in json.loads(item["named"]).items()}
            found = Reconciliation(Tally(**{name: item[name] for name in NUMBERS}), **numbers, named=named)
            yield ReconciledHour(item["sk"], item["checked_at"], found)
