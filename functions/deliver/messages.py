"""What comes on the deliveries queue: an EventBridge event that carries one fact, an errand, or a farewell."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from shared.contracts.bus import SOURCE, Detail, Envelope
from shared.contracts.queues import Errand, Farewell
from shared.domain.facts import DetailType


@dataclass(frozen=True, slots=True)
class Message:
    """`receives` counts this one too. `destination_id`: it is for this destination alone, which it was held for.
    `redelivery`: it goes there once more, by this request. `turn`: when it comes in the line of a destination that has
    a rate.
    """

    id: str
    receipt_handle: str
    receives: int
    detail_type: DetailType
    fact: Detail
    body: str = ""
    destination_id: str | None = None
    redelivery: str | None = None
    turn: float | None = None

    @property
    def kept(self) -> str:
        """What of the body brings the fact again: names and ids."""
        body = json.loads(self.body)
        return json.dumps({name: body[name] for name in ("source", "detail-type", "detail")}, separators=(",", ":"))

    def held_for(self, destination_id: str, **more: float) -> str:
        """The body of a message that brings the fact to one destination."""
        return json.dumps({**json.loads(self.body), "destination_id": destination_id, **more})


_Body = TypeAdapter[Envelope | Errand | Farewell](
    Annotated[Envelope | Errand | Farewell, Field(union_mode="left_to_right")]  # nearly all of them are facts
)


def read(record: Mapping[str, Any]) -> Message | Errand | Farewell | None:
    """What an SQS record brings, or None where its body is nothing of ours."""
    try:
        envelope = _Body.validate_json(record["body"])
        if not isinstance(envelope, Envelope):
            return envelope
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
        turn=envelope.turn,
    )
