"""The door to marks of what waits for store_events and stitch_identities: who hands it on says so, even if they stand.

An idle pipeline has no mark that was not reached, so it is never behind.
"""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, query, to_attributes
from shared.aws.observability import count
from shared.domain.times import from_text, to_text
from shared.stores.contention import ContentionError, contention
from shared.stores.tables import TTL_ATTRIBUTE, WAITS

Reader = Literal["store_events", "stitch_identities"]
READERS: tuple[Reader, ...] = ("store_events", "stitch_identities")

SCHEMA = 1
EVERY = timedelta(seconds=30)
"""A process marks what it hands on no more often, and what it has reached neither."""

HANDED_KEPT = timedelta(days=8)
"""Longer than a stream keeps anything."""

PARKED_KEPT = timedelta(days=18)
"""As long as a message may lie on its queue, and then among the dead letters."""


@dataclass(slots=True)
class Waits:
    """`table` is the deployed name of the ledger. Times are UTC text."""

    table: str
    _noted: dict[str, str] = field(default_factory=dict, init=False)

    def handed(self, to: Reader, at: str) -> None:
        """Something of this time is on a stream that `to` reads."""
        key = f"handed#{to}#"
        if self._is_due(key, at):
            expires = int((from_text(at) + HANDED_KEPT).timestamp())
            self._note(key, at, {"pk": WAITS, "sk": f"{key}{at}", "v": SCHEMA, TTL_ATTRIBUTE: expires})

    def reached(self, reader: Reader, at: str) -> None:
        """`reader` is done with something of this time, or has parked it."""
        key = f"reached#{reader}"
        if self._is_due(key, at):
            further = {
                "ConditionExpression": "attribute_not_exists(pk) OR #at < :at",
                "ExpressionAttributeNames": {"#at": "at"},
                "ExpressionAttributeValues": {":at": {"S": at}},
            }
            self._note(key, at, {"pk": WAITS, "sk": key, "v": SCHEMA, "at": at}, **further)

    def parked(self, bodies: Iterable[str], since: str) -> None:
        """Messages that are about to go on a retry queue, and name `since` as `waits_since`."""
        expires = int((from_text(since) + PARKED_KEPT).timestamp())
        for body in bodies:
            self._put({"pk": WAITS, "sk": _parked(body, since), "v": SCHEMA, TTL_ATTRIBUTE: expires})

    def taken(self, body: str, since: str) -> None:
        """Such a message is done. ContentionError: it has to come again, or its mark would stay."""
        with contention():
            dynamodb().delete_item(TableName=self.table, Key=to_attributes({"pk": WAITS, "sk": _parked(body, since)}))

    def unreached(self, now: datetime) -> timedelta:
        """For how long the oldest that was handed on hasn't been reached. ContentionError where DynamoDB is busy."""
        with contention():
            reached = {item["sk"]: item["at"] for item in query(self.table, WAITS, prefix="reached#", consistent=True)}
            oldest = timedelta()
            for reader in READERS:
                at = reached.get(f"reached#{reader}")
                since = from_text(at) + EVERY if at else now - HANDED_KEPT
                oldest = max(oldest, self._waiting(f"handed#{reader}#", since, now))
        return oldest

    def on_queues(self, now: datetime) -> timedelta:
        """For how long the oldest that was parked has been waiting. ContentionError where DynamoDB is busy."""
        with contention():
            return self._waiting("parked#", now - PARKED_KEPT, now)

    def _waiting(self, prefix: str, since: datetime, now: datetime) -> timedelta:
        """Since the first mark of this kind after a time."""
        first, last = f"{prefix}{to_text(since)}~", f"{prefix}~"
        found = next(query(self.table, WAITS, first=first, last=last, consistent=True, page_size=1), None)
        return now - from_text(found["sk"].removeprefix(prefix).partition("#")[0]) if found else timedelta()

    def _is_due(self, key: str, at: str) -> bool:
        known = self._noted.get(key)
        return known is None or from_text(at) - from_text(known) >= EVERY

    def _note(self, key: str, at: str, item: Item, **only: Any) -> None:
        if self._put(item, **only):
            self._noted[key] = at

    def _put(self, item: Item, **only: Any) -> bool:
        """False where DynamoDB is busy: the work itself must go on."""
        try:
            with contention(), suppress(dynamodb().exceptions.ConditionalCheckFailedException):  # others are further
                dynamodb().put_item(TableName=self.table, Item=to_attributes(item), **only)
        except ContentionError:
            count("LagUnnoted")
            return False
        return True


def _parked(body: str, since: str) -> str:
    return f"parked#{since}#{hashlib.sha256(body.encode()).hexdigest()[:24]}"
