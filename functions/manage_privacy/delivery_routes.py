"""The route of deliveries: what went out to a destination, what was withheld or is held, and why."""

from itertools import islice
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.manage_privacy.routing import app, described, reader
from functions.manage_privacy.settings import doors
from shared.api.problems import ProblemError
from shared.contracts.deliveries import DeliveryPageView, DeliveryView
from shared.contracts.problems import Problem
from shared.domain.destinations import Destination
from shared.domain.item_ids import ITEM_ID
from shared.stores.delivery_store import Status

MOST_READ = 2_000
"""Entries that a page reads to find those that are wanted."""

DestinationId = Annotated[str, Query(pattern=ITEM_ID, description="Its id", examples=["crm"])]
WantedStatus = Annotated[Status | None, Query(description="Only those that ended so", examples=["withheld"])]
ProfileId = Annotated[str | None, Query(min_length=1, max_length=64, description="Only facts about this profile id")]
Limit = Annotated[int, Query(ge=1, le=200, description="How many deliveries at most")]
Cursor = Annotated[str | None, Query(min_length=1, max_length=200, description="`next_cursor` of the page before")]


@app.get("/v1/privacy/deliveries", **described("list_deliveries", "What became of facts at a destination", 404))
def list_deliveries(
    destination: DestinationId,
    status: WantedStatus = None,
    profile: ProfileId = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DeliveryPageView:
    """Of the last 90 days, as the ledger has them. No value of a person is in them."""
    reader()
    _known(destination, cursor)
    found: list[DeliveryView] = []
    last: str | None = None
    entries = doors().deliveries.of_destination(destination, cursor or "", MOST_READ + 1)
    for read, (at, one) in enumerate(islice(entries, MOST_READ + 1)):
        if len(found) == limit or read == MOST_READ:
            return DeliveryPageView(deliveries=found, next_cursor=last)
        last = one.fact_id
        if status in (None, one.status) and profile in (None, one.profile_id):
            found.append(
                DeliveryView(
                    fact_id=one.fact_id,
                    detail_type=one.detail_type,
                    profile_id=one.profile_id,
                    status=one.status,
                    reason=one.reason,
                    code=one.code,
                    attempts=one.attempts,
                    at=at,
                    until=one.until,
                    counts=dict(one.counts),
                )
            )
    return DeliveryPageView(deliveries=found, next_cursor=None)


def _known(destination: str, cursor: str | None) -> None:
    """Of one that was removed there may be deliveries still; 404 where there never was one."""
    if cursor or next(doors().deliveries.of_destination(destination, "", 1), None):
        return
    if doors().catalogue.find(Destination, destination) is None:
        message, fix = f"There is no destination {destination}.", "jogakbo destination list says which there are."
        raise ProblemError(Problem.of(404, "item_not_found", message, field="destination", fix=fix))
