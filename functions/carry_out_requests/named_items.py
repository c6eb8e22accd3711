"""What is kept about others and names who is erased: something that stands for nobody takes the place of the name."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from functions.carry_out_requests.working import Work
from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, batch_get, to_attributes
from shared.domain.erasures import left_of, named_in, without_names
from shared.domain.identity import Ownership
from shared.domain.suppression import without
from shared.stores.contention import contention
from shared.stores.identity_log import WITHIN
from shared.stores.keys import GROUP, identifier_pk
from shared.stores.profile_items import to_ownership
from shared.stores.raw_items import RawItems
from shared.stores.spoiled import ownership_key


@dataclass(frozen=True, slots=True)
class Texts:
    """Noted items of a table, with texts that name them. `left` is what is to stand where a text of an item stands."""

    table: Callable[[Work], str]
    noted: str
    left: Callable[[Work, Item, str], str]

    def found(self, work: Work) -> int:
        return sum(1 for item in self._items(work) if self._changed(work, item))

    def erase(self, work: Work, after: str = "") -> Iterator[str]:
        for item in self._items(work):
            changed = self._changed(work, item)
            for name, left in changed.items():
                self._replace(work, item, name, left)
            if changed:
                yield ""

    def _items(self, work: Work) -> list[Item]:
        return list(batch_get(self.table(work), work.noted.get(self.noted, []), consistent=True).values())

    def _changed(self, work: Work, item: Item) -> dict[str, str]:
        names = [name for name, value in item.items() if isinstance(value, str) and name not in ("pk", "sk")]
        return {name: left for name in names if (left := self.left(work, item, name)) != item[name]}

    def _replace(self, work: Work, item: Item, name: str, left: str) -> None:
        """On condition that nobody has written it since: a job goes on meanwhile. Who has read a group before, and
        writes it on condition of its version, has to read it again.
        """
        with contention():
            dynamodb().update_item(
                TableName=self.table(work),
                Key=to_attributes({"pk": item["pk"], "sk": item["sk"]}),
                UpdateExpression="SET #name = :new" + (", version = version + :one" if item["sk"] == GROUP else ""),
                ConditionExpression="#name = :old",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues=to_attributes(
                    {":old": item[name], ":new": left} | ({":one": 1} if item["sk"] == GROUP else {})
                ),
            )


def unnamed(work: Work, item: Item, name: str) -> str:
    """A text without ids and hashes of theirs."""
    text: str = item[name]
    if not named_in(text, work.person.names()):
        return text
    return without_names(text, work.person.stand_ins(item["pk"].removeprefix(identifier_pk(""))))


def undecided(work: Work, item: Item, name: str) -> str:
    """Of a decision: what was attached to somebody with it, and is theirs, goes."""
    if name != WITHIN:
        return unnamed(work, item, name)
    kept = {hashed: one for hashed, one in json.loads(item[name]).items() if hashed not in work.person.names()}
    return unnamed(work, {**item, name: json.dumps(kept, sort_keys=True)}, name)


def unsaid(work: Work, item: Item, name: str) -> str:
    """Of a group: traits that say an identifier of theirs go, too."""
    text = unnamed(work, item, name)
    if name != "traits":
        return text
    traits, naming = json.loads(text), work.doors.rules.get().naming
    said = {"traits": {trait: value for trait, (value, *_) in traits.items()}}
    left = without(said, work.person.identifiers, naming).get("traits", {})
    if left == said["traits"]:
        return text
    return json.dumps({trait: [left[trait], *traits[trait][1:]] for trait in left}, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class SharedIdentifiers:
    """Contested devices stay, with what was others' of them."""

    def found(self, work: Work) -> int:
        return len(self._theirs(work))

    def erase(self, work: Work, after: str = "") -> Iterator[str]:
        raw = RawItems(work.doors.profiles.profiles_table)
        for hashed in self._theirs(work):
            (item,) = raw.get([ownership_key(hashed)]).values()
            left = left_of(work.person, to_ownership(item))
            if left:
                raw.put_ownership(item, left)
            yield ""

    def _theirs(self, work: Work) -> dict[str, Ownership]:
        stored = work.doors.profiles.ownerships(work.person.shared)
        ids = work.person.profile_ids
        return {h: one for h, one in stored.items() if any(period.profile_id in ids for period in one.periods)}
