"""Webhooks that come in, through the real handler: each scheme, each refusal, and a delivery that is sent again."""

import gzip
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from functions.collect_events import collecting
from functions.collect_events.handler import handler
from shared.aws import clients
from shared.contracts.collect import MAX_BODY_BYTES, MAX_EVENTS
from shared.contracts.records import Record, decode
from shared.domain.identifiers import Identifier
from shared.domain.incoming_webhooks import secret_name
from shared.domain.mapping import Mapping
from shared.domain.sources import Source, WebhookScheme
from shared.domain.standard_webhooks import secret_of, signed_headers
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.keys import identifier_hash
from shared.stores.refusal_store import RefusalStore
from shared.stores.tables import CATALOGUE, EVENTS, PROFILES
from tests.conftest import SECRET as IDENTIFIER_KEY
from tests.conftest import Deployment
from tests.faults import Failing, client_error
from tests.pipeline import collected, counts, items, kinesis_records, request, sent, stored, stored_ids, track

OK = (200, {"success": True})
PARTNER = "src_partner"
SECRET, OTHER = secret_of(bytes(range(32))), secret_of(bytes(32))
STANDARD = WebhookScheme("standard")
GITHUB = WebhookScheme("hmac", "X-Hub-Signature-256", prefix="sha256=")
LISTED = WebhookScheme("secret", "X-Token", list_field="rows")
ORDER = {"id": 7, "status": "paid"}


@pytest.fixture(autouse=True)
def source(aws: Deployment) -> Source:
    return configured(aws, Source(PARTNER, "A partner", "webhook", webhook=STANDARD), [SECRET])


def configured(aws: Deployment, source: Source, secrets: list[str]) -> Source:
    """The source as it is stored, with these secrets."""
    store = CatalogueStore(aws.table(CATALOGUE))
    store.put(source)
    if secrets:
        text = json.dumps(secrets)
        boto3.client("secretsmanager").create_secret(Name=secret_name("test", source.id), SecretString=text)
    found = store.find(Source, source.id)
    assert found == replace(source, version=source.version + 1)
    return found


