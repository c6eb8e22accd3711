"""Stands for a stage where nobody was erased, and erases people by hand where one is needed."""

from collections.abc import Iterable

from shared.aws import clients
from shared.aws.dynamo import query, to_attributes
from shared.domain.identifiers import Identifier
from shared.domain.suppression import Suppressions
from shared.domain.suppression_keys import SuppressionKeys
from shared.stores.keys import anchor_pk, identifier_hash, identifier_pk, profile_pk
from shared.stores.profile_store import ProfileStore
from shared.stores.suppression_store import SuppressionStore, open_suppressions
from shared.stores.tables import EVENTS, PROFILES, SUPPRESSIONS
from tests.conftest import SECRET, Deployment

KEYS = "jogakbo/test/suppression-keys"


class NobodyErased(SuppressionStore):
    """Asks nothing of DynamoDB."""

    def __init__(self) -> None:
        super().__init__("", lambda: SuppressionKeys("1", {"1": ""}))

    def look_up(self, identifiers: Iterable[Identifier]) -> Suppressions:
        return {}


def erase(aws: Deployment, namespace: str, value: str, at: str) -> frozenset[Identifier]:
    """Suppress whoever has this identifier, then delete them with their events. Those of theirs that are suppressed."""
    people = ProfileStore(aws.table(PROFILES))
    hashed = identifier_hash(SECRET, Identifier(namespace, value))
    person = people.people_of([hashed]).owner_of(hashed, "9999")
    assert person is not None
    gone = frozenset(person.identifiers.values())
    open_suppressions(aws.table(SUPPRESSIONS), KEYS).put(gone, at, "r1")
    hashes = [identifier_hash(SECRET, identifier) for identifier in gone]
    for table, pks in (
        (EVENTS, [anchor_pk(one) for one in hashes]),
        (PROFILES, [profile_pk(person.id), *_merged_into(aws, person.id), *map(identifier_pk, hashes)]),
    ):
        for pk in pks:
            for item in query(aws.table(table), pk):
                key = to_attributes({name: item[name] for name in ("pk", "sk")})
                clients.dynamodb().delete_item(TableName=aws.table(table), Key=key)
    return gone


def _merged_into(aws: Deployment, profile_id: str) -> list[str]:
    items = clients.dynamodb().scan(TableName=aws.table(PROFILES))["Items"]
    return [item["pk"]["S"] for item in items if item.get("merged_into", {}).get("S") == profile_id]
