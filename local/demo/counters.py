"""What the pipeline has done so far, read from its own tables: nothing here is the demo's word."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3

from local import aws
from local.outputs import Outputs
from shared.aws.dynamo import to_python
from shared.domain.times import to_text
from shared.stores.profile_items import plain

DESTINATION = "demo"
COUNTED = ("received", "stored", "duplicate", "quarantined", "suppressed", "reduced")


@dataclass(frozen=True, slots=True)
class People:
    """Profiles as they stand. `folded` is the number of events in all of them together."""

    live: int
    known: int
    merged: int
    folded: int
    consents: Counter[str] = field(default_factory=Counter)
    segments: Counter[str] = field(default_factory=Counter)
    buyer: str | None = None
    leaver: str | None = None
    """User ids of the person with the most orders, and of the next who was merged of several visitors and consented to
    be advertised to."""


class Counters:
    """Reads the tables of one local cloud."""

    def __init__(self, outputs: Outputs) -> None:
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=aws.REGION)
        self._dynamodb = session.client("dynamodb", endpoint_url=outputs.aws_endpoint_url)
        self._outputs = outputs
        self.began = to_text(datetime.now(UTC))
        self._before = self._ledger()
        self._folded_before = self.people().folded

    def ledger(self) -> Counter[str]:
        """The closed ledger of the source since the demo began: what was received, and how it ended."""
        now = self._ledger()
        now.subtract(self._before)
        return now

    def deliveries(self) -> Counter[str]:
        """What became of facts at the demo's webhook since it began: `delivered`, `withheld refused:advertising`."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._outputs.tables["ledger"],
            KeyConditionExpression="pk = :pk",
            FilterExpression="#at >= :began",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={":pk": {"S": f"D#{DESTINATION}"}, ":began": {"S": self.began}},
        )
        ended = (item for page in pages for item in page["Items"])
        return Counter(" ".join(item[name]["S"] for name in ("status", "reason") if name in item) for item in ended)

    def folded(self) -> int:
        """Events folded into people since the demo began."""
        return self.people().folded - self._folded_before

    def _ledger(self) -> Counter[str]:
        totals: Counter[str] = Counter()
        found = self._dynamodb.query(
            TableName=self._outputs.tables["ledger"],
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"C#{self._outputs.source_id}"}},
        )
        for item in found["Items"]:
            for name in COUNTED:
                totals[name] += int(item.get(name, {"N": "0"})["N"])
        return totals

    def people(self) -> People:
        live = known = merged = folded = 0
        buyers: list[tuple[int, str, bool]] = []
        consents: Counter[str] = Counter()
        segments: Counter[str] = Counter()
        for item in self._profiles():
            if item["status"]["S"] == "merged":
                merged += 1
                continue
            said = plain(to_python(item))
            tallies = json.loads(said["state"])["events"]
            identifiers = json.loads(said["identifiers"]).values()
            users = [value for namespace, value, *_ in identifiers if namespace == "user_id"]
            live += 1
            known += bool(users)
            folded += sum(total for total, *_ in tallies.values())
            changes = json.loads(said["changes"])
            orders = tallies.get("Order Completed", [0])[0]
            if users and orders:
                is_merged = any(fact.startswith("merged:") for fact in changes)
                is_told = changes.get("consent:advertising", [""])[0] == "granted"
                buyers.append((orders, users[0], is_merged and is_told))
            for fact, (value, *_) in changes.items():
                if fact == "consent:advertising":
                    consents[value] += 1
                elif fact.startswith("segment:") and value == "in":
                    segments[fact.removeprefix("segment:")] += 1
        by_orders = [(user, may_leave) for _, user, may_leave in sorted(buyers, reverse=True)]
        buyer = next((user for user, _ in by_orders), None)
        leaver = next((user for user, may_leave in by_orders[1:] if may_leave), None)
        return People(live, known, merged, folded, consents, segments, buyer, leaver)

    def _profiles(self) -> list[dict[str, Any]]:
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._outputs.tables["profiles"],
            FilterExpression="#status IN (:active, :merged)",
            ProjectionExpression="#status, #state, identifiers, changes, packed",
            ExpressionAttributeNames={"#status": "status", "#state": "state"},
            ExpressionAttributeValues={":active": {"S": "active"}, ":merged": {"S": "merged"}},
        )
        return [item for page in pages for item in page["Items"]]
