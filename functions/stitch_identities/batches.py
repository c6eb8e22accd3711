"""What becomes of a batch of events, from the stream or from the retry queue."""

from collections.abc import Sequence

from functions.stitch_identities.groups import add_groups
from functions.stitch_identities.people import Unfinished, stitch_events
from functions.stitch_identities.settings import Doors
from shared.aws.observability import count
from shared.domain.events import Event


def stitched(to: Doors, events: Sequence[Event], cause: str) -> Unfinished:
    """People, and the groups that they say they belong to: of what has to come again, with it."""
    unfinished = stitch_events(to, events, cause)
    again = {event.key for event in (*unfinished.events, *unfinished.held)}
    unfinished.events += add_groups(to, unfinished.let_in([event for event in events if event.key not in again]))
    return unfinished


def park(to: Doors, unfinished: Unfinished) -> None:
    """Hand what could not be done to the retry queue, so that the shard goes on."""
    count("EventsParked", len(unfinished.events))
    count("EventsHeld", len(unfinished.held))
    if unfinished.is_any():
        from functions.stitch_identities.parking import put_on_queue  # brings pydantic, which few batches need

        put_on_queue(to, unfinished)


def reach(to: Doors, events: Sequence[Event]) -> None:
    if events:
        to.waits.reached("stitch_identities", max(event.stored_at for event in events))
