"""The door to groups, in the profiles table: written only where something changes, on condition of what was read."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from shared.aws.batching import StillFailingError
from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, batch_get, query, to_attributes
from shared.domain.groups import Group, united
from shared.domain.traits import Trait
from shared.stores.keys import GROUP, GROUPS, MEMBER, group_pk, identifier_pk

SCHEMA = 1


class Member(NamedTuple):
    """An anchor whose events name the group, and the first event time."""

    anchor: str
    since: str


@dataclass(frozen=True, slots=True)
class GroupStore:
    """`table` is the deployed name of the profiles table."""

    table: str

    def find(self, group_id: str) -> Group | None:
        """Without members."""
        key = (group_pk(group_id), GROUP)
        found = batch_get(self.table, [key], consistent=True).get(key)
        return _to_group(found) if found else None

    def members(self, group_id: str, after: str, limit: int) -> list[Member]:
        """By anchor, after one of them."""
        first = f"{MEMBER}{after}\x00" if after else MEMBER
        found: Iterator[Item] = query(
            self.table, group_pk(group_id), first=first, last=f"{MEMBER}~", page_size=limit, consistent=True
        )
        return [Member(item["sk"].removeprefix(MEMBER), item["since"]) for item in islice(found, limit)]

    def of_anchor(self, anchor: str) -> Iterator[tuple[str, str]]:
        """(group id, first event time) of the groups that events of an anchor name."""
        pks = [item["sk"] for item in query(self.table, identifier_pk(anchor), prefix=GROUPS, consistent=True)]
        keys = [key for pk in pks for key in ((pk, GROUP), (pk, f"{MEMBER}{anchor}"))]
        found = batch_get(self.table, keys, consistent=True)
        for pk in pks:
            if (pk, f"{MEMBER}{anchor}") in found and (pk, GROUP) in found:
                yield found[pk, GROUP]["group_id"], found[pk, f"{MEMBER}{anchor}"]["since"]

    def add(self, said: Mapping[str, Group]) -> set[str]:
        """Unite what is stored with what was said, by id. The ids of those that others changed at the same time: they
        can be added again, as often as one likes.
        """
        keys = {group_pk(i): i for i in said}
        wanted = [(pk, GROUP) for pk in keys]
        wanted += [(group_pk(i), f"{MEMBER}{anchor}") for i, group in said.items() for anchor in group.members]
        try:
            stored = batch_get(self.table, wanted, consistent=True)
        except StillFailingError:
            return set(said)
        lost: set[str] = set()
        for pk, group_id in keys.items():
            writes = _writes(self.table, group_id, said[group_id], stored, (pk, GROUP))
            if not all(_put(write) for write in writes):
                lost.add(group_id)
        return lost


def _writes(
    table: str, group_id: str, said: Group, stored: Mapping[tuple[str, str], Item], key: tuple[str, str]
) -> Iterable[dict[str, Any]]:
    old = _to_group(stored[key]) if key in stored else None
    new = united(old, said) if old else said
    if old is None or new.traits != old.traits:
        item = {"pk": key[0], "sk": GROUP, "v": SCHEMA, "group_id": group_id, "version": new.version + 1}
        condition = _unchanged("version", old.version if old else None)
        yield {"TableName": table, "Item": to_attributes({**item, "traits": _json(new.traits)}), **condition}
    for anchor, since in said.members.items():
        before = stored.get((key[0], f"{MEMBER}{anchor}"))
        if before is None or since < before["since"]:
            # First, so that whoever has to leave all groups finds each: it leads from the anchor to the group.
            leading = {"pk": identifier_pk(anchor), "sk": key[0], "v": SCHEMA}
            yield {"TableName": table, "Item": to_attributes(leading)}
            member = {"pk": key[0], "sk": f"{MEMBER}{anchor}", "v": SCHEMA, "since": since}
            condition = _unchanged("since", before["since"] if before else None)
            yield {"TableName": table, "Item": to_attributes(member), **condition}


def _unchanged(name: str, value: str | int | None) -> dict[str, Any]:
    if value is None:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    values = to_attributes({":read": value})
    return {
        "ConditionExpression": "#name = :read",
        "ExpressionAttributeNames": {"#name": name},
        "ExpressionAttributeValues": values,
    }


_CONTENDED = frozenset({
    "ConditionalCheckFailedException", "TransactionConflictException", "ProvisionedThroughputExceededException",
    "ThrottlingException", "RequestLimitExceeded", "InternalServerError",
})  # fmt: skip


def _put(write: Mapping[str, Any]) -> bool:
    try:
        dynamodb().put_item(**write)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _CONTENDED:
            raise
        return False
    return True


def _to_group(item: Item) -> Group:
    traits = {name: Trait(*trait) for name, trait in json.loads(item["traits"]).items()}
    return Group(item["group_id"], traits, {}, item["version"])


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
