"""Signatures as receivers verify them: by the standard's own vector and by its public library."""

import base64
import json
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from shared.domain.standard_webhooks import SecretError, secret_of, signed_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = secret_of(bytes(range(32)))


def test_the_standards_own_vector_is_reproduced() -> None:
    headers = signed_headers([SECRET], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-timestamp"] == "1614265330"


def test_the_public_library_verifies_and_a_changed_body_fails() -> None:
    now, body = int(datetime.now(UTC).timestamp()), json.dumps({"이름": "값"}).encode()
    headers = signed_headers([SECRET], "fact-1", now, body)
    assert Webhook(SECRET).verify(body, headers) == {"이름": "값"}
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace(b":", b": "), headers)


def test_the_library_signs_as_we_do() -> None:
    moment, body = datetime(2026, 11, 21, 9, 30, tzinfo=UTC), '{"a":1}'
    ours = signed_headers([OTHER], "fact-1", int(moment.timestamp()), body.encode())
    assert ours["webhook-signature"] == Webhook(OTHER).sign("fact-1", moment, body)


def test_during_a_rotation_holders_of_either_secret_verify() -> None:
    now = int(datetime.now(UTC).timestamp())
    headers = signed_headers([OTHER, SECRET], "fact-1", now, b"{}")
    for secret in (OTHER, SECRET):
        Webhook(secret).verify(b"{}", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret_of(bytes(32))).verify(b"{}", headers)


def test_without_a_secret_nothing_is_signed() -> None:
    with pytest.raises(SecretError):
        signed_headers([], "fact-1", 0, b"")


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", "whsec_!!!!", SECRET.removeprefix("whsec_"), "whsec_" + base64.b64encode(b"short").decode()],
)
def test_a_secret_that_is_none_is_refused_without_being_repeated(secret: str) -> None:
    with pytest.raises(SecretError) as raised:
        signed_headers([secret], "fact-1", 0, b"")
    assert str(raised.value) in ("not base64", "not whsec_ and 24 to 64 bytes")
