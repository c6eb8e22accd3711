"""The real handler of deliver over moto and a receiver on this machine: consent, repeats, retries, every failure."""

import copy
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import boto3
import pytest
from standardwebhooks import Webhook

from functions.deliver import handler
from functions.deliver.backoff import MOST_RECEIVES
from functions.deliver.settings import settings
from shared.aws import clients
from shared.destinations.webhook import sending
from shared.destinations.webhook.client import TIMEOUT_SECONDS, post
from shared.domain.auditing import AuditEntry
from shared.domain.destinations import Destination
from shared.domain.facts import DetailType
from shared.domain.identifiers import Identifier
from shared.domain.purposes import Purpose
from shared.domain.standard_webhooks import secret_of
from shared.stores.audit_log import AuditLog
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.delivery_store import Delivery, DeliveryStore
from shared.stores.flow_counts import FlowCounts
from shared.stores.suppression_store import open_suppressions
from shared.stores.tables import CATALOGUE, LEDGER, SUPPRESSIONS
from tests.component.receiver import Receiver, hang_up, receiving, status
from tests.component.stitched import stitch_into
from tests.conftest import Deployment
from tests.erased import KEYS
from tests.faults import Failing, client_error
from tests.people import make_event
from tests.privacy import stopper

SAMPLE = json.loads(Path("events/triggers/deliver.json").read_text())["Records"][0]
SECRET, OLD_SECRET = secret_of(bytes(range(32))), secret_of(bytes(range(32, 64)))
ENTERED: tuple[DetailType, ...] = ("Segment Entered", "Consent Changed")


