"""Routes of partners: a test of each fact."""

from uuid import uuid4

from functions.manage_catalogue.errands import ask
from functions.manage_catalogue.refusals import invalid
from functions.manage_catalogue.routing import ItemId, app, changing, described, writer
from shared.contracts.catalogue import AskedView
from shared.contracts.queues import Errand
from shared.domain.catalogue import Destination
from shared.domain.flaws import Flaw


@app.post("/v1/partners/<item_id>/test", **described("test_partner", "Put a test of each fact on a partner's bus", 404))
def test_partner(item_id: ItemId) -> AskedView:
    """Marked, and about nobody. What became of each is in the log of deliver."""
    writer()
    destination = changing().get(Destination, item_id)
    if destination.kind != "partner_bus":
        raise invalid([Flaw("kind", f"A {destination.kind} is no partner.", "Name a destination of kind partner_bus.")])
    ask(Errand(errand="test", destination_id=item_id, name=uuid4().hex))
    return AskedView(asked="test")
