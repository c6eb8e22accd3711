"""A message of the deliveries queue: an EventBridge event that carries one fact."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from shared.contracts.bus import SOURCE, Detail, Envelope
from shared.contracts.queues import Errand
from shared.domain.facts import DetailType


@dataclass(frozen=True, slots=True)
class Message:
    """`receives` counts this one too. `destination_id`: it is for this destination alone, which it was held for.
    `redelivery`: it goes there once more, by this request.
    """

    id: str
    receipt_handle: str
    receives: int
    detail_type: DetailType
    fact: Detail
    body: str = ""
    destination_id: str | None = None
    redelivery: str | None = None

    @property
    def kept(self) -> str:
        """What of the body brings the fact again: names and ids."""
        body = json.loads(self.body)
        return json.dumps({name: body[name] for name in ("source", "detail-type", "detail")}, separators=(",", ":"))

    def held_for(self, destination_id: str) -> str:
        """The body of a message that brings the fact to one destination."""
        return json.dumps({**json.loads(self.body), "destination_id": destination_id})


def read_errand(record: Mapping[str, Any]) -> Errand | None:
    """The errand of an SQS record, or None where it is something else."""
    try:
        return Errand.model_validate_json(record["body"])
    except ValidationError:
        return None


def read(record: Mapping[str, Any]) -> Message | None:
    """The message of an SQS record, or None where its body isn't a fact of ours."""
    try:
        envelope = Envelope.model_validate_json(record["body"])
        fact = envelope.fact()
    except ValidationError:
        return None
    if envelope.source != SOURCE:
        return None
    return Message(
        id=record["messageId"],
        receipt_handle=record["receiptHandle"],
        receives=int(record["attributes"]["ApproximateReceiveCount"]),
        detail_type=envelope.detail_type,
        fact=fact,
        body=record["body"],
        destination_id=envelope.destination_id,
        redelivery=envelope.redelivery,
    )
