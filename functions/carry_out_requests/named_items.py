"""What is kept about others and names who is erased: something that stands for nobody takes the place of the name."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from functions.carry_out_requests.working import Work
from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, batch_get, to_attributes
from shared.domain.erasures import left_of, named_in, without_names
from shared.domain.identity import Ownership
from shared.stores.contention import contention
from shared.stores.keys import identifier_pk
from shared.stores.profile_items import to_ownership
from shared.stores.raw_items import RawItems
from shared.stores.spoiled import ownership_key


@dataclass(frozen=True, slots=True)
class Texts:
    """Noted items of a table, with texts that name them."""

    table: Callable[[Work], str]
    noted: str

    def found(self, work: Work) -> int:
        return sum(1 for item in self._items(work) if _naming(work, item))

    def erase(self, work: Work, after: str = "") -> Iterator[str]:
        for item in self._items(work):
            naming = _naming(work, item)
            for name, value in naming.items():
                self._replace(work, item, name, value)
            if naming:
                yield ""

    def _items(self, work: Work) -> list[Item]:
        return list(batch_get(self.table(work), work.noted.get(self.noted, []), consistent=True).values())

    def _replace(self, work: Work, item: Item, name: str, value: str) -> None:
        """On condition that nobody has written it since: a job goes on meanwhile."""
        stand_ins = work.person.stand_ins(item["pk"].removeprefix(identifier_pk("")))
        with contention():
            dynamodb().update_item(
                TableName=self.table(work),
                Key=to_attributes({"pk": item["pk"], "sk": item["sk"]}),
                UpdateExpression="SET #name = :new",
                ConditionExpression="#name = :old",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues=to_attributes({":old": value, ":new": without_names(value, stand_ins)}),
            )


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


def _naming(work: Work, item: Item) -> dict[str, str]:
    names = work.person.names()
    texts = {name: value for name, value in item.items() if isinstance(value, str) and name not in ("pk", "sk")}
    return {name: value for name, value in texts.items() if named_in(value, names)}
