"""Controllers are told of each status once, signed; who doesn't answer is told by the hour, as it is then."""

import json
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from functions.send_callbacks.handler import CallbacksBrokenError, handler
from local.certificates import Issued
from shared.domain.opendsr import Callback, Callbacks, Claim
from shared.domain.privacy_requests import Identity, PrivacyRequest, ended, with_step
from shared.opendsr.calling import Caller
from shared.stores.opendsr_store import OpenDsrStore
from shared.stores.request_store import RequestStore
from shared.stores.tables import PRIVACY
from tests.certifying import DOMAIN, certify
from tests.component.receiver import receiving, status
from tests.component.test_trigger_samples import sample
from tests.conftest import Deployment

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
AT = "2026-11-21T09:30:00.000Z"
UUID = "a7551968-d5d6-44b2-9831-815ac9017798"
REQUEST = "01KAK3J8V2N5Q0T4W6Y8Z1B3D5"
ORIGIN = "https://api.example.com"
HOURLY = sample("reconcile_counts")
CLAIM = Claim(UUID, REQUEST, "shop", "f", AT, "2026-12-21T09:30:00.000Z", ORIGIN)
ASKED = PrivacyRequest(
    REQUEST, "access", "gdpr", (Identity("email", "jane@example.com"),), "shop", AT, "2026-12-21T09:30:00.000Z"
)


@pytest.fixture
def issued(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> Issued:
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setenv("ALLOW_PRIVATE_WEBHOOKS", "true")
    return certify()


def test_each_status_is_told_once_and_signed_and_what_failed_is_told_later(aws: Deployment, issued: Issued) -> None:
    store, requests = OpenDsrStore(aws.table(PRIVACY)), RequestStore(aws.table(PRIVACY))
    with receiving() as first, receiving(status(500), status(500)) as second:
        urls = (Callback(f"{first.url}?a=1"), Callback(second.url))
        store.take(CLAIM)
        store.put_callbacks(Callbacks(REQUEST, UUID, urls))
        request = requests.put(ASKED, NOW)
        assert handler(sample("send_callbacks"), None) == {"batchItemFailures": []}
        assert (first.received, second.received) == ([], [])  # the answer to the request told `pending`
        request = requests.put(with_step(request, "export", {"people": 1, "rows": {"events": 3}}), NOW)
        for _ in range(2):
            handler(sample("send_callbacks"), None)
        assert (len(first.received), len(second.received)) == (1, 2)
        requests.put(ended(request, "completed", AT), NOW)
        assert handler(HOURLY, None) == {}
        assert [told(one.body)["request_status"] for one in first.received] == ["in_progress", "completed"]
        assert [told(one.body)["request_status"] for one in second.received][2:] == ["completed"]
        last = first.received[-1]
    assert told(last.body) == {
        "controller_id": "shop",
        "expected_completion_time": "2026-12-21T09:30:00.000Z",
        "status_callback_url": f"{first.url}?a=1",
        "subject_request_id": UUID,
        "request_status": "completed",
        "api_version": "2.0",
        "results_url": f"{ORIGIN}/v1/requests/{UUID}/results",
        "results_count": 3,
    }
    assert last.headers["x-opendsr-processor-domain"] == DOMAIN
    key = x509.load_pem_x509_certificate(issued.certificate.encode()).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(b64decode(last.headers["x-opendsr-signature"]), last.body, ec.ECDSA(hashes.SHA256()))
    over = requests.find(REQUEST)
    assert over is not None
    assert over.done["callbacks"] == {"told": 2, "missed": []}
    assert list(store.open_callbacks()) == []


def test_nothing_goes_out_unsigned_or_into_a_private_network(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    store, requests = OpenDsrStore(aws.table(PRIVACY)), RequestStore(aws.table(PRIVACY))
    with receiving() as receiver:
        store.take(CLAIM)
        store.put_callbacks(Callbacks(REQUEST, UUID, (Callback(receiver.url),)))
        requests.put(replace(ASKED, state="in_progress"), NOW)
        handler(sample("send_callbacks"), None)
        with pytest.raises(CallbacksBrokenError):
            handler(HOURLY, None)
        certify()
        handler(HOURLY, None)
        assert receiver.received == []
    found = store.find_callbacks(REQUEST)
    assert found is not None
    assert (found.urls[0].tries, found.urls[0].last) == (1, "scheme_not_https")


def test_what_never_became_a_request_is_let_go_after_a_week(aws: Deployment) -> None:
    store = OpenDsrStore(aws.table(PRIVACY))
    caller = Caller(store, RequestStore(aws.table(PRIVACY)), Mock())
    store.take(CLAIM)
    store.put_callbacks(Callbacks(REQUEST, UUID, (Callback("https://8.8.8.8/jane"),)))
    caller.tell(REQUEST, NOW + timedelta(days=6))
    assert store.find_claim(UUID) == CLAIM
    caller.tell(REQUEST, NOW + timedelta(days=8))
    assert (store.find_claim(UUID), store.find_callbacks(REQUEST)) == (None, None)


def test_an_id_is_taken_once(aws: Deployment) -> None:
    store = OpenDsrStore(aws.table(PRIVACY))
    assert store.take(CLAIM) == CLAIM
    assert store.take(replace(CLAIM, request_id="01KAK3J8V2N5Q0T4W6Y8Z1B3D6")) == CLAIM


def test_a_certificate_about_to_expire_raises_the_alarm_in_time(aws: Deployment) -> None:
    assert handler(HOURLY, None) == {}  # whoever doesn't use OpenDSR has none
    certify(datetime.now(UTC) - timedelta(days=355))
    with pytest.raises(CallbacksBrokenError, match="expires within 14 days"):
        handler(HOURLY, None)


def told(body: bytes) -> Any:
    return json.loads(body)
