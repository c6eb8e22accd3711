"""A controller that knows the specification and nothing else goes through the real handlers."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import boto3
import httpx
import pytest
from hypothesis import HealthCheck, given, settings

from cli.provision import add_token
from functions.manage_privacy.handler import handler as manage_privacy
from functions.send_callbacks.handler import handler as send_callbacks
from shared.aws.secrets import forget_secrets
from shared.domain.api_tokens import SCOPES
from shared.domain.opendsr import Claim
from shared.domain.privacy_requests import with_step
from shared.stores.audit_log import AuditLog
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.opendsr_store import OpenDsrStore
from shared.stores.request_store import RequestStore
from shared.stores.tables import CATALOGUE, LEDGER, PRIVACY
from tests.certifying import DOMAIN, certify
from tests.component.receiver import Received, receiving
from tests.component.test_trigger_samples import sample
from tests.conftest import Deployment
from tests.erasures import carried_out
from tests.gateway import Gateway
from tests.opendsr_client import Controller
from tests.pipeline import track
from tests.property.test_opendsr import MARK, bodies
from tests.step_functions import FakeStepFunctions
from tests.way import Killed, Way

JANE = {"identity_type": "email", "identity_value": "jane@example.com", "identity_format": "raw"}
HOURLY = sample("reconcile_counts")


@pytest.fixture
def controller(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[Controller]:
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setenv("ALLOW_PRIVATE_WEBHOOKS", "true")
    made = certify()
    token = add_token(CatalogueStore(aws.table(CATALOGUE)), "shop", SCOPES, 1)
    transport = httpx.WSGITransport(app=Gateway(manage_privacy))
    with httpx.Client(
        transport=transport, base_url=f"https://{DOMAIN}", headers={"Authorization": f"Bearer {token}"}
    ) as http:
        yield Controller(http, made.authority)


@pytest.fixture
def jane(aws: Deployment) -> str:
    """The id of her profile."""
    way = Way(aws)
    way.collect(track("m1"), track("m2", type="identify", traits={"email": "jane@example.com"}))
    way.drain()
    way.close()
    found = way.person("user_id", "u1")
    assert found
    return found.id


def reasons(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 400
    return [one["reason"] for one in answer.json()["error"]["errors"]]


def heard(controller: Controller, received: list[Received], url: str) -> list[str]:
    """The statuses that the controller took, of what came to it since the last time."""
    controller.heard.clear()
    for one in received:
        assert controller.called_back(url, one.headers, one.body) == 202
    received.clear()
    return [told["request_status"] for told in controller.heard]


def test_a_controller_goes_from_discovery_to_the_end_of_its_request(
    aws: Deployment, controller: Controller, step_functions: FakeStepFunctions
) -> None:
    supported = controller.discover().supported
    assert {"identity_type": "email", "identity_format": "raw"} in supported["supported_identities"]
    assert supported["supported_subject_request_types"] == ["access", "portability", "erasure"]
    requests = RequestStore(aws.table(PRIVACY))
    with receiving() as receiver:
        body = controller.request("erasure", [JANE], [receiver.url])
        told = controller.receipt(body)
        assert told["expected_completion_time"] == "2026-11-02T15:00:00.000Z"  # a month after the person asked
        again = controller.receipt(body)
        assert {**again, "processor_signature": ""} == {**told, "processor_signature": ""}
        (request,) = requests.newest(10)
        assert list(step_functions.started.values()) == [{"request_id": request.id}]
        assert (request.kind, request.regulation, request.verification) == ("erasure", "gdpr", "verified")
        uuid = told["subject_request_id"]
        assert controller.status(uuid).json()["request_status"] == "pending"
        assert reasons(controller.submit(body + b" ")) == ["subject_request_id_taken"]
        other = controller.request("erasure", [JANE], [])
        assert reasons(controller.submit(other)) == ["request_open"]
        assert controller.status(json.loads(other)["subject_request_id"]).status_code == 404
        requests.put(with_step(request, "profiles", {"deleted": 1}), datetime.now(UTC))
        send_callbacks(HOURLY, None)
        forged = receiver.received[0].body.replace(b"in_progress", b"completed")
        assert controller.called_back(receiver.url, receiver.received[0].headers, forged) == 403
        assert heard(controller, receiver.received, receiver.url) == ["in_progress"]
        assert reasons(controller.cancel(uuid)) == ["not_pending"]
    assert controller.status(uuid).json()["request_status"] == "in_progress"


def test_callbacks_are_kept_though_who_took_the_request_died_right_after_its_id(
    aws: Deployment, controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = controller.request("erasure", [JANE], ["https://8.8.8.8/told"])
    with monkeypatch.context() as dying:
        dying.setattr(OpenDsrStore, "put_callbacks", Mock(side_effect=Killed))
        with pytest.raises(Killed):
            controller.submit(body)
    controller.receipt(body)
    (request,) = RequestStore(aws.table(PRIVACY)).newest(1)
    assert list(OpenDsrStore(aws.table(PRIVACY)).open_callbacks()) == [request.id]


def test_an_id_that_was_let_go_and_taken_anew_is_not_let_go_by_who_had_it_before(aws: Deployment) -> None:
    store = OpenDsrStore(aws.table(PRIVACY))
    at = "2026-11-21T09:30:00.000Z"
    before, after = (Claim("uuid", request_id, "shop", "print", at, at, "https://x") for request_id in ("r1", "r2"))
    store.take(before)
    store.release(before)
    store.take(after)
    store.release(before)
    assert store.find_claim("uuid") == after


def test_a_pending_request_is_cancelled_by_either_name_of_the_specification(
    aws: Deployment, controller: Controller, jane: str
) -> None:
    controller.prior = True
    with receiving() as receiver:
        told = controller.receipt(controller.request("access", [JANE], [receiver.url]))
        (entry,) = AuditLog(aws.table(LEDGER)).newest([jane])
        assert (entry.actor, entry.place, entry.what) == ("shop", "add_opengdpr_request", "changed")
        cancelled = controller.cancel(told["subject_request_id"])
        assert (cancelled.status_code, cancelled.json()["subject_request_id"]) == (202, told["subject_request_id"])
        send_callbacks(HOURLY, None)
        assert heard(controller, receiver.received, receiver.url) == ["cancelled"]
    controller.prior = False
    assert controller.status(told["subject_request_id"]).json()["request_status"] == "cancelled"
    assert controller.cancel("a7551968-d5d6-44b2-9831-815ac9017798").status_code == 404
    assert reasons(controller.status("a" * 3_000)) == ["parameter_invalid"]


def test_results_of_access_are_fetched_by_who_may_ask(aws: Deployment, controller: Controller, jane: str) -> None:
    told = controller.receipt(controller.request("access", [JANE], []))
    (request,) = RequestStore(aws.table(PRIVACY)).newest(1)
    carried_out(request.id)
    status = controller.status(told["subject_request_id"]).json()
    over = RequestStore(aws.table(PRIVACY)).find(request.id)
    assert over
    assert (status["request_status"], status["results_count"]) == (
        "completed",
        sum(over.done["export"]["rows"].values()),
    )
    clerk = add_token(CatalogueStore(aws.table(CATALOGUE)), "clerk", ("privacy:read", "privacy:write"), 1)
    kept = controller.http.get(status["results_url"], headers={"Authorization": f"Bearer {clerk}"})
    assert (kept.status_code, kept.json()["error"]["errors"][0]["reason"]) == (403, "scope_missing")
    results = controller.http.get(status["results_url"])
    assert (results.status_code, f"exports/{request.id}/export.json?" in results.headers["Location"]) == (302, True)
    whats = [(one.actor, one.what) for one in AuditLog(aws.table(LEDGER)).newest([jane])]
    assert whats[0] == ("shop", "exported")
    missing = controller.receipt(controller.request("portability", [JANE], []))
    assert controller.http.get(f"/v1/requests/{missing['subject_request_id']}/results").status_code == 404


def test_a_controller_neither_reads_nor_cancels_nor_fetches_what_another_asked(
    aws: Deployment, controller: Controller, jane: str
) -> None:
    """`agency` asks for two shops by one token, `bakery` by one of its own; `shop` is bound to none."""
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    agency = add_token(catalogue, "agency", SCOPES, 1, controllers=("bakery", "florist"))
    bakery = add_token(catalogue, "till", SCOPES, 1, controllers=("bakery",))

    def speaking(token: str, name: str = "") -> dict[str, dict[str, Any]]:
        controller.http.headers["Authorization"] = f"Bearer {token}"
        return {"extensions": {DOMAIN: {"controller_id": name} if name else {}}}

    foreign = controller.receipt(controller.request("access", [JANE], []))
    assert foreign["controller_id"] == "shop"
    speaking(bakery)
    uuid = foreign["subject_request_id"]
    answers = [controller.status(uuid), controller.cancel(uuid), controller.http.get(f"/v1/requests/{uuid}/results")]
    assert [one.status_code for one in answers] == [404] * 3
    ours = controller.receipt(controller.request("erasure", [JANE], []))
    assert ours["controller_id"] == "bakery"
    assert reasons(controller.submit(controller.request("access", [JANE], [], **speaking(agency)))) == [
        "controller_missing"
    ]
    assert reasons(controller.submit(controller.request("access", [JANE], [], **speaking(agency, "shop")))) == [
        "controller_unknown"
    ]
    kim = {**JANE, "identity_value": "kim@example.com"}
    told = controller.receipt(controller.request("access", [kim], [], **speaking(agency, "florist")))
    assert told["controller_id"] == "florist"
    assert controller.status(ours["subject_request_id"]).status_code == 200
    speaking(bakery)
    assert controller.status(told["subject_request_id"]).status_code == 404
    everybody = controller.http.get("/v1/privacy/requests")
    assert (everybody.status_code, everybody.json()["code"]) == (403, "controllers_bound")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://10.0.0.1/", "callback_address_not_public"),
        ("https://169.254.169.254/latest/meta-data/", "callback_address_not_public"),
        ("http://example.com/", "callback_scheme_not_https"),
        ("https://no-such-host.invalid/", "callback_host_unknown"),
        ("no url", "callback_url_invalid"),
    ],
)
def test_a_callback_into_a_private_network_is_refused_at_once(controller: Controller, url: str, reason: str) -> None:
    assert reasons(controller.submit(controller.request("erasure", [JANE], [url]))) == [reason]


def test_a_token_without_the_scope_and_none_are_refused_in_the_form_of_the_specification(
    aws: Deployment, controller: Controller
) -> None:
    body = controller.request("erasure", [JANE], [])
    token = add_token(CatalogueStore(aws.table(CATALOGUE)), "reader", ("privacy:read",), 1)
    controller.http.headers["Authorization"] = f"Bearer {token}"
    assert controller.submit(body).status_code == 403
    controller.http.headers["Authorization"] = ""
    assert controller.submit(body).status_code == 401


def test_without_a_certificate_nothing_is_taken(controller: Controller) -> None:
    boto3.client("secretsmanager").delete_secret(
        SecretId="jogakbo/test/opendsr/certificate", ForceDeleteWithoutRecovery=True
    )
    forget_secrets()
    answer = controller.http.post("/v1/requests", content=controller.request("erasure", [JANE], []))
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (404, "not_set_up")


def test_any_json_is_taken_or_refused_without_a_value_of_the_person(controller: Controller) -> None:
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(bodies)
    def check(body: dict[str, Any]) -> None:
        answer = controller.submit(json.dumps({**body, "status_callback_urls": []}).encode())
        assert answer.status_code in (201, 400)
        if answer.status_code == 400:
            assert MARK not in answer.text

    check()
    for raw in (b"", b"[]", b"{", b"\xff\xfe", b'"jane@example.com"', b"{" * 400_000):
        assert reasons(controller.submit(raw))
