"""The door to lists in the ledger: who is on one, and marks of those whom the next file is about."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, batch_get, delete_items, query, to_attributes, to_python
from shared.domain.destinations import ListSettings
from shared.domain.lists import Listed, Row
from shared.domain.times import to_text
from shared.stores.keys import LISTED, LISTS, UNTOLD, list_pk
from shared.stores.tables import TTL_ATTRIBUTE

SCHEMA = 1
KEPT_OFF = timedelta(days=90)
"""So long it is known of who is off a list at which version they were taken off."""

FOR_GOOD = 10**15
"""The version of somebody who is erased: no write of theirs that is late puts them back."""

_RESERVED = {"#rows": "rows", "#ttl": TTL_ATTRIBUTE}
_SLACK = timedelta(minutes=1)
Rows = tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class ListStore:
    """`table` is the deployed name of the ledger."""

    table: str

    def put(self, list_id: str, profile_id: str, rows: Rows, version: int) -> bool:
        """What is to stand there of a person, unless a later version was heard. True where a file has to say so."""
        return self._change(list_id, profile_id, rows, version, "attribute_not_exists(pk) OR version <= :version")

    def take_off(self, list_id: str, profile_id: str, version: int) -> bool:
        """The same, of who is there at all."""
        return self._change(list_id, profile_id, (), version, "attribute_exists(pk) AND version <= :version")

    def wait(self, list_id: str, settings: ListSettings, now: datetime) -> int | None:
        """In how many seconds the next file is to be written, counting one more change; None where that is on its
        way.
        """
        due = now + timedelta(seconds=settings.most_seconds) + _SLACK
        key = {"pk": LISTS, "sk": list_id}
        counted = self._update(key, "SET v = :v, due = if_not_exists(due, :due) ADD changes :one", due=due, one=1)
        if counted["changes"] % settings.most_facts == 0:
            return 0
        if counted["changes"] > 1 and counted["due"] >= to_text(now):
            return None
        self._update(key, "SET v = :v, due = :due", due=due)
        return settings.most_seconds

    def begin(self, list_id: str) -> None:
        """A file is written: what is noted from now on waits for the next."""
        self._update({"pk": LISTS, "sk": list_id}, "SET v = :v REMOVE due, changes")

    def pending(self, list_id: str, most: int) -> list[Listed]:
        """Whom the next file is about."""
        marks = islice(query(self.table, list_pk(list_id), prefix=UNTOLD, consistent=True), most)
        keys = [(list_pk(list_id), f"{LISTED}{mark['sk'].removeprefix(UNTOLD)}") for mark in marks]
        return [_listed(item) for item in batch_get(self.table, keys, consistent=True).values()]

    def told(self, list_id: str, people: Sequence[Listed], now: datetime) -> bool:
        """Files said so. Who changed meanwhile keeps their mark; who is off is forgotten later. True where others told
        of a later change before this, and it has to be said again.
        """
        expires, is_lost = int((now + KEPT_OFF).timestamp()), False
        for one in people:
            key = {"pk": list_pk(list_id), "sk": f"{LISTED}{one.profile_id}"}
            if one.rows:
                stands = self._update(key, "SET v = :v, told = :rows", rows=_text(one.rows))
            else:
                stands = self._update(key, "SET v = :v, told = :rows, #ttl = :expires", rows=_text(()), expires=expires)
            self._unmark(list_id, one)
            if stands.get("rows", "[]") != _text(one.rows):
                is_lost |= self._mark(
                    list_id, one.profile_id, stands.get("version", one.version), condition="attribute_not_exists(pk)"
                )
        return is_lost

    def forget(self, list_id: str, profile_id: str) -> None:
        """Of a list that nobody writes any more."""
        delete_items(self.table, [(list_pk(list_id), f"{kind}{profile_id}") for kind in (LISTED, UNTOLD)])

    def members(self, list_id: str, after: str = "") -> Iterator[Listed]:
        """Who is on it, by profile id; those behind `after`."""
        first, last = f"{LISTED}{after}", f"{LISTED}~"
        for item in query(self.table, list_pk(list_id), first=first, last=last, consistent=True):
            listed = _listed(item)
            if listed.rows and listed.profile_id != after:
                yield listed

    def lists(self) -> Iterator[str]:
        """Ids of all lists that anybody was ever put on, those of destinations that are gone too."""
        return (item["sk"] for item in query(self.table, LISTS, consistent=True))

    def found(self, list_id: str, profile_ids: Sequence[str]) -> list[Listed]:
        """Those of them who are on it."""
        keys = [(list_pk(list_id), f"{LISTED}{one}") for one in profile_ids]
        return [one for item in batch_get(self.table, keys, consistent=True).values() if (one := _listed(item)).rows]

    def _change(self, list_id: str, profile_id: str, rows: Rows, version: int, condition: str) -> bool:
        key = {"pk": list_pk(list_id), "sk": f"{LISTED}{profile_id}"}
        values = {"rows": _text(rows), "version": version}
        update = "SET v = :v, #rows = :rows, version = :version REMOVE #ttl"
        try:
            before = self._update(key, update, condition, "ALL_OLD", **values)
        except dynamodb().exceptions.ConditionalCheckFailedException:
            return False
        if before.get("told", "[]") == _text(rows):
            return False
        return self._mark(list_id, profile_id, version)

    def _mark(self, list_id: str, profile_id: str, version: int, condition: str = "") -> bool:
        """For the next file. False where `condition` doesn't hold."""
        mark = {"pk": list_pk(list_id), "sk": f"{UNTOLD}{profile_id}", "v": SCHEMA, "version": version}
        only: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
        try:
            dynamodb().put_item(TableName=self.table, Item=to_attributes(mark), **only)
        except dynamodb().exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _unmark(self, list_id: str, one: Listed) -> None:
        try:
            dynamodb().delete_item(
                TableName=self.table,
                Key=to_attributes({"pk": list_pk(list_id), "sk": f"{UNTOLD}{one.profile_id}"}),
                ConditionExpression="version <= :read",
                ExpressionAttributeValues={":read": {"N": str(one.version)}},
            )
        except dynamodb().exceptions.ConditionalCheckFailedException:
            return  # changed meanwhile, or another flush was faster

    def _update(
        self, key: dict[str, Any], update: str, condition: str = "", returns: str = "ALL_NEW", **values: Any
    ) -> Item:
        given = {name: to_text(value) if isinstance(value, datetime) else value for name, value in values.items()}
        more: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
        if names := {name: own for name, own in _RESERVED.items() if name in update}:
            more["ExpressionAttributeNames"] = names
        answer = dynamodb().update_item(
            TableName=self.table,
            Key=to_attributes(key),
            UpdateExpression=update,
            ExpressionAttributeValues=to_attributes({":v": SCHEMA, **{f":{n}": v for n, v in given.items()}}),
            ReturnValues=returns,  # type: ignore[arg-type]
            **more,
        )
        return to_python(answer.get("Attributes", {}))


def _text(rows: Rows) -> str:
    return json.dumps(rows, ensure_ascii=False)


def _listed(item: Item) -> Listed:
    rows, told = (tuple(json.loads(item.get(name, "[]"))) for name in ("rows", "told"))
    return Listed(item["sk"].removeprefix(LISTED), item["version"], rows, told)