@pytest.fixture(autouse=True)
def a_cold_function(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In the local stage, which alone may reach this machine."""
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setenv("ALLOW_PRIVATE_WEBHOOKS", "true")
    for purpose in (Purpose("Advertising", {"en": "Ads"}), Purpose("Profiling", {"en": "Profiles"})):
        CatalogueStore(aws.table(CATALOGUE)).put(purpose)
    kept = (settings, handler.courier, handler.gatherer, handler.destinations, handler.flow_counts, handler.lag)
    for cached in kept:
        cached.cache_clear()
    yield
    for cached in kept:
        cached.cache_clear()


@pytest.fixture
def hidden(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """For how many seconds each failed message was hidden."""
    seconds: list[int] = []
    monkeypatch.setattr(handler, "hide", lambda queue_url, receipt_handle, wait: seconds.append(wait))
    return seconds


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def destination(aws: Deployment, url: str, name: str = "crm", **rest: Any) -> Destination:
    secret_name = f"jogakbo/test/destinations/{name}"
    boto3.client("secretsmanager").create_secret(Name=secret_name, SecretString=json.dumps([SECRET]))
    made = Destination(name, name, url, rest.pop("detail_types", ENTERED), secret_name, **rest)
    CatalogueStore(aws.table(CATALOGUE)).put(made)
    handler.destinations.cache_clear()
    return made


def person(aws: Deployment, advertising: bool | None = None, user: str = "u1", day: float = 1) -> str:
    context = {} if advertising is None else {"consent": {"categoryPreferences": {"Advertising": advertising}}}
    traits = {"email": f"{user}@example.com", "city": "Seoul", "salary": 1}
    body = {"type": "identify", "userId": user, "traits": traits, "context": context}
    return stitch_into(aws, make_event(body, days=day))


def message(profile_id: str, detail_type: str = "Segment Entered", receives: int = 1, **data: str) -> dict[str, Any]:
    record: dict[str, Any] = copy.deepcopy(SAMPLE)
    envelope = json.loads(record["body"])
    envelope["detail-type"] = detail_type
    envelope["detail"]["data"] = {"profile_id": profile_id, **(data or {"segment": "bought_once"})}
    record |= {"body": json.dumps(envelope), "messageId": f"message-{detail_type}"}
    record["attributes"]["ApproximateReceiveCount"] = str(receives)
    return record


FACT_ID = json.loads(SAMPLE["body"])["detail"]["metadata"]["id"]


def deliver(*records: dict[str, Any]) -> list[str]:
    answer = handler.handler({"Records": list(records)}, None)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def entry(aws: Deployment, destination_id: str = "crm") -> Delivery | None:
    return DeliveryStore(aws.table(LEDGER)).find(destination_id, FACT_ID)


def test_a_fact_arrives_signed_with_the_fields_it_may_carry_and_no_others(aws: Deployment, receiver: Receiver) -> None:
    profile_id = person(aws)
    destination(aws, receiver.url, traits=("city", "unknown"), identifiers=("email",))
    assert deliver(message(profile_id)) == []
    (got,) = receiver.received
    assert Webhook(SECRET).verify(got.body, got.headers) == {
        "type": "segment.entered",
        "timestamp": "2026-11-21T09:30:00.000Z",
        "data": {
            "profile_id": profile_id,
            "segment": "bought_once",
            "sequence": 2,
            "cause": "live",
            "correlation_id": "c0ffee00-0000-4000-8000-000000000002",
            "identifiers": {"email": ["u1@example.com"]},
            "traits": {"city": "Seoul"},
        },
    }
    assert got.headers["webhook-id"] == FACT_ID
    assert got.headers["content-type"] == "application/json"
    assert entry(aws) == Delivery("crm", FACT_ID, "delivered", 1, profile_id, "Segment Entered", code=200)


def test_a_destination_gets_only_the_facts_it_lists_and_only_while_it_is_live(
    aws: Deployment, receiver: Receiver
) -> None:
    profile_id = person(aws)
    destination(aws, receiver.url, detail_types=("Segment Exited",))
    destination(aws, receiver.url, "off", state="disabled")
    assert deliver(message(profile_id)) == []
    assert receiver.received == []
    assert entry(aws) is None


def test_a_destination_that_a_warm_function_has_yet_to_hear_of_is_told_of_an_erasure(
    aws: Deployment, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    warm = handler.destinations()
    assert warm.get("live") == []
    destination(aws, receiver.url, detail_types=("Profile Erased", "Segment Entered"))
    monkeypatch.setattr(handler, "destinations", lambda: warm)
    erased: Any = {"merged_profile_ids": []}
    assert deliver(message("01A"), message("01A", "Profile Erased", **erased)) == []
    told = [json.loads(one.body)["type"] for one in receiver.received]
    assert "profile.erased" in told


def test_nothing_but_a_withdrawal_goes_out_of_a_person_whose_processing_is_stopped(
    aws: Deployment, receiver: Receiver
) -> None:
    profile_id = person(aws, advertising=True)
    stopper(aws).stop(profile_id, "request 1")
    destination(aws, receiver.url, detail_types=("Segment Entered",), purposes=("Advertising",))
    destination(aws, receiver.url, "ads", detail_types=("Consent Changed",), purposes=("Advertising",))
    assert deliver(message(profile_id)) == []
    made = entry(aws)
    assert made is not None
    assert (receiver.received, made.status, made.reason) == ([], "withheld", "processing_stopped")
    withdrawn = {"purpose": "Advertising", "state": "refused", "previous": "granted"}
    assert deliver(message(profile_id, "Consent Changed", **withdrawn)) == []
    assert len(receiver.received) == 1


def test_nothing_but_a_withdrawal_goes_out_of_a_person_who_is_being_erased_and_nothing_while_nobody_can_tell(
    aws: Deployment, receiver: Receiver, hidden: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    profile_id, erased = person(aws, advertising=True), open_suppressions(aws.table(SUPPRESSIONS), KEYS)
    destination(aws, receiver.url, detail_types=("Segment Entered",), purposes=("Advertising",))
    destination(aws, receiver.url, "ads", detail_types=("Consent Changed",), purposes=("Advertising",))
    with monkeypatch.context() as patch:
        patch.setattr(
            "shared.stores.suppression_store.batch_get", Mock(side_effect=client_error("ThrottlingException"))
        )
        assert deliver(message(profile_id)) == ["message-Segment Entered"]
    erased.put([Identifier("user_id", "u1")], "2026-11-20T00:00:00.000Z", "r1")
    assert deliver(message(profile_id)) == []
    made = entry(aws)
    assert made is not None
    assert (receiver.received, made.status, made.reason) == ([], "withheld", "suppressed")
    assert (
        deliver(message(profile_id, "Consent Changed", purpose="Advertising", state="refused", previous="granted"))
        == []
    )
    assert len(receiver.received) == 1


def test_a_repeated_message_is_posted_once_in_one_batch_or_in_two(aws: Deployment, receiver: Receiver) -> None:
    profile_id = person(aws)
    destination(aws, receiver.url)
    second = message(profile_id) | {"messageId": "the same fact again"}
    assert deliver(message(profile_id), second) == []
    assert deliver(message(profile_id, receives=2)) == []
    assert len(receiver.received) == 1


def test_a_crash_after_the_post_posts_again_under_the_same_id(
    aws: Deployment, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, hidden: list[int]
) -> None:
    profile_id = person(aws)
    destination(aws, receiver.url)
    with monkeypatch.context() as crashing:
        crashing.setattr(DeliveryStore, "put", lambda *_: 1 / 0)
        assert deliver(message(profile_id)) == ["message-Segment Entered"]
    assert deliver(message(profile_id, receives=2)) == []
    assert [got.headers["webhook-id"] for got in receiver.received] == [FACT_ID, FACT_ID]
    assert len(hidden) == 1


def test_a_failure_is_tried_again_later_and_then_recorded_once(
    aws: Deployment, receiver: Receiver, hidden: list[int]
) -> None:
    profile_id = person(aws)
    destination(aws, receiver.url)
    receiver.replies += [status(500), hang_up]
    assert deliver(message(profile_id)) == ["message-Segment Entered"]
    assert entry(aws) is None
    assert deliver(message(profile_id, receives=2)) == ["message-Segment Entered"]
    assert deliver(message(profile_id, receives=3)) == []
    done = entry(aws)
    assert done is not None
    assert (done.status, done.attempts) == ("delivered", 3)
    assert 4 <= hidden[0] <= 6
    assert 240 <= hidden[1] <= 360


@pytest.mark.parametrize("code", [300, 302, 400, 401, 404, 408, 409, 422, 429, 503])
def test_whatever_is_not_a_success_is_tried_again(
    aws: Deployment, receiver: Receiver, hidden: list[int], code: int
) -> None:
    profile_id = person(aws)
    destination(aws, receiver.url)
    receiver.replies.append(status(code))
    assert deliver(message(profile_id)) == ["message-Segment Entered"]
    assert deliver(message(profile_id, receives=2)) == []


def test_gone_is_final(aws: Deployment, receiver: Receiver) -> None:
    profile_id = person(aws)
    destination(aws, receiver.url)
    receiver.replies.append(status(410))
    assert deliver(message(profile_id)) == []
    assert deliver(message(profile_id, receives=2)) == []
    assert len(receiver.received) == 1
    refused = entry(aws)
    assert refused is not None
    assert (refused.status, refused.reason, refused.code) == ("refused", "gone", 410)


@pytest.mark.parametrize(("code", "asked", "least", "most"), [(429, 900, 900, 900), (500, 900, 4, 6)])
def test_retry_after_is_honoured_within_an_hour_where_it_means_slow_down(
    aws: Deployment, receiver: Receiver, hidden: list[int], code: int, asked: int, least: int, most: int
) -> None:
    profile_id = person(aws)
    destination(aws, receiver.url)
    receiver.replies.append(status(code, Retry_After=str(asked)))
    assert deliver(message(profile_id)) != []
    assert least <= hidden[0] <= most


def test_of_a_longer_retry_after_an_hour_is_honoured(
    aws: Deployment, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile_id, bodies = person(aws), list[str]()
    monkeypatch.setattr(handler, "send_delayed", lambda url, some: bodies.extend(one.body for one in some))
    destination(aws, receiver.url)
    receiver.replies.append(status(503, Retry_After="99999"))
    assert deliver(message(profile_id)) == []
    assert 3_590 <= json.loads(bodies[0])["turn"] - time.time() <= 3_600


def test_a_receiver_that_does_not_answer_is_tried_again(
    aws: Deployment, receiver: Receiver, hidden: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "post", lambda *given: post(*given, timeout=TIMEOUT_SECONDS / 50))
    profile_id = person(aws)
    destination(aws, receiver.url)
    receiver.replies.append(lambda request: time.sleep(1))
    assert deliver(message(profile_id)) == ["message-Segment Entered"]
    assert deliver(message(profile_id, receives=2)) == []


def test_after_the_last_try_the_entry_says_failed_and_a_redrive_can_still_deliver(
    aws: Deployment, receiver: Receiver, hidden: list[int]
) -> None:
    profile_id = person(aws)
    destination(aws, receiver.url)
    receiver.replies += [status(500)]
    assert deliver(message(profile_id, receives=MOST_RECEIVES)) == ["message-Segment Entered"]
    failed = entry(aws)
    assert failed is not None
    assert (failed.status, failed.reason, failed.code, failed.attempts) == ("failed", "status", 500, MOST_RECEIVES)
    assert hidden == [0]  # on to the dead-letter queue at once
    assert deliver(message(profile_id, receives=1)) == []
    delivered = entry(aws)
    assert delivered is not None
    assert delivered.status == "delivered"


def test_holders_of_the_old_and_the_new_secret_verify_during_a_rotation(aws: Deployment, receiver: Receiver) -> None:
    profile_id = person(aws)
    made = destination(aws, receiver.url)
    both = json.dumps([SECRET, OLD_SECRET])
    boto3.client("secretsmanager").put_secret_value(SecretId=made.secret_name, SecretString=both)
    assert deliver(message(profile_id)) == []
    (got,) = receiver.received
    for secret in (SECRET, OLD_SECRET):
        Webhook(secret).verify(got.body, got.headers)


@pytest.mark.parametrize(
    ("advertising", "posts", "why"),
    [(None, 0, "not_granted:Advertising,"), (False, 0, "refused:Advertising,"), (True, 1, "")],
)
def test_without_consent_to_every_purpose_a_fact_is_withheld(
    aws: Deployment, receiver: Receiver, advertising: bool | None, posts: int, why: str
) -> None:
    profile_id = person(aws, advertising)
    destination(aws, receiver.url, purposes=("Advertising",))
    destination(aws, receiver.url, "strict", purposes=("Advertising", "Profiling"))
    assert deliver(message(profile_id)) == []
    assert len(receiver.received) == posts
    first, strict = entry(aws), entry(aws, "strict")
    assert first is not None
    assert strict is not None
    assert first.status == ("delivered" if posts else "withheld")
    assert (strict.status, strict.reason) == ("withheld", f"{why}not_granted:Profiling")


def test_consent_withdrawn_between_fact_and_delivery_withholds_it(
    aws: Deployment, receiver: Receiver, hidden: list[int]
) -> None:
    profile_id = person(aws, advertising=True, day=1)
    destination(aws, receiver.url, purposes=("Advertising",))
    receiver.replies.append(status(500))
    assert deliver(message(profile_id)) == ["message-Segment Entered"]
    person(aws, advertising=False, day=2)
    assert deliver(message(profile_id, receives=2)) == []
    assert len(receiver.received) == 1
    withheld = entry(aws)
    assert withheld is not None
    assert withheld.status == "withheld"


@pytest.mark.parametrize(
    "told", [{"state": "refused"}, {"state": "expired"}, {"state": "granted", "reconfirmation_due": True}]
)
def test_a_withdrawal_itself_arrives_with_ids_only(aws: Deployment, receiver: Receiver, told: dict[str, Any]) -> None:
    profile_id = person(aws, advertising=False)
    destination(aws, receiver.url, purposes=("Advertising",), traits=("city",), identifiers=("email",))
    changed = message(profile_id, "Consent Changed", purpose="Advertising", previous="granted", **told)
    assert deliver(changed) == []
    (got,) = receiver.received
    data = json.loads(got.body)["data"]
    assert (data["purpose"], data["previous"]) == ("Advertising", "granted")
    assert data.items() >= told.items()
    assert "traits" not in data
    assert "identifiers" not in data


@pytest.mark.parametrize(
    ("advertising", "purpose", "state"),
    [(None, "Profiling", "refused"), (None, "Profiling", "granted"), (False, "Advertising", "granted")],
    ids=["another_purpose", "a_grant_of_another", "a_grant_since_withdrawn"],
)
def test_a_change_of_consent_that_withdraws_nothing_from_a_destination_is_withheld_like_any_fact(
    aws: Deployment, receiver: Receiver, advertising: bool | None, purpose: str, state: str
) -> None:
    profile_id = person(aws, advertising)
    destination(aws, receiver.url, purposes=("Advertising",))
    assert deliver(message(profile_id, "Consent Changed", purpose=purpose, state=state, previous="unknown")) == []
    assert receiver.received == []
    withheld = entry(aws)
    assert withheld is not None
    assert withheld.status == "withheld"


def test_the_names_that_changed_stand_beside_the_values_that_may_be_told(aws: Deployment, receiver: Receiver) -> None:
    profile_id = person(aws)
    destination(aws, receiver.url, detail_types=("Traits Changed",), traits=("city",))
    changed = message(profile_id, "Traits Changed")
    envelope = json.loads(changed["body"])
    envelope["detail"]["data"] = {"profile_id": profile_id, "traits": ["city", "salary"]}
    assert deliver(changed | {"body": json.dumps(envelope)}) == []
    data = json.loads(receiver.received[0].body)["data"]
    assert (data["changed_traits"], data["traits"]) == (["city", "salary"], {"city": "Seoul"})


def test_after_a_merge_the_winners_consent_and_fields_count(aws: Deployment, receiver: Receiver) -> None:
    loser = stitch_into(aws, make_event({"event": "Product Viewed", "anonymousId": "d1"}, days=0.5))
    person(aws, advertising=True)
    winner = stitch_into(aws, make_event({"event": "Login", "userId": "u1", "anonymousId": "d1"}, days=2))
    assert loser != winner
    destination(aws, receiver.url, purposes=("Advertising",), identifiers=("user_id",))
    assert deliver(message(loser)) == []
    (got,) = receiver.received
    assert json.loads(got.body)["data"]["identifiers"] == {"user_id": ["u1"]}


def test_a_fact_about_nobody_is_withheld(aws: Deployment, receiver: Receiver) -> None:
    destination(aws, receiver.url)
    assert deliver(message("01KAK3J8V2N5Q0T4W6Y8Z1B3D5")) == []
    withheld = entry(aws)
    assert withheld is not None
    assert (withheld.status, withheld.reason) == ("withheld", "profile_missing")


def test_one_failing_destination_does_not_repeat_the_other(
    aws: Deployment, receiver: Receiver, hidden: list[int]
) -> None:
    profile_id = person(aws)
    with receiving(status(500), status(500)) as failing:
        destination(aws, receiver.url)
        destination(aws, failing.url, "broken")
        assert deliver(message(profile_id)) != []
        assert deliver(message(profile_id, receives=2)) != []
        assert deliver(message(profile_id, receives=3)) == []
        assert (len(receiver.received), len(failing.received)) == (1, 3)


def test_a_destination_without_its_secret_waits_and_the_others_get_theirs(
    aws: Deployment, receiver: Receiver, hidden: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    profile_id = person(aws)
    broken = destination(aws, receiver.url, "broken")
    destination(aws, receiver.url)
    boto3.client("secretsmanager").delete_secret(SecretId=broken.secret_name, ForceDeleteWithoutRecovery=True)
    assert deliver(message(profile_id)) == ["message-Segment Entered"]
    assert len(receiver.received) == 1
    assert "A delivery broke off" in caplog.text


def test_what_breaks_in_every_try_is_in_the_ledger_as_failed(
    aws: Deployment, receiver: Receiver, hidden: list[int]
) -> None:
    profile_id = person(aws)
    made = destination(aws, receiver.url)
    boto3.client("secretsmanager").delete_secret(SecretId=made.secret_name, ForceDeleteWithoutRecovery=True)
    assert deliver(message(profile_id, receives=MOST_RECEIVES)) == ["message-Segment Entered"]
    assert entry(aws) == Delivery("crm", FACT_ID, "failed", MOST_RECEIVES, profile_id, "Segment Entered", "error")


@pytest.mark.parametrize("stage", ["dev", "production"])
def test_no_stage_but_the_local_one_reaches_this_machine_even_with_the_flag(
    aws: Deployment, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    monkeypatch.setenv("STAGE", stage)
    settings.cache_clear()
    profile_id = person(aws)
    destination(aws, receiver.url)
    destination(aws, receiver.url.replace("http:", "https:").replace("127.0.0.1", "localhost"), "tls")
    assert deliver(message(profile_id)) == []
    assert receiver.received == []
    refused = entry(aws), entry(aws, "tls")
    assert [d and (d.status, d.reason) for d in refused] == [
        ("refused", "scheme_not_https"),
        ("refused", "port_not_allowed"),
    ]


def test_a_message_that_is_no_fact_fails_alone(aws: Deployment, receiver: Receiver) -> None:
    profile_id = person(aws)
    destination(aws, receiver.url)
    broken: list[Callable[[dict[str, Any]], Any]] = [
        lambda envelope: envelope.update({"source": "somebody.else"}),
        lambda envelope: envelope.update({"detail-type": "Rumour"}),
        lambda envelope: envelope["detail"]["metadata"].pop("id"),
        lambda envelope: envelope["detail"]["data"].update({"email": "jane@example.com"}),
    ]
    records = [message(profile_id) | {"messageId": f"broken-{n}"} for n in range(len(broken))]
    for record, spoil in zip(records, broken, strict=True):
        envelope = json.loads(record["body"])
        spoil(envelope)
        record["body"] = json.dumps(envelope)
    records.append(message(profile_id) | {"messageId": "no-json", "body": "{"})
    assert deliver(*records, message(profile_id)) == [record["messageId"] for record in records]
    assert len(receiver.received) == 1


def test_hiding_sets_the_visibility_of_the_real_message(aws: Deployment, receiver: Receiver) -> None:
    profile_id = person(aws)
    destination(aws, receiver.url)
    receiver.replies.append(status(500))
    sqs = boto3.client("sqs")
    sqs.send_message(QueueUrl=aws.deliveries_url, MessageBody=message(profile_id)["body"])
    (got,) = sqs.receive_message(QueueUrl=aws.deliveries_url, AttributeNames=["All"], VisibilityTimeout=0)["Messages"]
    record = message(profile_id) | {"receiptHandle": got["ReceiptHandle"]}
    assert deliver(record) != []
    assert "Messages" not in sqs.receive_message(QueueUrl=aws.deliveries_url)


def test_logs_and_the_ledger_hold_no_value_of_a_person(
    aws: Deployment, receiver: Receiver, hidden: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    profile_id = person(aws)
    destination(aws, receiver.url, traits=("city",), identifiers=("email",))
    receiver.replies.append(status(500))
    deliver(message(profile_id))
    deliver(message(profile_id, receives=2))
    written = "".join(str(vars(record)) for record in caplog.records)
    written += json.dumps(boto3.client("dynamodb").scan(TableName=aws.table(LEDGER))["Items"])
    assert "A delivery didn't go through" in written
    assert "u1@example.com" not in written
    assert "Seoul" not in written


def test_a_delivered_entry_is_never_replaced_and_expires(aws: Deployment) -> None:
    store, now = DeliveryStore(aws.table(LEDGER)), datetime(2026, 11, 21, tzinfo=UTC)
    delivered = Delivery("crm", FACT_ID, "delivered", 1, "p1", "Segment Entered", code=200)
    store.put(Delivery("crm", FACT_ID, "failed", 10, "p1", "Segment Entered", "timeout"), now)
    store.put(delivered, now)
    store.put(Delivery("crm", FACT_ID, "failed", 10, "p1", "Segment Entered", "timeout"), now)
    assert entry(aws) == delivered
    (item,) = boto3.client("dynamodb").scan(TableName=aws.table(LEDGER))["Items"]
    assert item["ttl"]["N"] == str(int(now.timestamp()) + 90 * 86_400)


def test_what_leaves_is_in_the_audit_log_before_it_leaves_by_name_and_what_is_withheld_is_not(
    aws: Deployment, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, hidden: list[int]
) -> None:
    profile_id = person(aws, advertising=True)
    granted = destination(
        aws, receiver.url, traits=("city", "unknown"), identifiers=("email",), purposes=("Advertising",)
    )
    destination(aws, receiver.url, "strict", purposes=("Analytics",))
    with monkeypatch.context() as failing:
        failing.setattr(
            "shared.stores.audit_log.dynamodb",
            lambda: Failing(clients.dynamodb(), "put_item", client_error("ThrottlingException")),
        )
        assert deliver(message(profile_id)) == ["message-Segment Entered"]
    assert (receiver.received, audited(aws, profile_id)) == ([], [])
    assert deliver(message(profile_id, receives=2)) == []
    (entry,) = audited(aws, profile_id)
    assert (entry.what, entry.actor, entry.destination, entry.id) == ("disclosed", "deliver", "crm", f"crm#{FACT_ID}")
    assert entry.fields == ("facts.Segment Entered", "identifiers.email", "traits.city")
    assert (entry.purposes, entry.bases) == (granted.purposes, ("consent",))
    assert not {"u1@example.com", "Seoul"} & set(str(entry).split("'"))
    assert len(receiver.received) == 1


def test_what_was_delivered_is_counted_by_destination_source_and_field_with_one_write_a_batch(
    aws: Deployment, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile_id = person(aws)
    destination(aws, receiver.url, traits=("city", "unknown"), identifiers=("email",))
    destination(aws, receiver.url, "strict", purposes=("Analytics",))
    second = message(profile_id) | {"messageId": "another fact"}
    second["body"] = second["body"].replace(FACT_ID, FACT_ID.replace("0", "1"))
    updates = Failing(clients.dynamodb(), "update_item")
    monkeypatch.setattr("shared.stores.flow_counts.dynamodb", lambda: updates)
    assert deliver(message(profile_id), second) == []
    assert deliver(message(profile_id)) == []
    assert updates.calls == 2, "the traits of one source, and what has none"
    went = [*FlowCounts(aws.table(LEDGER)).all()]
    assert {(one.destination_id, one.flow.source_id, one.flow.field): one.count for one in went} == {
        ("crm", "", "facts.Segment Entered"): 2,
        ("crm", "", "identifiers.email"): 2,
        ("crm", "src_test", "traits.city"): 2,
    }
    assert {one.first for one in went} == {one.last for one in went}


def test_where_flows_cannot_be_counted_facts_are_delivered_once_all_the_same(
    aws: Deployment, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile_id = person(aws)
    destination(aws, receiver.url)
    busy = Failing(clients.dynamodb(), "update_item", client_error("ThrottlingException"))
    monkeypatch.setattr("shared.stores.flow_counts.dynamodb", lambda: busy)
    assert deliver(message(profile_id)) == []
    assert (busy.calls, len(receiver.received)) == (1, 1)


def audited(aws: Deployment, profile_id: str) -> list[AuditEntry]:
    return [*AuditLog(aws.table(LEDGER)).newest([profile_id])]
