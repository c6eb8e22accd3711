"""Adding what events say of groups. It decides nothing about people, and may be done again at any time."""

from collections.abc import Sequence

from functions.stitch_identities.settings import Doors
from shared.domain.events import Event
from shared.domain.groups import groups_of

MOST_TRIES = 5


def add_groups(doors: Doors, events: Sequence[Event]) -> list[Event]:
    """The events whose groups others kept changing at the same time: they have to come again."""
    naming = doors.rules.get().naming
    said = groups_of(events, naming)
    for _ in range(MOST_TRIES):
        if not said:
            break
        lost = doors.groups.add(said)
        said = {group_id: group for group_id, group in said.items() if group_id in lost}
    return [event for event in events if groups_of([event], naming).keys() & said.keys()] if said else []
