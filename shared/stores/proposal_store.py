"""The door to proposals of probable duplicates in the ledger: put by a batch job, decided by a person, once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, get_item, query, to_attributes
from shared.domain.proposals import Pair, Proposal, State, evidence_of, evidence_text, sides
from shared.domain.times import to_text
from shared.stores.keys import proposal_pk

SCHEMA = 1

Decided = Literal["decided", "repeated", "contradicted", "unknown"]
"""`repeated`: it was decided so before; `contradicted`: otherwise, and that stands; `unknown`: nobody proposed it."""

_OPEN = {":open": {"S": "open"}}
_STATE = {"#state": "state"}


@dataclass(frozen=True, slots=True)
class ProposalStore:
    """`table` is the deployed name of the ledger."""

    table: str

    def put(self, pair: Pair, now: datetime) -> bool:
        """Propose a pair, or put its new score in the place of an open one; False where somebody has decided on it."""
        item = {
            "pk": proposal_pk(),
            "sk": pair.id,
            "v": SCHEMA,
            "state": "open",
            "probability": str(pair.probability),
            "weight": str(pair.weight),
            "evidence": evidence_text(pair.evidence),
            "met_by": "\n".join(pair.met_by),
            "found_at": to_text(now),
        }
        try:
            dynamodb().put_item(
                TableName=self.table,
                Item=to_attributes(item),
                ConditionExpression="attribute_not_exists(pk) OR #state = :open",
                ExpressionAttributeNames=_STATE,
                ExpressionAttributeValues=_OPEN,
            )
        except dynamodb().exceptions.ConditionalCheckFailedException:
            return False
        return True

    def get(self, pair: str) -> Proposal | None:
        """By the pair's id; read consistently."""
        item = get_item(self.table, proposal_pk(), pair, consistent=True)
        return _proposal(item) if item else None

    def list(self, state: State | None = None) -> Iterator[Proposal]:
        """All proposals, or those of a state, by the pairs' ids."""
        for item in query(self.table, proposal_pk()):
            if state in (None, item["state"]):
                yield _proposal(item)

    def decide(self, pair: str, state: Literal["accepted", "rejected"], by: str, now: datetime) -> Decided:
        """A person's decision on an open proposal; the first one stands. `by` is the name of their API token."""
        values = {":state": state, ":by": by, ":at": to_text(now), ":open": "open"}
        try:
            dynamodb().update_item(
                TableName=self.table,
                Key=to_attributes({"pk": proposal_pk(), "sk": pair}),
                UpdateExpression="SET #state = :state, decided_by = :by, decided_at = :at",
                ConditionExpression="#state = :open",
                ExpressionAttributeNames=_STATE,
                ExpressionAttributeValues=to_attributes(values),
            )
        except dynamodb().exceptions.ConditionalCheckFailedException:
            found = self.get(pair)
            if found is None:
                return "unknown"
            return "repeated" if found.state == state else "contradicted"
        return "decided"

    def withdraw(self, pair: str) -> bool:
        """Take an open proposal back; False where there is none, or somebody has decided on it."""
        try:
            dynamodb().delete_item(
                TableName=self.table,
                Key=to_attributes({"pk": proposal_pk(), "sk": pair}),
                ConditionExpression="#state = :open",
                ExpressionAttributeNames=_STATE,
                ExpressionAttributeValues=_OPEN,
            )
        except dynamodb().exceptions.ConditionalCheckFailedException:
            return False
        return True


def _proposal(item: Item) -> Proposal:
    two = sides(item["sk"])
    if two is None:
        raise ValueError(f"{item['sk']} is no pair")
    pair = Pair(
        *two,
        probability=float(item["probability"]),
        weight=float(item["weight"]),
        evidence=evidence_of(item["evidence"]),
        met_by=tuple(filter(None, item["met_by"].split("\n"))),
    )
    return Proposal(pair, item["found_at"], item["state"], item.get("decided_by"), item.get("decided_at"))
