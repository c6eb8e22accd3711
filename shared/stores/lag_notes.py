"""The door to notes on how far behind the pipeline is: each warm process of a function writes its own, where it is."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_hex

from shared.aws.clients import dynamodb
from shared.aws.dynamo import query, to_attributes
from shared.aws.observability import count
from shared.domain.times import from_text, to_text
from shared.stores.contention import ContentionError, contention
from shared.stores.keys import LAG
from shared.stores.tables import TTL_ATTRIBUTE

SCHEMA = 1
NOTED = timedelta(seconds=30)
"""Who is less behind writes nothing, save that they are so again."""

EVERY_SECONDS = 5.0
STANDS = timedelta(minutes=5)
"""For so long a note holds: longer than a batch of any function takes."""

_KEPT = timedelta(hours=1)


def named(function: str) -> str:
    """A name for this process of a function."""
    return f"{function}#{token_hex(8)}"


@dataclass(slots=True)
class LagNotes:
    """`table` is the deployed name of the ledger; `name` tells one warm process of a function from all others."""

    table: str
    name: str = ""
    _behind: timedelta = field(default=timedelta(), init=False)
    _noted_at: float = field(default=0.0, init=False)

    def note(self, oldest: str, now: datetime) -> None:
        """`oldest` is when the oldest of what is in hand came (UTC text). Before the work: who breaks on it is behind,
        too.
        """
        behind = now - from_text(oldest)
        is_news = behind >= NOTED or self._behind >= NOTED
        if not is_news or (self._noted_at and time.monotonic() - self._noted_at < EVERY_SECONDS):
            return
        item = {
            "pk": LAG,
            "sk": self.name,
            "v": SCHEMA,
            "at": to_text(now),
            "seconds": max(0, int(behind.total_seconds())),
            TTL_ATTRIBUTE: int((now + _KEPT).timestamp()),
        }
        try:
            with contention():
                dynamodb().put_item(TableName=self.table, Item=to_attributes(item))
        except ContentionError:
            count("LagUnnoted")  # the next batch notes it; the work itself must go on
            return
        self._behind, self._noted_at = behind, time.monotonic()

    def behind(self, now: datetime) -> timedelta:
        """How far behind the last of them is. ContentionError where DynamoDB is busy."""
        with contention():
            notes = [*query(self.table, LAG, consistent=True)]
        standing = [note["seconds"] for note in notes if note["at"] >= to_text(now - STANDS)]
        return timedelta(seconds=max(standing, default=0))
