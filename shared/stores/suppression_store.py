"""The door to the suppressions: who was erased, by keyed hash. Look-ups are strong: an old answer would let one in."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, Key, batch_get, to_attributes
from shared.aws.secrets import secret_text
from shared.domain.identifiers import Identifier
from shared.domain.suppression import HOLDS, Suppressions, suppressed_of
from shared.domain.suppression_keys import SuppressionKeys
from shared.stores.contention import contention
from shared.stores.keys import SUPPRESSION, identifier_hash, suppression_pk

SCHEMA = 1


def open_suppressions(table: str, secret: str) -> "SuppressionStore":
    """With the keys of the secret of this name, as this process knows them: for five minutes."""
    return SuppressionStore(table, lambda: SuppressionKeys.parse(secret_text(secret)))


@dataclass(frozen=True, slots=True)
class SuppressionStore:
    """`table` is the deployed name of the suppressions table."""

    table: str
    keys: Callable[[], SuppressionKeys]

    def look_up(self, identifiers: Iterable[Identifier]) -> Suppressions:
        """Those of these that are suppressed, each asked once. ContentionError where DynamoDB is busy: who can't know
        must not go on.
        """
        asked = dict.fromkeys(identifiers)
        if not asked:
            return {}
        keys = self.keys()
        by_key = {key: one for one in asked for key in _keys_of(one, keys)}
        with contention():
            found = batch_get(self.table, by_key, consistent=True)
        until: dict[Identifier, str] = {}
        for key, item in found.items():
            until[by_key[key]] = max(item.get("lifted_at", HOLDS), until.get(by_key[key], ""))
        return until

    def any_of(self, identifiers: Iterable[Identifier], at: str) -> bool:
        """Whether one of these is suppressed at a time."""
        asked = list(identifiers)
        return bool(suppressed_of(asked, at, self.look_up(asked)))

    def put(self, identifiers: Collection[Identifier], erased_at: str, request_id: str) -> None:
        """Suppress them, from the beginning of an erasure on. The same again changes nothing, after a lift neither."""
        keys = self.keys()
        secret = keys.versions[keys.current]
        for one in identifiers:
            key = {"pk": suppression_pk(keys.current, identifier_hash(secret, one)), "sk": SUPPRESSION}
            item = {**key, "v": SCHEMA, "erased_at": erased_at, "request_id": request_id}
            with contention():
                self._put(item, "attribute_not_exists(pk) OR erased_at < :at", erased_at)

    def put_until(self, identifier: Identifier, until: str, erased_at: str, request_id: str) -> None:
        """Suppress what happened until an event time: a contested device is others', too. The later time holds."""
        keys = self.keys()
        pk = suppression_pk(keys.current, identifier_hash(keys.versions[keys.current], identifier))
        item = {"pk": pk, "sk": SUPPRESSION, "v": SCHEMA, "erased_at": erased_at, "request_id": request_id}
        with contention():
            self._put({**item, "lifted_at": until}, "attribute_not_exists(pk) OR lifted_at < :at", until)

    def lift(self, identifiers: Iterable[Identifier], lifted_at: str, by: str = "command") -> set[Identifier]:
        """Let events of a later time in again; `by` is the name of an API token. Those of these that an erasure before
        it had suppressed.
        """
        keys, lifted = self.keys(), set[Identifier]()
        for one in identifiers:
            for key in _keys_of(one, keys):
                with contention():
                    lifted |= {one} if self._lift(key, lifted_at, by) else set()
        return lifted

    def _put(self, item: Item, condition: str, at: str) -> None:
        try:
            dynamodb().put_item(
                TableName=self.table,
                Item=to_attributes(item),
                ConditionExpression=condition,
                ExpressionAttributeValues=to_attributes({":at": at}),
            )
        except dynamodb().exceptions.ConditionalCheckFailedException:
            return  # it is there already

    def _lift(self, key: Key, lifted_at: str, by: str) -> bool:
        try:
            dynamodb().update_item(
                TableName=self.table,
                Key=to_attributes(dict(zip(("pk", "sk"), key, strict=True))),
                UpdateExpression="SET lifted_at = :at, lifted_by = :by",
                ConditionExpression="erased_at < :at AND attribute_not_exists(lifted_at)",
                ExpressionAttributeValues=to_attributes({":at": lifted_at, ":by": by}),
            )
        except dynamodb().exceptions.ConditionalCheckFailedException:
            return False  # never suppressed, or lifted before
        return True


def _keys_of(identifier: Identifier, keys: SuppressionKeys) -> list[Key]:
    hashes = ((version, identifier_hash(key, identifier)) for version, key in keys.versions.items())
    return [(suppression_pk(version, hashed), SUPPRESSION) for version, hashed in hashes]
