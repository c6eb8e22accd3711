"""The life of a destination by the real API and deliver: paused, held with all others, resumed, redelivered."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.deliver import errands, handler
from functions.manage_catalogue.handler import tokens
from functions.manage_catalogue.routing import changing
from functions.manage_catalogue.settings import settings
from shared.aws.dynamo import query
from shared.contracts.queues import Errand
from shared.stores import delivery_store
from shared.stores.delivery_store import Delivery, DeliveryStore
from shared.stores.recorded_changes import RecordedChanges
from shared.stores.tables import CATALOGUE, LEDGER
from tests.component.managing import TOKEN, ask, give_token
from tests.component.receiver import Receiver, receiving, status
from tests.component.test_deliver import FACT_ID, a_cold_function, deliver, destination, entry, hidden, message, person
from tests.conftest import Deployment
from tests.jobs import Minutes

__all__ = ["a_cold_function", "hidden"]


@pytest.fixture
def receiver(aws: Deployment) -> Iterator[Receiver]:
    for cached in (tokens, changing, settings):
        cached.cache_clear()
    give_token(aws, TOKEN, "catalogue:read", "catalogue:write")
    with receiving() as made:
        yield made
    for cached in (tokens, changing, settings):
        cached.cache_clear()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Bodies on deliver's queue, by whomever."""
    bodies: list[str] = []
    for place in ("deliver.handler", "manage_catalogue.errands", "manage_catalogue.changing"):
        monkeypatch.setattr(f"functions.{place}.send_messages", lambda url, some, seconds=0: bodies.extend(some))
    return bodies


def worked(sent: list[str]) -> None:
    """Until nothing is on the queue. Deliver has heard of every change by then."""
    handler.destinations.cache_clear()
    handler.outbound.cache_clear()
    while sent:
        body = sent.pop(0)
        record = message("p") | {"body": body, "messageId": "m"}
        assert deliver(record) == []


def state(aws: Deployment) -> tuple[str, str | None]:
    found = entry(aws)
    assert found is not None
    return found.status, found.reason


def test_what_comes_while_a_destination_is_paused_is_kept_and_goes_when_it_is_resumed_as_consent_is_then(
    aws: Deployment, receiver: Receiver, sent: list[str]
) -> None:
    profile_id = person(aws, advertising=True)
    destination(aws, receiver.url, purposes=("Advertising",))
    assert ask("POST", "/v1/destinations/crm/pause")[1]["state"] == "paused"
    worked(sent)
    assert deliver(message(profile_id)) == []
    assert deliver(message(profile_id, receives=2)) == []
    assert (receiver.received, sent, state(aws)) == ([], [], ("held", "paused"))
    assert ask("POST", "/v1/destinations/crm/redeliver", {"fact_id": FACT_ID})[0] == 400
    assert ask("POST", "/v1/destinations/crm/resume")[1]["state"] == "live"
    assert [json.loads(body)["errand"] for body in sent] == ["release", "release"]
    worked(sent)
    assert (len(receiver.received), state(aws)) == (1, ("delivered", None))
    assert ask("POST", "/v1/destinations/crm/pause")[0] == 200
    person(aws, advertising=False, day=3)
    worked(sent)
    other = message(profile_id)["body"].replace(FACT_ID, FACT_ID.replace("0", "1"))
    assert deliver(message(profile_id) | {"body": other}) == []
    assert ask("POST", "/v1/destinations/crm/resume")[0] == 200
    worked(sent)
    assert len(receiver.received) == 1, "who refused meanwhile is heeded"


def test_what_was_held_for_a_destination_that_is_removed_ends_and_of_a_disabled_one_it_stays(
    aws: Deployment, receiver: Receiver, sent: list[str]
) -> None:
    profile_id = person(aws)
    destination(aws, receiver.url)
    assert ask("POST", "/v1/destinations/crm/pause")[0] == 200
    worked(sent)
    assert deliver(message(profile_id)) == []
    assert ask("DELETE", "/v1/destinations/crm")[0] == 200
    (close,) = sent
    made = destination(aws, receiver.url, state="disabled")
    worked(sent)  # there is one of this name again
    assert state(aws) == ("held", "paused")
    assert ask("DELETE", "/v1/destinations/crm")[0] == 200
    worked([close])
    assert state(aws) == ("refused", "destination_removed")
    assert (receiver.received, made.state) == ([], "disabled")


