"""Segments that tests declare."""

from shared.domain.segments.definition import Group, OfEvents, Segment, Window
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE
from tests.conftest import Deployment

BOUGHT_ONCE = Segment("bought_once", "Bought once", OfEvents("Order Completed"), state="live")
STEEPED = "Tea Steeped"
COOLING = Segment(
    "cooling",
    "Steeped tea within ten seconds, not within five",
    Group("and", (
        Group("not", (OfEvents(STEEPED, window=Window("PT5S")),)),
        OfEvents(STEEPED, window=Window("PT10S")),
    )),
    state="live",
)  # fmt: skip


def declare(aws: Deployment) -> None:
    CatalogueStore(aws.table(CATALOGUE)).put(BOUGHT_ONCE)
