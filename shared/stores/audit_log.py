"""The door to the audit log in the ledger: entries are appended, and never changed."""

import heapq
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, query, to_attributes
from shared.domain.auditing import KEPT, AuditEntry
from shared.domain.times import from_text
from shared.stores.keys import audited_pk, audited_sk
from shared.stores.tables import TTL_ATTRIBUTE

SCHEMA = 1
_AT_ONCE = 8

Place = tuple[str, str]
"""Sort key and profile id of an entry."""


class NotAuditedError(Exception):
    """An entry could not be written: what it speaks of must not be told."""


@dataclass(frozen=True, slots=True)
class AuditLog:
    """`table` is the deployed name of the ledger."""

    table: str

    def append(self, *entries: AuditEntry) -> None:
        """NotAuditedError where one of them can't be written. One that is there already stays as it is."""
        if len(entries) == 1:
            self._put(entries[0])
            return
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(self._put, entries))

    def newest(
        self, profile_ids: Iterable[str], after: Place | None = None, page_size: int = 100
    ) -> Iterator[AuditEntry]:
        """Of all these ids, newest first, those behind `after`. Expired entries are left to the caller's eyes."""
        lists = [self._of(profile_id, after, page_size) for profile_id in sorted(set(profile_ids))]
        return heapq.merge(*lists, key=place_of, reverse=True)

    def _of(self, profile_id: str, after: Place | None, page_size: int) -> Iterator[AuditEntry]:
        last = after[0] if after else ""
        items = query(self.table, audited_pk(profile_id), last=last, forward=False, page_size=page_size)
        found = (_entry(profile_id, item) for item in items)
        return (entry for entry in found if after is None or place_of(entry) < after)

    def _put(self, entry: AuditEntry) -> None:
        item = to_attributes(_item(entry))
        try:
            dynamodb().put_item(TableName=self.table, Item=item, ConditionExpression="attribute_not_exists(pk)")
        except dynamodb().exceptions.ConditionalCheckFailedException:
            return  # the answer to an earlier try of this put was lost
        except (ClientError, BotoCoreError) as error:
            raise NotAuditedError(entry.id) from error


def place_of(entry: AuditEntry) -> Place:
    """Where an entry stands in the order of the log."""
    return audited_sk(entry.at, entry.what, entry.id), entry.profile_id


def _item(entry: AuditEntry) -> Item:
    return {
        "pk": audited_pk(entry.profile_id),
        "sk": place_of(entry)[0],
        "v": SCHEMA,
        "actor": entry.actor,
        "place": entry.place,
        "fields": json.dumps(entry.fields) if entry.fields else None,
        "masked": entry.masked or None,
        "destination": entry.destination or None,
        "purposes": json.dumps(entry.purposes) if entry.purposes else None,
        "bases": json.dumps(entry.bases) if entry.bases else None,
        TTL_ATTRIBUTE: int((from_text(entry.at) + KEPT).timestamp()),
    }


def _entry(profile_id: str, item: Item) -> AuditEntry:
    at, what, entry_id = item["sk"].split("#", 2)
    return AuditEntry(
        profile_id=profile_id,
        at=at,
        what=what,
        id=entry_id,
        actor=item["actor"],
        place=item["place"],
        fields=_listed(item, "fields"),
        masked=item.get("masked", False),
        destination=item.get("destination", ""),
        purposes=_listed(item, "purposes"),
        bases=_listed(item, "bases"),
    )


def _listed(item: Item, name: str) -> tuple[str, ...]:
    found: list[Any] = json.loads(item.get(name, "[]"))
    return tuple(found)