def test_one_switch_holds_everything_withdrawals_too_and_lets_go_of_it(
    aws: Deployment, receiver: Receiver, sent: list[str]
) -> None:
    profile_id = person(aws, advertising=False)
    destination(aws, receiver.url, purposes=("Advertising",))
    code, problem = ask("PUT", "/v1/outbound", {"held": "yes"})
    assert (code, problem["field"], problem["fix"]) == (400, "held", "true or false, without quotes.")
    assert ask("GET", "/v1/outbound")[1] == {"held": False}
    assert ask("PUT", "/v1/outbound", {"held": True})[0] == 200
    worked(sent)
    withdrawn = {"purpose": "Advertising", "state": "refused", "previous": "granted"}
    assert deliver(message(profile_id, "Consent Changed", **withdrawn)) == []
    assert (receiver.received, state(aws)) == ([], ("held", "outbound_held"))
    assert ask("POST", "/v1/destinations/crm/redeliver", {"fact_id": FACT_ID})[0] == 400
    assert ask("PUT", "/v1/outbound", {"held": False})[0] == 200
    worked(sent)
    assert (len(receiver.received), state(aws)) == (1, ("delivered", None))
    changes = [
        one["action"] for one in RecordedChanges(aws.table(CATALOGUE), aws.table(LEDGER)).of("outbound", "outbound")
    ]
    assert changes == ["held", "released"]


def test_what_ended_is_redelivered_once_by_each_request_and_through_the_gate_as_it_is_now(
    aws: Deployment, receiver: Receiver, sent: list[str]
) -> None:
    profile_id = person(aws, advertising=True)
    destination(aws, receiver.url, purposes=("Advertising",))
    assert deliver(message(profile_id)) == []
    whole: dict[str, Any] = {"since": "2020-01-01T00:00:00.000Z"}
    assert "2026-11-21T09:00:00.000Z" in ask("POST", "/v1/destinations/crm/redeliver", {"since": "yesterday"})[1]["fix"]
    for nothing in (whole | {"status": "failed"}, {"since": "2099-01-01T00:00:00.000Z"}, {"fact_id": "another"}):
        code, problem = ask("POST", "/v1/destinations/crm/redeliver", nothing)
        assert (code, problem["field"]) == (400, next(iter(nothing)))
    assert sent == []
    assert ask("POST", "/v1/destinations/crm/redeliver", whole)[0] == 200
    again = [*sent]
    worked(sent)
    worked(again)  # the errand came twice
    assert [got.headers["webhook-id"] for got in receiver.received] == [FACT_ID, FACT_ID]
    person(aws, advertising=False, day=3)
    assert ask("POST", "/v1/destinations/crm/redeliver", {"fact_id": FACT_ID})[0] == 200
    worked(sent)
    assert (len(receiver.received), state(aws)) == (2, ("withheld", "refused:Advertising"))
    for wrong in (
        {},
        {"since": "yesterday"},
        {"fact_id": FACT_ID, **whole},
        {**whole, "until": "2019-12-31T00:00:00.000Z"},
    ):
        assert ask("POST", "/v1/destinations/crm/redeliver", wrong)[0] == 400


def test_errands_for_which_time_does_not_suffice_come_again_as_new_messages_and_none_is_cut_short(
    aws: Deployment, receiver: Receiver, sent: list[str]
) -> None:
    destination(aws, receiver.url)
    tests = [Errand(errand="test", destination_id="crm", name=f"t{n}", detail_type="Segment Entered") for n in range(3)]
    bodies = [one.model_dump_json() for one in tests]
    records = [message("p") | {"body": body, "messageId": body} for body in bodies]
    assert handler.handler({"Records": records}, Minutes(1)) == {"batchItemFailures": []}
    assert (len(receiver.received), sent) == (1, bodies[1:])


