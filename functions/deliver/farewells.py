"""The last that a partner is told, once nothing more can be on its way: that it was removed."""

from dataclasses import dataclass
from datetime import UTC, datetime

from functions.deliver.backoff import MOST_RECEIVES
from shared.aws.bus import BusEntry
from shared.aws.observability import count, logger
from shared.contracts.bus import SOURCE
from shared.contracts.partners import PartnerMetadata, PartnershipEnded, PartnershipEndedData
from shared.contracts.queues import Farewell
from shared.destinations.partner_bus.client import send
from shared.domain.destinations import Destination
from shared.domain.partners import ENDED, pseudonym
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.delivery_store import Delivery, DeliveryStore, Status


@dataclass(frozen=True, slots=True)
class Farewells:
    catalogue: CatalogueStore
    deliveries: DeliveryStore
    role: str

    def say(self, farewell: Farewell, receives: int) -> bool:
        """Whether that is all; otherwise it has to come again. `receives` counts this try too."""
        try:
            return self._say(farewell, receives)
        except Exception:  # what else is in the batch goes on
            logger().exception("A farewell broke off", extra={"destination_id": farewell.farewell_to})
            return False

    def _say(self, farewell: Farewell, receives: int) -> bool:
        """Of a removal that didn't come about nothing is said."""
        if any(one.secret_name == farewell.secret_name for one in self.catalogue.list(Destination)):
            return True
        fact_id = pseudonym(farewell.secret_name.encode(), ENDED)
        said = PartnershipEnded(
            metadata=PartnerMetadata(id=fact_id, time=farewell.at, sequence=1, cause="live"),
            data=PartnershipEndedData(partner=farewell.farewell_to, at=farewell.at),
        )
        answer = send(self.role, farewell.bus, BusEntry(SOURCE, ENDED, said.model_dump_json()))
        is_over = answer.status == "delivered" or receives >= MOST_RECEIVES
        count("FarewellsSaid" if answer.status == "delivered" else "FarewellsFailed")
        if is_over:
            status: Status = "delivered" if answer.status == "delivered" else "failed"
            ended = Delivery(farewell.farewell_to, fact_id, status, receives, "", ENDED, answer.reason)
            self.deliveries.put(ended, datetime.now(UTC))
        return is_over
