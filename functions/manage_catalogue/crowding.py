"""What an item may not be beside others, and who wrote it as it is."""

from collections.abc import Iterator

from shared.domain.catalogue import Configured
from shared.domain.computed_attributes import MOST_LIVE, ComputedAttribute, live
from shared.domain.flaws import Flaw
from shared.domain.segments.beside import DECIDING, flaws_beside
from shared.domain.segments.declared import type_flaws
from shared.domain.segments.definition import Segment
from shared.domain.tracking_plans import TrackingPlan
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.recorded_changes import RecordedChanges


def crowd_flaws(item: Configured, catalogue: CatalogueStore) -> Iterator[Flaw]:
    """More than a person's profile takes, what goes round in a circle, what others declare otherwise."""
    if isinstance(item, ComputedAttribute) and item.state == "live":
        others = [one for one in catalogue.list(ComputedAttribute) if one.id != item.id]
        if len(live([*others, item])) > MOST_LIVE:
            yield Flaw("state", f"{MOST_LIVE} computed attributes are live already.", "Disable or delete another.")
    if isinstance(item, Segment):
        yield from flaws_beside(item, [one for one in catalogue.list(Segment) if one.id != item.id])
        yield from type_flaws(item, catalogue.list(TrackingPlan), catalogue.list(ComputedAttribute))


def author_of(segment: Segment, recorded: RecordedChanges) -> str:
    """Who last changed whom a segment selects, by the name of the API token."""
    author = ""
    for change in recorded.of("segment", segment.id):
        if DECIDING.intersection(str(change.get("fields") or "").split(",")):
            author = str(change["by"])
    return author
