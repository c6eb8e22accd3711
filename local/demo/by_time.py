"""Two people to whom something happens while nothing is sent: one lapses, one leaves a cart, and buys after all."""

import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from local.demo.receiver import Receiver
from local.demo.segments import CART, LAPSED
from local.demo.shoppers import ADDED
from local.outputs import Outputs
from local.progress import say
from shared.domain.times import from_text, to_text

_AHEAD = timedelta(seconds=60)
"""So long after they were sent something becomes of them."""

SENT = 4
"""Events that say what both did before."""

_PATIENCE = 90.0


@dataclass
class ByTime:
    outputs: Outputs
    receiver: Receiver
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    ids: dict[str, str] = field(
        default_factory=lambda: {one: f"{one}-{uuid.uuid4().hex[:8]}" for one in (CART, LAPSED)}
    )

    def send(self) -> None:
        """What both did: it becomes something in a minute."""
        half_hour, two_months = (self.began + _AHEAD - ago for ago in (timedelta(minutes=30), timedelta(60)))
        self._send(self.ids[CART], half_hour, "Product Added")
        self._send(self.ids[LAPSED], two_months, "Order Completed")

    def tell(self) -> None:
        for segment, words in ((CART, "left a cart"), (LAPSED, "lapsed")):
            entered = self._heard("segment.entered", segment)
            say(f"  {self.ids[segment]} {words}: {_told(entered, self.began + _AHEAD)}")
        bought = datetime.now(UTC)
        self._send(self.ids[CART], bought, "Order Completed")
        exited = self._heard("segment.exited", CART)
        say(f"  {self.ids[CART]} bought after all, and left the segment: {_told(exited, bought)}")

    def _send(self, user_id: str, at: datetime, event: str) -> None:
        common = {"userId": user_id, "timestamp": to_text(at)}
        context = {"consent": {"categoryPreferences": {"Advertising": True}}, "demo": {"added": [*ADDED, "everything"]}}
        calls: list[dict[str, Any]] = [
            {"type": "identify", "traits": {}, "context": context},
            {"type": "track", "event": event},
        ]
        batch = [{"messageId": uuid.uuid4().hex, "context": context, **common, **call} for call in calls]
        url, auth = f"{self.outputs.collect_url}/v1/batch", (self.outputs.write_key, "")
        httpx.post(url, auth=auth, json={"batch": batch}, timeout=10).raise_for_status()

    def _heard(self, what: str, segment: str) -> dict[str, Any] | None:
        """The webhook's message, once it is there."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            for message in list(self.receiver.messages):
                data = message["data"]
                users = data.get("identifiers", {}).get("user_id", ())
                if message["type"] == what and data["segment"] == segment and self.ids[segment] in users:
                    return message
            time.sleep(0.2)
        return None


def _told(message: dict[str, Any] | None, since: datetime) -> str:
    if message is None:
        return "the webhook wasn't told"
    late = from_text(message["timestamp"]) - since
    return f"told {max(late, timedelta()).total_seconds():.1f} s after it was so"
