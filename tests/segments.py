"""A segment that tests declare."""

from shared.domain.segments.definition import OfEvents, Segment
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE
from tests.conftest import Deployment

BOUGHT_ONCE = Segment("bought_once", "Bought once", OfEvents("Order Completed"), state="live")


def declare(aws: Deployment) -> None:
    CatalogueStore(aws.table(CATALOGUE)).put(BOUGHT_ONCE)
