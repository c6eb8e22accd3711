"""What comes on the deliveries queue: an EventBridge event that carries one fact, an errand, or a farewell."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from shared.contracts.bus import SOURCE, Detail, Envelope, Gathered
from shared.contracts.queues import GATHER, Bulk, Errand, Farewell
from shared.domain.facts import DetailType

_LATE_SECONDS = 3600
"""So long after its turn a message is one that was driven again from the dead letters: its tries begin anew."""


@dataclass(frozen=True, slots=True)
class Message:
    """`receives` counts this one too, and the `tries` of messages before it. `destination_id`: it is for this
    destination alone, which it was held for. `redelivery`: it goes there once more, by this request. `turn`: when it
    comes, with a `rate` in the line of a destination that has this one. `gathered`: of a change in bulk, what is in its
    files.
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
    rate: int | None = None
    tries: int = 0
    gathered: Gathered | None = None

    @property
    def fact_id(self) -> str:
        """As the ledger has it: what is gathered in a later turn ends by itself."""
        turn = self.gathered.turn if self.gathered else 0
        return f"{self.fact.metadata.id}-{turn}" if turn else self.fact.metadata.id

    @property
    def key(self) -> str:
        """What repeats of this message share, and no other."""
        return f"{self.fact_id}#gathered" if self.gathered else self.fact_id

    @property
    def kept(self) -> str:
        """What of the body brings the fact again: names and ids."""
        body = json.loads(self.body)
        return json.dumps({name: body[name] for name in ("source", "detail-type", "detail")}, separators=(",", ":"))

    def errand_to(self, destination_id: str) -> Errand:
        """To gather a change in bulk for one destination; of what is gathered, its turn once more."""
        marks = {"destination_id": destination_id, "redelivery": self.redelivery}
        fact = json.dumps({**json.loads(self.kept), **marks})
        turn, tries = (self.gathered.turn, self.receives - 1) if self.gathered else (0, 0)
        return Errand(errand=GATHER, destination_id=destination_id, bulk=Bulk(fact=fact, turn=turn, tries=tries))

    def held_for(self, destination_id: str, **more: float | None) -> str:
        """The body of a message that brings the fact to one destination."""
        return json.dumps({**json.loads(self.body), "destination_id": destination_id, **more})


_Body = TypeAdapter[Envelope | Errand | Farewell](
    Annotated[Envelope | Errand | Farewell, Field(union_mode="left_to_right")]  # nearly all of them are facts
)


def read(record: Mapping[str, Any], now: datetime) -> Message | Errand | Farewell | None:
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
    is_driven_again = envelope.turn is not None and envelope.turn < now.timestamp() - _LATE_SECONDS
    tries = 0 if is_driven_again else envelope.tries
    return Message(
        id=record["messageId"],
        receipt_handle=record["receiptHandle"],
        receives=int(record["attributes"]["ApproximateReceiveCount"]) + tries,
        detail_type=envelope.detail_type,
        fact=fact,
        body=record["body"],
        destination_id=envelope.destination_id,
        redelivery=envelope.redelivery,
        turn=envelope.turn,
        rate=envelope.rate,
        tries=tries,
        gathered=envelope.gathered,
    )
