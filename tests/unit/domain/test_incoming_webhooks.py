"""Deliveries judged by each scheme: the standard's vector, GitHub's own example, forged, late and repeated ones."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.incoming_webhooks import TOLERANCE, Verified, brought, verify, with_message_ids
from shared.domain.sources import WebhookScheme
from shared.domain.standard_webhooks import secret_of, signed_headers
from shared.domain.validation import Refusal

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
SECRET, OTHER = secret_of(bytes(range(32))), secret_of(bytes(32))
STANDARD = WebhookScheme("standard")
GITHUB = WebhookScheme("hmac", "X-Hub-Signature-256", prefix="sha256=")
SHOPIFY = WebhookScheme("hmac", "X-Shopify-Hmac-Sha256", "base64")
SLACK = WebhookScheme("hmac", "X-Slack-Signature", "hex", "v0=", "X-Slack-Request-Timestamp", "v0:{timestamp}:{body}")
SHARED = WebhookScheme("secret", "X-Gitlab-Token")
BODY = '{"test": "값"}'.encode()


def mac(text: bytes, secret: str = SECRET) -> bytes:
    return hmac.digest(secret.encode(), text, hashlib.sha256)


def standard(moment: datetime = NOW, *secrets: str) -> dict[str, str]:
    return signed_headers(secrets or (SECRET,), "msg_1", int(moment.timestamp()), BODY)


def slack(timestamp: str) -> dict[str, str]:
    signed = mac(b"v0:" + timestamp.encode() + b":" + BODY).hex()
    return {"x-slack-signature": f"v0={signed}", "x-slack-request-timestamp": timestamp}


GOOD: list[tuple[str, WebhookScheme, dict[str, str]]] = [
    ("standard", STANDARD, standard()),
    ("svix", WebhookScheme("standard", "svix"), {k.replace("webhook", "svix"): v for k, v in standard().items()}),
    ("github", GITHUB, {"x-hub-signature-256": f"sha256={mac(BODY).hex()}"}),
    ("github in capitals", GITHUB, {"x-hub-signature-256": f"sha256={mac(BODY).hex().upper()}"}),
    ("shopify", SHOPIFY, {"x-shopify-hmac-sha256": base64.b64encode(mac(BODY)).decode()}),
    ("slack", SLACK, slack(str(int(NOW.timestamp())))),
    ("milliseconds", SLACK, slack(str(int(NOW.timestamp() * 1000)))),
    ("an ISO time", SLACK, slack("2026-11-21T18:30:00+09:00")),
    ("shared secret", SHARED, {"x-gitlab-token": SECRET}),
    ("bearer", WebhookScheme("secret", "Authorization", prefix="Bearer "), {"authorization": f"Bearer {SECRET}"}),
]
EACH = pytest.mark.parametrize(("scheme", "headers"), [case[1:] for case in GOOD], ids=[case[0] for case in GOOD])


def judged(scheme: WebhookScheme, headers: dict[str, str], body: bytes = BODY, secret: str = SECRET) -> str:
    """The reason of a refusal, or `taken`."""
    verdict = verify(scheme, headers, [body], [secret], NOW)
    return verdict.reason if isinstance(verdict, Refusal) else "taken"


@EACH
def test_a_delivery_is_taken_as_its_sender_signs_it(scheme: WebhookScheme, headers: dict[str, str]) -> None:
    assert judged(scheme, headers) == "taken"


@EACH
def test_another_secret_is_a_wrong_signature(scheme: WebhookScheme, headers: dict[str, str]) -> None:
    assert judged(scheme, headers, secret=OTHER) == "wrong_signature"


@EACH
def test_while_secrets_rotate_either_is_good(scheme: WebhookScheme, headers: dict[str, str]) -> None:
    for secrets in ([SECRET, OTHER], [OTHER, SECRET]):
        assert isinstance(verify(scheme, headers, [BODY], secrets, NOW), Verified)


@EACH
def test_a_header_that_is_missing_is_named(scheme: WebhookScheme, headers: dict[str, str]) -> None:
    for name in headers:
        for without in ({k: v for k, v in headers.items() if k != name}, {**headers, name: ""}):
            verdict = verify(scheme, without, [BODY], [SECRET], NOW)
            assert isinstance(verdict, Refusal)
            assert (verdict.reason, verdict.field) == ("missing_signature", name)


@pytest.mark.parametrize(("scheme", "headers"), [case[1:] for case in GOOD[:-2]], ids=[case[0] for case in GOOD[:-2]])
def test_a_body_that_was_changed_on_its_way_is_a_wrong_signature(
    scheme: WebhookScheme, headers: dict[str, str]
) -> None:
    assert judged(scheme, headers, BODY + b" ") == "wrong_signature"


def test_the_standards_own_vector_is_verified() -> None:
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1a,bm90IG91cnM= v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    then = datetime.fromtimestamp(1614265330, UTC)
    verdict = verify(STANDARD, headers, [b'{"test": 2432232314}'], ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], then)
    assert verdict == Verified("msg_p5jXN8AQM9LWM0D4loKWxJek")


def test_githubs_own_example_is_verified() -> None:
    signed = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    headers = {"x-hub-signature-256": signed}
    assert judged(GITHUB, headers, b"Hello, World!", "It's a Secret to Everybody") == "taken"


def test_one_good_signature_of_several_is_enough() -> None:
    assert judged(STANDARD, standard(NOW, OTHER, SECRET)) == "taken"


def test_what_was_signed_may_be_either_form_of_the_body() -> None:
    assert isinstance(verify(STANDARD, standard(), [b"compressed", BODY], [SECRET], NOW), Verified)


@pytest.mark.parametrize("away", [TOLERANCE, -TOLERANCE])
def test_a_signature_is_good_for_five_minutes_both_ways(away: timedelta) -> None:
    second = timedelta(seconds=1 if away > timedelta() else -1)
    assert judged(STANDARD, standard(NOW + away)) == "taken"
    assert judged(STANDARD, standard(NOW + away + second)) == "stale_signature"
    assert judged(SLACK, slack(str(int((NOW + away + second).timestamp())))) == "stale_signature"


@pytest.mark.parametrize("timestamp", ["soon", "-", "9" * 400, "9" * 5000, "²", "-1"])
def test_a_time_that_is_none_is_stale(timestamp: str) -> None:
    assert judged(SLACK, slack(timestamp)) == "stale_signature"


@given(st.dictionaries(st.sampled_from([name for case in GOOD for name in case[2]]), st.text()), st.binary())
def test_whatever_is_sent_without_the_secret_is_refused(headers: dict[str, str], body: bytes) -> None:
    for _, scheme, _ in GOOD:
        assert judged(scheme, headers, body) != "taken"


@pytest.mark.parametrize(
    ("payload", "list_field", "elements"),
    [
        ({"a": 1}, "", [{"a": 1}]),
        ([{"a": 1}, 7], "", [{"a": 1}, 7]),
        ([], "", []),
        (
            {"rows": [{"a": 1}, {"b": 2, "shop": 9}, 7], "shop": 5},
            "rows",
            [{"shop": 5, "a": 1}, {"shop": 9, "b": 2}, 7],
        ),
        ({"ping": True}, "rows", [{"ping": True}]),
        ({"rows": {"a": 1}}, "rows", [{"rows": {"a": 1}}]),
        ("text", "", None),
        (None, "rows", None),
    ],
)
def test_a_payload_brings_an_element_or_several(payload: Any, list_field: str, elements: list[Any] | None) -> None:
    found = brought(payload, list_field)
    assert (found.elements() if found else None) == elements


def test_an_element_is_named_by_its_delivery() -> None:
    assert with_message_ids([{"a": 1}], "src_1", "msg_1") == [{"a": 1, "messageId": "msg_1"}]
    assert with_message_ids([{"a": 1}, 7, {}], "src_1", "msg_1") == [
        {"a": 1, "messageId": "msg_1-0"},
        7,
        {"messageId": "msg_1-2"},
    ]
    assert with_message_ids([{"messageId": "own"}], "src_1", "msg_1") == [{"messageId": "own"}]


def test_without_an_id_of_its_own_a_delivery_is_named_by_its_source_and_what_it_brings() -> None:
    def name(source_id: str, element: dict[str, Any], delivery: str = "") -> str:
        (named,) = with_message_ids([element], source_id, delivery)
        return str(named["messageId"])

    assert name("src_1", {"a": 1, "b": 2}) == name("src_1", {"b": 2, "a": 1})
    assert len({name("src_1", {"a": 1}), name("src_2", {"a": 1}), name("src_1", {"a": 2})}) == 3
    assert name("src_1", {"a": "4111111111111111"}) == name("src_1", {"a": "5555555555554444"}), "no part of the hash"
    long = "m" * 81
    assert name("src_1", {"a": 1}, long) == name("src_1", {"a": 2}, long) != name("src_1", {"a": 1}, "n" * 81)
    assert len(name("src_1", {"a": 1}, long)) <= 100


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "hmac"},
        {"kind": "secret"},
        {"kind": "hmac", "header": "x", "signed": "{body}"},
        {"kind": "hmac", "header": "x", "signed": "{timestamp}{body}{body}"},
    ],
)
def test_a_scheme_that_could_not_be_checked_cannot_be_made(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="needs"):
        WebhookScheme(**fields)
