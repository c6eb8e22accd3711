"""The door to refusals that were heard: on their identifier at once, before the event that says so is folded."""

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.aws.batching import chunks
from shared.aws.clients import dynamodb
from shared.aws.dynamo import batch_get, to_attributes
from shared.domain.refusals import Refusals
from shared.stores.contention import contention
from shared.stores.keys import REFUSALS, identifier_pk
from shared.stores.tables import TTL_ATTRIBUTE

SCHEMA = 1
KEPT = timedelta(days=14)
"""Longer than an event can wait to be folded without being among the dead letters."""

_SIGNAL = "signal:"
_MOST_SIGNALS = 25
"""In one write: an expression has 4 KB at most."""

_WRITERS = 16


@dataclass(frozen=True, slots=True)
class RefusalStore:
    """`table` is the deployed name of the profiles table."""

    table: str

    def put(self, refused: Refusals, now: datetime) -> None:
        """Note refusals. ContentionError where DynamoDB is busy."""
        dynamodb()  # making a client isn't safe in threads, using it is
        of_one = [(hashed, part) for hashed, times in refused.items() for part in chunks(times.items(), _MOST_SIGNALS)]
        with ThreadPoolExecutor(_WRITERS) as pool:
            list(pool.map(lambda one: self._put(one[0], one[1], now), of_one))

    def find(self, hashes: Collection[str]) -> Refusals:
        """Of these identifiers, those on which something was refused. Read consistently."""
        with contention():
            found = batch_get(self.table, [(identifier_pk(one), REFUSALS) for one in hashes], consistent=True)
        return {
            pk.removeprefix(identifier_pk("")): {
                name.removeprefix(_SIGNAL): time for name, time in item.items() if name.startswith(_SIGNAL)
            }
            for (pk, _), item in found.items()
        }

    def _put(self, hashed: str, times: Sequence[tuple[str, str]], now: datetime) -> None:
        """All at once where all are new; where some are there already, one by one."""
        with contention():
            if not self._is_new(hashed, times, now) and len(times) > 1:
                for one in times:
                    self._is_new(hashed, [one], now)

    def _is_new(self, hashed: str, times: Sequence[tuple[str, str]], now: datetime) -> bool:
        """Write them, unless one of them is known as of that time, or of a later one."""
        names = {f"#s{place}": f"{_SIGNAL}{signal}" for place, (signal, _) in enumerate(times)}
        values = {f":t{place}": time for place, (_, time) in enumerate(times)}
        pairs = list(zip(names, values, strict=True))
        try:
            dynamodb().update_item(
                TableName=self.table,
                Key=to_attributes({"pk": identifier_pk(hashed), "sk": REFUSALS}),
                UpdateExpression=f"SET {', '.join(f'{n} = {v}' for n, v in pairs)}, #ttl = :ttl, v = :v",
                ConditionExpression=" AND ".join(f"(attribute_not_exists({n}) OR {n} < {v})" for n, v in pairs),
                ExpressionAttributeNames={**names, "#ttl": TTL_ATTRIBUTE},
                ExpressionAttributeValues=to_attributes(
                    {**values, ":v": SCHEMA, ":ttl": int((now + KEPT).timestamp())}
                ),
            )
        except dynamodb().exceptions.ConditionalCheckFailedException:
            return False
        return True
