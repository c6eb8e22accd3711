"""What deliver is asked to do for a destination: messages on its queue."""

import time
from itertools import islice

from functions.manage_catalogue.settings import settings
from shared.aws.queues import send_messages
from shared.contracts.queues import Errand
from shared.stores.delivery_store import Asked, Delivery, DeliveryStore

CHANGES_HEARD_SECONDS = 6
_LOOKS, _BETWEEN_SECONDS = 24, 1.0
_READ_AT_ONCE, _MOST_READ = 500, 5_000
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


def is_none(destination_id: str, asked: Asked) -> bool:
    """Whether none of its deliveries is asked for; not, where there are more than are worth reading."""
    deliveries = DeliveryStore(settings().ledger_table)
    if asked.fact_id:
        found = deliveries.find(destination_id, asked.fact_id)
        return found is None or not found.fact
    entries = islice(deliveries.of_destination(destination_id, "", _READ_AT_ONCE), _MOST_READ)
    read = 0
    for read, (at, one) in enumerate(entries, 1):  # noqa: B007
        if asked.has(at, one):
            return False
    return read < _MOST_READ


def goes_on(destination_id: str) -> None:
    """What was held for it is let go, once deliver knows that it may. The second time there is nothing left, mostly."""
    for seconds in _HEARD_SECONDS:
        ask(Errand(errand="release", destination_id=destination_id), seconds)
