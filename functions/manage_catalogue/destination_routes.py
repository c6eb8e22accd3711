"""Routes of destinations alone: their secrets, and what deliver is asked to do for them."""

from functions.manage_catalogue.refusals import invalid
from functions.manage_catalogue.routing import ItemId, app, changing, described, writer
from functions.manage_catalogue.settings import settings
from shared.aws.queues import send_messages
from shared.contracts.catalogue import AskedView, SecretView
from shared.contracts.queues import Errand
from shared.domain.catalogue import Destination
from shared.domain.flaws import Flaw

_ONE = "/v1/destinations/<item_id>"


@app.post(f"{_ONE}/secret", **described("rotate_destination_secret", "A new signing secret", 404))
def rotate_destination_secret(item_id: ItemId) -> SecretView:
    """The one before signs beside it until the next rotation."""
    return SecretView(secret=changing().rotate_secret(item_id, writer()))


@app.post(f"{_ONE}/full-file", **described("write_full_file", "Have a full file of a list written", 404))
def write_full_file(item_id: ItemId) -> AskedView:
    """It is there within a minute or some, below `outbound/<id>/full/` in the bucket."""
    writer()
    destination = changing().get(Destination, item_id)
    if destination.kind != "s3_list":
        raise invalid([Flaw("kind", f"A {destination.kind} has no files.", "Name a destination of kind s3_list.")])
    ask(Errand(errand="full", destination_id=item_id))
    return AskedView(asked="full")


def ask(errand: Errand, seconds: int = 0) -> None:
    """Deliver does it, after so many seconds."""
    send_messages(settings().deliveries_url, [errand.model_dump_json()], seconds)
