"""The door to what an erasure works from: who it is about, and keys that nothing leads to once others are deleted."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.aws.batching import chunks
from shared.aws.dynamo import Key, delete_items, put_items, query
from shared.domain.erasures import Person
from shared.stores.keys import IDENTIFIER, identifier_pk, work_pk
from shared.stores.profile_items import ownership_item, to_ownership

SCHEMA = 1
_WHO = "who"
_KEYS = "K#"
_KEYS_AN_ITEM = 500


@dataclass(frozen=True, slots=True)
class WorkingList:
    """`table` is the deployed name of the privacy table, which is encrypted under a key of ours."""

    table: str

    def put(self, request_id: str, person: Person) -> None:
        """Whom it is about, in one piece for who reads: what says that all is there is written last."""
        pk = work_pk(request_id)
        items = [{**ownership_item(one), "pk": pk, "sk": identifier_pk(h)} for h, one in person.ownerships.items()]
        put_items(self.table, items)
        who = {"pk": pk, "sk": _WHO, "v": SCHEMA, "profile_ids": json.dumps(sorted(person.profile_ids))}
        put_items(self.table, [who])

    def find(self, request_id: str) -> Person | None:
        items = {item["sk"]: item for item in query(self.table, work_pk(request_id), consistent=True)}
        if _WHO not in items:
            return None
        stored = [item for sk, item in items.items() if sk.startswith(identifier_pk(""))]
        ownerships = [to_ownership({**item, "pk": item["sk"], "sk": IDENTIFIER}) for item in stored]
        profile_ids = frozenset(json.loads(items[_WHO]["profile_ids"]))
        return Person(profile_ids, {one.identifier.hash: one for one in ownerships})

    def note(self, request_id: str, name: str, keys: Iterable[Key]) -> None:
        """Keep these keys under a name; the same again changes nothing."""
        items = (
            {"pk": work_pk(request_id), "sk": f"{_KEYS}{name}#{n:06d}", "v": SCHEMA, "keys": json.dumps(some)}
            for n, some in enumerate(chunks(sorted(set(keys)), _KEYS_AN_ITEM))
        )
        put_items(self.table, items)

    def noted(self, request_id: str) -> Mapping[str, list[Key]]:
        """By name."""
        found: dict[str, list[Key]] = {}
        for item in query(self.table, work_pk(request_id), prefix=_KEYS, consistent=True):
            name = item["sk"].removeprefix(_KEYS).rpartition("#")[0]
            found.setdefault(name, []).extend((pk, sk) for pk, sk in json.loads(item["keys"]))
        return found

    def delete(self, request_id: str) -> None:
        """What says that all is there goes first."""
        keys = [(item["pk"], item["sk"]) for item in query(self.table, work_pk(request_id), consistent=True)]
        delete_items(self.table, sorted(keys, key=lambda key: key[1] != _WHO))
