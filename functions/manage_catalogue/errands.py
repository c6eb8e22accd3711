"""What deliver is asked to do for a destination: messages on its queue."""

import time

from functions.manage_catalogue.settings import settings
from shared.aws.queues import send_messages
from shared.contracts.queues import Errand
from shared.stores.delivery_store import Delivery, DeliveryStore

CHANGES_HEARD_SECONDS = 6
_LOOKS, _BETWEEN_SECONDS = 24, 1.0
_HEARD_SECONDS = (15, 120)
"""Deliver hears of a change within five seconds; what it has in hand then may take a minute and be held yet."""


def ask(errand: Errand, seconds: int = 0) -> None:
    """Deliver does it, after so many seconds."""
    send_messages(settings().deliveries_url, [errand.model_dump_json()], seconds)


def awaited(destination_id: str, fact_id: str) -> Delivery | None:
    """How it ended, as soon as the ledger says so; None where it doesn't in time."""
    deliveries = DeliveryStore(settings().ledger_table)
    for _ in range(_LOOKS):
        if found := deliveries.find(destination_id, fact_id):
            return found
        time.sleep(_BETWEEN_SECONDS)
    return None


def goes_on(destination_id: str) -> None:
    """What was held for it is let go, once deliver knows that it may. The second time there is nothing left, mostly."""
    for seconds in _HEARD_SECONDS:
        ask(Errand(errand="release", destination_id=destination_id), seconds)
