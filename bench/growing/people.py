"""People with long histories, made by stitch_identities' own code a batch after the other."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bench.growing.world import World
from functions.stitch_identities.people import stitch_events
from functions.stitch_identities.settings import doors
from shared.aws.observability import metrics
from shared.domain.events import Event
from shared.domain.times import to_text
from tests.people import NOW, START, make_event

NAMES = ("Product Viewed", "Product Added", "Cart Viewed", "Order Completed", "Article Read")
"""Of events, one after the other."""
OLD = 2.1
"""Days between two batches, so that none of them is in the hashes of the last two days."""


def stitched(world: World, events: Iterable[Event], days_ago: float = 0) -> None:
    """A batch of the stream, so many days ago."""
    now = NOW - timedelta(days=days_ago)
    world.stand(now, "functions.stitch_identities.people")
    came = to_text(now)
    metrics().clear_metrics()  # or a hundred of them are printed
    left = stitch_events(doors(), [replace(event, stored_at=came, received_at=came) for event in events], "live")
    if left.events or left.held:
        raise RuntimeError(f"{len(left.events)} events were not folded")


def event(who: Mapping[str, str], number: int, days: float) -> Event:
    """Of whom `who` names; so many days after the first of all."""
    name = NAMES[number % len(NAMES)]
    of_order: dict[str, Any] = {"total": number % 1000, "currency": "KRW"}
    properties = of_order if name == "Order Completed" else {"sku": f"s{number % 100}"}
    message_id = f"m{number}-{'-'.join(who.values())}"
    return make_event({"event": name, "properties": properties, **who}, days, message_id)


def warm(world: World) -> None:
    """What a process keeps for a minute is read, so that the next batch asks for nothing of it."""
    stitched(world, [event({"userId": "somebody else"}, 0, 0)])


def lived(world: World, who: Mapping[str, str], number: int, days_between: float = OLD, batch: int = 10) -> None:
    """Somebody with so many events, a batch of which came every so many days until today."""
    first = (NOW - START).days
    for start in range(0, number, batch):
        days_ago = days_between * ((number - start) // batch + 1)
        some = [event(who, n, first - days_ago + n / 86_400_000) for n in range(start, min(start + batch, number))]
        stitched(world, some, days_ago)


def connected(world: World, name: str, identifiers: int) -> None:
    """Somebody seen on a new device every eight days, so that no limit of devices is met."""
    days = [-8.0 * (identifiers - number) for number in range(1, identifiers)]
    first = (NOW - START).days
    for number, day in enumerate(days):
        who = {"userId": name, "anonymousId": f"{name}-device-{number}"}
        stitched(world, [event(who, number, first + day)], -day)