def delivery(
    body: Any, *secrets: str, message_id: str = "msg_1", minutes: float = 0, source: str = PARTNER
) -> dict[str, Any]:
    """A request as a sender of Standard Webhooks makes it, so many minutes from now."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    moment = datetime.now(UTC) + timedelta(minutes=minutes)
    headers = signed_headers(secrets or (SECRET,), message_id, int(moment.timestamp()), raw)
    return unsigned(raw, source, **headers)


def unsigned(body: bytes, source: str = PARTNER, **headers: str) -> dict[str, Any]:
    made = request(body, f"/v1/webhooks/{source}", **headers)
    del made["headers"]["authorization"]
    return made


def records(aws: Deployment) -> list[Record]:
    return [decode(data) for data in collected(aws)]


def elements(aws: Deployment) -> list[Any]:
    return [element.value for record in records(aws) for element in record.elements]


def test_a_signed_delivery_is_an_element_named_by_its_id(aws: Deployment) -> None:
    assert sent(delivery(ORDER)) == OK
    (record,) = records(aws)
    assert [element.value for element in record.elements] == [{**ORDER, "messageId": "msg_1"}]
    assert (record.source_id, record.correlation_id) == (PARTNER, "UJ9xhg1kDoEEMhQ=")


def test_a_delivery_sent_again_is_stored_once(aws: Deployment) -> None:
    for minutes in (-2, 0, 0):
        assert sent(delivery({"type": "page", "userId": "u1"}, minutes=minutes)) == OK
    assert stored(kinesis_records(*collected(aws))) == []
    assert stored_ids(aws) == ["msg_1"]
    assert counts(aws)["duplicate"] == 2


def test_a_delivery_of_a_scheme_without_ids_that_is_sent_again_is_stored_once(aws: Deployment) -> None:
    configured(aws, Source("src_git", "Git", "webhook", webhook=GITHUB), ["It's a Secret to Everybody"])
    body = json.dumps({"type": "page", "userId": "u1"}).encode()
    signed = hmac.new(b"It's a Secret to Everybody", body, hashlib.sha256).hexdigest()
    for _ in range(2):
        assert sent(unsigned(body, "src_git", x_hub_signature_256=f"sha256={signed}")) == OK
    stored(kinesis_records(*collected(aws)))
    assert len(stored_ids(aws)) == 1
    assert counts(aws)["duplicate"] == 1


@pytest.mark.parametrize("body", [[ORDER, {"id": 8}], {"rows": [ORDER, {"id": 8}]}], ids=["a list", "a declared list"])
def test_a_list_is_an_element_for_each_of_its_entries(aws: Deployment, body: Any) -> None:
    configured(aws, Source("src_rows", "Rows", "webhook", webhook=LISTED), [SECRET])
    assert sent(unsigned(json.dumps(body).encode(), "src_rows", x_token=SECRET)) == OK
    found = elements(aws)
    assert [element["id"] for element in found] == [7, 8]
    assert len({element["messageId"] for element in found}) == 2


def test_an_empty_list_is_taken_and_brings_nothing(aws: Deployment) -> None:
    assert sent(delivery([])) == OK
    assert collected(aws) == []


@pytest.mark.parametrize("signs_compressed", [True, False])
def test_a_gzip_body_may_be_signed_before_or_after_it_was_compressed(aws: Deployment, signs_compressed: bool) -> None:
    plain = json.dumps(ORDER).encode()
    packed = gzip.compress(plain)
    made = delivery(packed if signs_compressed else plain)
    made |= {"body": request(packed)["body"], "isBase64Encoded": True}
    assert sent(made) == OK
    assert elements(aws) == [{**ORDER, "messageId": "msg_1"}]


def test_while_the_secret_rotates_either_is_taken(aws: Deployment) -> None:
    configured(aws, Source("src_both", "Both", "webhook", webhook=STANDARD), [OTHER, SECRET])
    for secret in (SECRET, OTHER):
        assert sent(delivery(ORDER, secret, source="src_both")) == OK


def test_no_ip_and_no_wish_of_a_sending_server_is_taken_for_a_persons(aws: Deployment) -> None:
    event = track(context={"library": {"name": "analytics.js"}, "direct": True})
    made = delivery(event)
    made["headers"] |= {"sec-gpc": "1", "origin": "https://partner.example", "sentat": "2020-01-01T00:00:00Z"}
    assert sent(made) == OK
    (record,) = records(aws)
    assert (record.ip, record.gpc, record.sent_at) == (None, False, None)


def test_a_bad_entry_leaves_its_neighbours_alone(aws: Deployment) -> None:
    page = {"type": "page", "userId": "u1"}
    assert sent(delivery([page, 7, {"type": "nonsense"}, page])) == OK
    assert stored(kinesis_records(*collected(aws))) == []
    assert stored_ids(aws) == ["msg_1-0", "msg_1-3"]
    assert counts(aws)["quarantined"] == 2


BODY = json.dumps(ORDER).encode()
CHANGED = {"body": "{}", "isBase64Encoded": False}
GOT = {"requestContext": request("", "/", "GET")["requestContext"]}
REFUSED = [
    ("not signed", lambda: unsigned(BODY), 401, "missing_signature", "webhook-signature"),
    ("signed by somebody else", lambda: delivery(ORDER, OTHER), 401, "wrong_signature", "webhook-signature"),
    (
        "a body that was changed",
        lambda: {**delivery(ORDER), "body": "{}", "isBase64Encoded": False},
        401,
        "wrong_signature",
        0,
    ),
    ("replayed after six minutes", lambda: delivery(ORDER, minutes=-6), 401, "stale_signature", "webhook-timestamp"),
    ("signed ahead of the clock", lambda: delivery(ORDER, minutes=6), 401, "stale_signature", "webhook-timestamp"),
    ("an unknown source", lambda: delivery(ORDER, source="src_none"), 404, "unknown_source", None),
    ("a disabled source", lambda: delivery(ORDER, source="src_off"), 404, "unknown_source", None),
    ("a source without a scheme", lambda: delivery(ORDER, source="src_plain"), 404, "no_webhook_scheme", None),
    ("a scheme without a secret", lambda: delivery(ORDER, source="src_bare"), 503, "no_webhook_secret", None),
    ("an empty body", lambda: delivery(b""), 400, "malformed_json", None),
    ("no JSON", lambda: delivery(b"a=1&b=2"), 400, "malformed_json", None),
    ("a text", lambda: delivery("text"), 400, "not_an_object", None),
    ("null", lambda: delivery(None), 400, "not_an_object", None),
    ("broken gzip", lambda: delivery(b"\x1f\x8b no gzip"), 400, "malformed_gzip", None),
    ("a large body", lambda: delivery(b" " * (MAX_BODY_BYTES + 1)), 413, "body_too_large", None),
    ("a gzip bomb", lambda: delivery(gzip.compress(b" " * 50_000_000)), 413, "body_too_large", None),
    ("too many entries", lambda: delivery([{}] * (MAX_EVENTS + 1)), 413, "too_many_events", None),
    ("deep nesting", lambda: delivery(b"[" * 100_000 + b"]" * 100_000), 400, "too_deep", None),
    (
        "another method",
        lambda: {**delivery(ORDER), "requestContext": request("", "/", "GET")["requestContext"]},
        405,
        "",
        0,
    ),
]


@pytest.mark.parametrize(
    ("made", "status", "code", "field"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_a_delivery_that_cannot_be_taken_has_one_clear_problem(
    aws: Deployment, made: Callable[[], dict[str, Any]], status: int, code: str, field: Any
) -> None:
    configured(aws, Source("src_off", "Off", state="disabled", webhook=STANDARD), [SECRET])
    configured(aws, Source("src_plain", "Plain"), [])
    configured(aws, Source("src_bare", "Bare", webhook=STANDARD), [])
    answered, problem = sent(made())
    assert (answered, problem["status"]) == (status, status)
    assert problem["code"] == (code or "method_not_allowed")
    assert problem["message"]
    if field != 0:
        assert problem.get("field") == field
    assert collected(aws) == []


def test_a_large_field_beside_very_many_entries_is_refused(aws: Deployment) -> None:
    configured(aws, Source("src_rows", "Rows", "webhook", webhook=LISTED), [SECRET])
    body = json.dumps({"rows": [{}] * 2_000, "shop": "x" * 100_000}).encode()
    status, problem = sent(unsigned(body, "src_rows", x_token=SECRET))
    assert (status, problem["code"]) == (413, "body_too_large")


def test_a_webhook_counts_against_the_rate_of_its_source(
    aws: Deployment, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(aws, replace(source, events_per_second=2), [])
    monkeypatch.setattr(collecting.time, "monotonic", lambda: 1000.0)
    assert sent(delivery([{}] * 10)) == OK
    reply = handler(delivery([{}]), None)
    assert (reply["statusCode"], json.loads(reply["body"])["code"]) == (429, "rate_limited")
    assert int(reply["headers"]["retry-after"]) > 0
    assert sent(delivery([{}], OTHER))[0] == 401, "who can't sign takes nothing from the rate"


def test_a_refusal_is_counted_and_logged_without_anything_secret(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    made = delivery({"name": "mina-the-person"}, OTHER)
    sent(made)
    sent(delivery({"name": "mina-the-person"}))
    written = capsys.readouterr().out + str([vars(record) for record in caplog.records])
    assert '"WebhooksRefused":[1.0]' in written.replace(" ", "")
    assert PARTNER in written
    for secret in ("mina-the-person", SECRET, OTHER, made["headers"]["webhook-signature"].removeprefix("v1,")):
        assert secret not in written


def test_secrets_are_read_once_a_minute(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    from shared.aws import secrets as door

    reads: list[str] = []
    real = door.secrets()

    class Watched:
        exceptions = real.exceptions

        def get_secret_value(self, SecretId: str) -> Any:  # noqa: N803
            reads.append(SecretId)
            return real.get_secret_value(SecretId=SecretId)

    monkeypatch.setattr(door, "secrets", Watched)
    configured(aws, Source("src_bare", "Bare", webhook=STANDARD), [])
    for _ in range(3):
        sent(delivery(ORDER))
        sent(delivery(ORDER, source="src_bare"))
    assert sorted(name for name in reads if "sources" in name) == [
        "jogakbo/test/sources/src_bare/webhook",
        f"jogakbo/test/sources/{PARTNER}/webhook",
    ]


def test_an_id_made_of_the_body_tells_nothing_of_a_number_that_was_masked_in_it(aws: Deployment) -> None:
    configured(aws, Source("src_rows", "Rows", "webhook", webhook=LISTED), [SECRET])
    for card in ("4111111111111111", "5500000000000004"):
        assert sent(unsigned(json.dumps({"note": f"card {card}"}).encode(), "src_rows", x_token=SECRET)) == OK
    one, other = elements(aws)
    assert one == other
    assert "4111" not in json.dumps(one)


def test_a_shops_order_becomes_an_event_by_the_mapping_of_its_source(aws: Deployment) -> None:
    rules = (
        {"op": "rename", "from": "customer_id", "to": "userId"},
        {"op": "rename", "from": "paid_at", "to": "timestamp"},
        {"op": "rename", "from": "total", "to": "properties.total"},
        {"op": "cast", "field": "properties.total", "as": "number"},
        {"op": "default", "field": "type", "value": "track"},
        {"op": "default", "field": "event", "value": "Order Completed"},
    )
    CatalogueStore(aws.table(CATALOGUE)).put(Mapping("orders", "Orders", rules))
    configured(aws, Source("src_shop", "A shop", "webhook", webhook=STANDARD, mapping="orders"), [SECRET])
    order = {"customer_id": 17, "paid_at": "2026-11-20T18:00:00+09:00", "total": "12.50", "gift": True}
    for _ in range(2):
        assert sent(delivery(order, source="src_shop")) == OK
    assert stored(kinesis_records(*collected(aws))) == []
    (item,) = items(aws, EVENTS)
    assert (item["message_id"], item["name"], item["time"]) == ("msg_1", "Order Completed", "2026-11-20T09:00:00.000Z")
    assert json.loads(item["event"])["properties"] == {"total": 12.5, "gift": True}
    assert counts(aws)["duplicate"] == 1


def test_an_unsubscribe_is_heard_as_the_mapping_makes_it_before_its_webhook_is_acknowledged(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = "context.consent.decisions.newsletter.state"
    rules = (
        {"op": "default", "field": "type", "value": "track"},
        {"op": "rename", "from": "kind", "to": "event"},
        {"op": "rename", "from": "mail", "to": "context.traits.email"},
        {"op": "rename", "from": "at", "to": "timestamp"},
        {"op": "default", "field": state, "value": "withdrawn", "events": ["Unsubscribed"]},
    )
    CatalogueStore(aws.table(CATALOGUE)).put(Mapping("mailer", "Mailer", rules))
    configured(aws, Source("src_mailer", "A mailer", "webhook", webhook=STANDARD, mapping="mailer"), [SECRET])
    at = "2026-11-21T09:00:00.000Z"
    said = [{"kind": kind, "mail": f"{kind}@example.com", "at": at} for kind in ("Opened", "Unsubscribed")]
    failing = Failing(clients.dynamodb(), "update_item", client_error("ThrottlingException"))
    with monkeypatch.context() as patch:
        patch.setattr("shared.stores.refusal_store.dynamodb", lambda: failing)
        assert sent(delivery(said, source="src_mailer"))[0] == 503
    assert collected(aws) == []
    assert sent(delivery(said, source="src_mailer")) == OK
    opened, gone = (
        identifier_hash(IDENTIFIER_KEY, Identifier("email", f"{kind}@example.com"))
        for kind in ("opened", "unsubscribed")
    )
    assert RefusalStore(aws.table(PROFILES)).find([opened, gone]) == {gone: {"newsletter": at}}