def test_what_is_let_go_is_read_once_however_many_errands_it_takes(
    aws: Deployment, receiver: Receiver, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errands, "READ_AT_ONCE", 2)
    destination(aws, receiver.url)
    deliveries, now = DeliveryStore(aws.table(LEDGER)), datetime(2026, 11, 22, tzinfo=UTC)
    for place in range(5):
        deliveries.put(Delivery("crm", f"f{place}", "held", 1, "p", "Segment Entered", "paused", fact="{}"), now)
    pages: list[Any] = []
    monkeypatch.setattr(delivery_store, "query", lambda *asked, **how: _counted(pages, query(*asked, **how), how))
    left: Errand | None = Errand(errand="release", destination_id="crm")
    at_hand = handler._errands()
    while left:
        left = at_hand.run(handler.destinations().get("live")[0], left)  # type: ignore[index]
    assert (len(sent), max(pages)) == (5, 3)


def _counted(pages: list[int], items: Iterator[Any], how: dict[str, Any]) -> Iterator[Any]:
    """How many items of the first page were taken, or one more where another was read."""
    for taken, item in enumerate(items, 1):
        pages.append(taken if taken <= how["page_size"] else 99)
        yield item


def test_a_redelivery_that_fails_is_tried_again_like_any(
    aws: Deployment, receiver: Receiver, sent: list[str], hidden: list[int]
) -> None:
    profile_id = person(aws)
    destination(aws, receiver.url)
    assert deliver(message(profile_id)) == []
    assert ask("POST", "/v1/destinations/crm/redeliver", {"fact_id": FACT_ID})[0] == 200
    (errand,) = sent
    sent.clear()
    assert deliver(message("p") | {"body": errand}) == []
    (body,) = sent
    receiver.replies.append(status(500))
    assert deliver(message("p") | {"body": body}) != []
    assert deliver(message("p", receives=2) | {"body": body}) == []
    assert deliver(message("p", receives=3) | {"body": body}) == []
    assert len(receiver.received) == 3


def test_a_sample_of_nobody_goes_by_the_real_client_and_what_came_back_is_told_and_recorded(
    aws: Deployment, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    destination(aws, receiver.url, purposes=("Advertising",), identifiers=("email",), traits=("city",), state="paused")

    def at_once(url: str, bodies: list[str], seconds: int = 0) -> None:
        handler.outbound.cache_clear()
        assert deliver(*(message("p") | {"body": body, "messageId": body} for body in bodies)) == []

    monkeypatch.setattr("functions.manage_catalogue.errands.send_messages", at_once)
    monkeypatch.setattr("functions.manage_catalogue.errands.time.sleep", lambda seconds: None)
    asked = {"detail_type": "Segment Entered"}
    told = ask("POST", "/v1/destinations/crm/test", asked)[1]
    assert (told["status"], told["code"]) == ("delivered", 200)
    data = json.loads(receiver.received[0].body)["data"]
    assert data["test"] is True
    assert (data["identifiers"], data["traits"]) == ({"email": ["sample@example.com"]}, {"city": "sample"})
    receiver.replies.append(status(500))
    assert ask("POST", "/v1/destinations/crm/test", asked)[1]["status"] == "failed"
    recorded = RecordedChanges(aws.table(CATALOGUE), aws.table(LEDGER))
    assert [one["action"] for one in recorded.of("destination", "crm")] == ["tested", "tested"]
    monkeypatch.setattr("functions.manage_catalogue.errands.send_messages", lambda *_: None)
    assert ask("POST", "/v1/destinations/crm/test", asked)[1]["status"] == "pending"
    assert ask("PUT", "/v1/outbound", {"held": True})[0] == 200
    assert ask("POST", "/v1/destinations/crm/test", asked)[0] == 400
    assert len(receiver.received) == 2
