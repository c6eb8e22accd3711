"""Routes of destinations alone: secrets, pauses, redeliveries, files of lists, and the switch that holds everything."""

import secrets
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body

from functions.manage_catalogue.changing import Actor
from functions.manage_catalogue.errands import CHANGES_HEARD_SECONDS, ask, awaited, goes_on, is_none
from functions.manage_catalogue.refusals import invalid
from functions.manage_catalogue.routing import ItemId, app, changing, described, reader, writer
from shared.contracts.catalogue import AskedView, SecretView
from shared.contracts.destinations import OutboundView, RedeliverRequest, StateView, TestedView, TestRequest
from shared.contracts.queues import Errand
from shared.domain.configuration import FORMS, document_of
from shared.domain.destinations import Destination, DestinationState
from shared.domain.flaws import Flaw
from shared.stores.delivery_store import Asked
from shared.stores.recorded_changes import Change

_ONE = "/v1/destinations/<item_id>"
_OUTBOUND = "/v1/outbound"


@app.post(f"{_ONE}/secret", **described("rotate_destination_secret", "A new signing secret", 404))
def rotate_destination_secret(item_id: ItemId) -> SecretView:
    """The one before signs beside it until the next rotation."""
    return SecretView(secret=changing().rotate_secret(item_id, writer()))


@app.post(f"{_ONE}/pause", **described("pause_destination", "Hold what goes to a destination", 404, 409))
def pause_destination(item_id: ItemId) -> StateView:
    """Within five seconds. What comes is kept for 90 days, and goes when the destination does again."""
    return _set(item_id, "paused")


@app.post(f"{_ONE}/resume", **described("resume_destination", "Let go what a destination was paused for", 404, 409))
def resume_destination(item_id: ItemId) -> StateView:
    """What was held goes in about 15 seconds, as the person's consent is by then."""
    return _set(item_id, "live")


@app.post(f"{_ONE}/test", **described("test_destination", "Send a sample to a destination", 404))
def test_destination(item_id: ItemId, body: Annotated[TestRequest, Body()]) -> TestedView:
    """A fact of nobody, marked as a test, by deliver's own client and rights, and what came back; a paused one too."""
    who, destination = writer(), changing().get(Destination, item_id)
    if destination.state == "disabled":
        raise invalid([Flaw("state", "It is disabled.", "Pause it, or make it live.")])
    _none_held()
    name = f"test_{secrets.token_hex(8)}"
    _record(who, destination, "tested", name)
    asked = Errand(errand="test", destination_id=item_id, name=name, detail_type=body.detail_type)
    ask(asked, CHANGES_HEARD_SECONDS)
    found = awaited(item_id, name)
    if found is None:
        return TestedView(id=name, status="pending")
    return TestedView(id=name, status=found.status, reason=found.reason, code=found.code)  # type: ignore[arg-type]


@app.post(f"{_ONE}/redeliver", **described("redeliver", "Have facts delivered once more", 404))
def redeliver(item_id: ItemId, body: Annotated[RedeliverRequest, Body()]) -> AskedView:
    """One fact, or those whose delivery ended in a time or so. Each is asked for anew whether it may leave."""
    who, destination = writer(), _on(item_id)
    name, asked = secrets.token_hex(8), Asked(body.fact_id, body.since, body.until, body.status or "")
    if is_none(item_id, asked):
        field = "fact_id" if body.fact_id else "since"
        fix = f"GET /v1/privacy/deliveries?destination={item_id} says what there is."
        raise invalid([Flaw(field, "No delivery is asked for that could be made again.", fix)])
    errand = Errand(errand="redeliver", destination_id=item_id, name=name, **asked._asdict())
    _record(who, destination, "redelivered", name)
    ask(errand)
    return AskedView(asked="redeliver", id=name)


@app.post(f"{_ONE}/full-file", **described("write_full_file", "Have a full file of a list written", 404))
def write_full_file(item_id: ItemId) -> AskedView:
    """It is there within a minute or some, below `outbound/<id>/full/` in the bucket."""
    writer()
    destination = _on(item_id)
    if destination.kind != "s3_list":
        raise invalid([Flaw("kind", f"A {destination.kind} has no files.", "Name a destination of kind s3_list.")])
    ask(Errand(errand="full", destination_id=item_id))
    return AskedView(asked="full")


@app.get(_OUTBOUND, **described("get_outbound", "Whether everything outbound is held"))
def get_outbound() -> OutboundView:
    """One switch for all destinations."""
    reader()
    return OutboundView(held=changing().catalogue.is_outbound_held())


@app.put(_OUTBOUND, **described("put_outbound", "Hold everything outbound, or let it go"))
def put_outbound(body: Annotated[OutboundView, Body()]) -> OutboundView:
    """Within five seconds nothing leaves any more, withdrawals and requests to erase neither. What is held goes about
    15 seconds after it is lifted, and is kept for 90 days.
    """
    who, catalogue = writer(), changing().catalogue
    catalogue.put_outbound(body.held)
    change = Change(who.name, who.now, "held" if body.held else "released")
    changing().recorded.record("outbound", "outbound", change)
    if not body.held:
        for destination in catalogue.list(Destination):
            if destination.state == "live":
                goes_on(destination.id)
    return body


def _set(item_id: str, state: DestinationState) -> StateView:
    who, present = writer(), changing().get(Destination, item_id)
    form = FORMS[Destination].model_validate({**document_of(present), "state": state})
    item, _ = changing().put(Destination, item_id, form, present.version, who, dry_run=False)
    return StateView(id=item_id, state=state, version=item.version)


def _on(item_id: str) -> Destination:
    """One to which something may go."""
    destination = changing().get(Destination, item_id)
    if destination.state != "live":
        raise invalid([Flaw("state", f"It is {destination.state}.", "Let it go on first.")])
    _none_held()
    return destination


def _none_held() -> None:
    if changing().catalogue.is_outbound_held():
        raise invalid([Flaw("", "Everything outbound is held.", f"Let it go first: PUT {_OUTBOUND}.")])


def _record(who: Actor, destination: Destination, action: str, key_id: str) -> None:
    version = destination.version
    change = Change(who.name, who.now, action, before=version, after=version, key_id=key_id)  # type: ignore[arg-type]
    changing().recorded.record("destination", destination.id, change)
