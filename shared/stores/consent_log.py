"""The door to consent records in the ledger: appended with the decision's own transaction, and never changed."""

import heapq
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.aws.dynamo import Item, get_item, query, to_attributes
from shared.domain.consent_records import ConsentRecord, Recorded, RecordKey
from shared.domain.consent_signals import Said
from shared.domain.profiles import Profile
from shared.domain.purposes import Purposes
from shared.domain.standing import Standing, standings
from shared.domain.times import to_text
from shared.stores.keys import consent_pk, consent_sk

SCHEMA = 1
_KIND = "consent:"


def append_of(table: str, record: ConsentRecord, now: datetime) -> dict[str, Any]:
    """A write for a transaction. A record that is there stays as it is."""
    item = _item(record, now)
    key = {name: item.pop(name) for name in ("pk", "sk")}
    sets = ", ".join(f"#{name} = if_not_exists(#{name}, :{name})" for name in item)
    return {
        "Update": {
            "TableName": table,
            "Key": to_attributes(key),
            "UpdateExpression": f"SET {sets}",
            "ExpressionAttributeNames": {f"#{name}": name for name in item},
            "ExpressionAttributeValues": to_attributes({f":{name}": value for name, value in item.items()}),
        }
    }


@dataclass(frozen=True, slots=True)
class ConsentLog:
    """`table` is the deployed name of the ledger."""

    table: str

    def find(self, key: RecordKey) -> ConsentRecord | None:
        item = get_item(self.table, consent_pk(key.anchor), consent_sk(key.time, key.message_id))
        return _record(item) if item else None

    def newest(
        self, anchors: Iterable[str], after: RecordKey | None = None, page_size: int = 50
    ) -> Iterator[ConsentRecord]:
        """Of all these identifiers, newest first, those behind `after`."""
        lists = [self._of(anchor, after, page_size) for anchor in sorted(anchors)]
        return heapq.merge(*lists, key=lambda record: _place(record.key), reverse=True)

    def _of(self, anchor: str, after: RecordKey | None, page_size: int) -> Iterator[ConsentRecord]:
        last = consent_sk(after.time, after.message_id) if after else ""
        items = query(self.table, consent_pk(anchor), last=last, forward=False, page_size=page_size)
        records = (_record(item) for item in items)
        return (record for record in records if after is None or _place(record.key) < _place(after))

    def behind(self, standing: Standing) -> RecordKey | None:
        """The record of the decision that stands: its own, or the one that it repeats."""
        decision, anchor = standing.decision, standing.anchor
        last = consent_sk(decision.time, decision.message_id)
        for item in query(self.table, consent_pk(anchor), last=last, forward=False, consistent=True, page_size=10):
            if standing.signal in json.loads(item["decisions"]):
                return _key(item)
        return None


def evidenced(
    profile: Profile, records: Sequence[ConsentRecord], log: ConsentLog, purposes: Purposes, now: datetime
) -> Profile:
    """A profile about to be written, with the record behind each change of consent that this write tells."""
    told = {fact for fact, change in profile.changes.items() if fact.startswith(_KIND) and _is_new(profile, fact)}
    if not told or all(profile.changes[fact].value == "unknown" for fact in told):
        return profile
    stands = standings(profile.state.consent, profile.state.links, purposes, now)
    changes = dict(profile.changes)
    for fact in told:
        standing = stands.get(fact.removeprefix(_KIND))
        key = (_among(records, standing) or log.behind(standing)) if standing else None
        changes[fact] = changes[fact]._replace(evidence=key.id if key else "")
    return replace(profile, changes=changes)


def _is_new(profile: Profile, fact: str) -> bool:
    return profile.changes[fact].version == profile.version


def _among(records: Sequence[ConsentRecord], standing: Standing) -> RecordKey | None:
    """Of the records of this very write."""
    keys = [r.key for r in records if r.key.anchor == standing.anchor and standing.signal in r.decisions]
    decided = (standing.decision.time, standing.decision.message_id)
    return max((key for key in keys if (key.time, key.message_id) <= decided), default=None)


def _place(key: RecordKey) -> tuple[str, str, str]:
    return key.time, key.message_id, key.anchor


def _item(record: ConsentRecord, now: datetime) -> Item:
    item: Mapping[str, Any] = {
        "pk": consent_pk(record.key.anchor),
        "sk": consent_sk(record.key.time, record.key.message_id),
        "v": SCHEMA,
        "source_id": record.source_id,
        "event": record.event,
        "recorded_at": to_text(now),
        "channel": record.channel,
        "country": record.country,
        "tc_string": record.tc_string,
        "decisions": json.dumps(
            {signal: [*recorded] for signal, recorded in record.decisions.items()}, ensure_ascii=False
        ),
    }
    return {name: value for name, value in item.items() if value != ""}


def _key(item: Item) -> RecordKey:
    time, _, message_id = item["sk"].partition("#")
    return RecordKey(item["pk"].removeprefix(consent_pk("")), time, message_id)


def _record(item: Item) -> ConsentRecord:
    decisions = json.loads(item["decisions"])
    return ConsentRecord(
        key=_key(item),
        source_id=item["source_id"],
        event=item["event"],
        decisions={
            signal: Recorded(Said(*said), state, purposes) for signal, (said, state, purposes) in decisions.items()
        },
        channel=item.get("channel", ""),
        country=item.get("country", ""),
        tc_string=item.get("tc_string", ""),
        recorded_at=item["recorded_at"],
    )
