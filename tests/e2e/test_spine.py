"""One event's whole journey on the local cloud: SDK, API, stream, tables, bus, queue, webhook, and back by the API."""

import gzip
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from functions.deliver.handler import CONFIGURATION_KEPT_SECONDS
from local.demo.receiver import Receiver
from local.outputs import Outputs
from tests.e2e.people import api, aws, eventually, fresh, has, ledger, profile, read, sdk, send, track

pytestmark = pytest.mark.e2e
BOUGHT = "Order Completed"
PURPOSE = "partner_offers"
ALL = ("Profile Created", "Profile Merged", "Traits Changed", "Consent Changed", "Segment Entered", "Segment Exited")


@pytest.fixture(scope="module")
def webhook(cloud: Outputs) -> Iterator[Receiver]:
    """A partner who wants every fact of people who granted it."""
    receiver = Receiver()
    partner = {
        "name": "A partner",
        "url": receiver.url,
        "detail_types": ALL,
        "purposes": [PURPOSE],
        "identifiers": ["user_id"],
        "traits": ["plan"],
    }
    if not any(known["id"] == PURPOSE for known in api(cloud).pages("/v1/purposes", "items")):
        api(cloud).put(f"/v1/purposes/{PURPOSE}", {"name": {"en": "Offers of partners"}})
    receiver.secret = api(cloud).put(f"/v1/destinations/{fresh('partner')}", partner)["secret"]
    time.sleep(CONFIGURATION_KEPT_SECONDS)
    yield receiver
    receiver.close()


def consenting(choice: bool) -> dict[str, Any]:
    return {"consent": {"categoryPreferences": {PURPOSE: choice}}}


def told(webhook: Receiver, user: dict[str, Any]) -> list[str]:
    """Types of the facts that the webhook got about a profile, in order."""
    return [m["type"] for m in webhook.messages if m["data"]["profile_id"] == user["profile_id"]]


def test_the_unmodified_sdk_delivers_every_event_once(cloud: Outputs) -> None:
    user, visitor, before = fresh("user"), fresh("visitor"), ledger(cloud)
    errors: list[Exception] = []
    client = sdk(cloud, gzip=True, on_error=lambda error, _: errors.append(error))
    for number in range(230):
        client.track(anonymous_id=visitor, event="Product Viewed", properties={"n": number})
    client.identify(user, {"email": f"{user}@Example.com", "plan": "pro"}, anonymous_id=visitor)
    client.page(user, "Shop", "Home", anonymous_id=visitor)
    client.track(user, BOUGHT, {"total": 12_000, "currency": "KRW"}, anonymous_id=visitor)
    client.shutdown()
    person = has(cloud, f"user_id:{user}", Product_Viewed=230, Order_Completed=1)
    assert errors == []
    assert person["traits"]["plan"]["value"] == "pro"
    assert person["segments"] == ["bought_once"]
    assert {i["namespace"] for i in person["identifiers"]} == {"user_id", "email", "anonymous_id"}
    assert profile(cloud, f"anonymous_id:{visitor}") == profile(cloud, f"email:{user}@example.com") == person
    after = ledger(cloud)
    assert after["stored"] - before["stored"] == after["received"] - before["received"] == 233


def test_the_timeline_has_every_event_once_newest_first(cloud: Outputs) -> None:
    user, now = fresh("user"), datetime.now(UTC)
    batch = [
        track(user, f"Step {n}", f"{user}-{n}", timestamp=(now - timedelta(minutes=n)).isoformat()) for n in range(12)
    ]
    send(cloud, {"batch": batch})
    eventually(lambda: (p := profile(cloud, f"user_id:{user}")) and len(p["events"]) == 12, "twelve steps")
    names, cursor = [], None
    while True:
        params = {"limit": 5} | ({"cursor": cursor} if cursor else {})
        page = read(cloud, f"/v1/profiles/user_id:{user}/events", **params).json()
        names += [event["name"] for event in page["events"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert names == [f"Step {n}" for n in range(12)]


def test_retries_in_any_cut_count_once(cloud: Outputs) -> None:
    """The same request again, and re-batched: [m1, m2], then [m1], then [m1, m2, m3]."""
    user = fresh("user")
    m1, m2, m3 = (track(user, BOUGHT, f"{user}-{n}") for n in range(3))
    before = ledger(cloud)
    for batch in ([m1, m2], [m1, m2], [m1], [m1, m2, m3]):
        assert send(cloud, {"batch": batch, "sentAt": datetime.now(UTC).isoformat()}).status_code == 200
    end = track(user, "End", f"{user}-end")
    send(cloud, {"batch": [end]})
    person = has(cloud, f"user_id:{user}", Order_Completed=3, End=1)
    assert person["events"][BOUGHT]["count"] == 3
    after = ledger(cloud)
    assert {name: after[name] - before[name] for name in after} == {
        "received": 9,
        "stored": 4,
        "duplicate": 5,
        "quarantined": 0,
    }


def test_a_record_put_twice_on_the_stream_counts_once(cloud: Outputs) -> None:
    user = fresh("user")
    record = {
        "v": 1,
        "source_id": cloud.source_id,
        "received_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "correlation_id": "direct",
        "events": [track(user, BOUGHT, f"{user}-1")],
    }
    for _ in range(2):
        aws(cloud, "kinesis").put_record(StreamName=cloud.stream, Data=json.dumps(record).encode(), PartitionKey=user)
    send(cloud, {"batch": [track(user, "End", f"{user}-end")]})
    assert has(cloud, f"user_id:{user}", End=1)["events"][BOUGHT]["count"] == 1


def test_two_histories_become_one_person_and_the_bus_says_so(cloud: Outputs, webhook: Receiver) -> None:
    user, visitor = fresh("user"), fresh("visitor")
    send(cloud, {"batch": [track(user, "Called", f"{user}-1", context=consenting(True))]})
    send(cloud, {"type": "track", "anonymousId": visitor, "event": "Product Viewed"}, "/v1/track")
    apart = has(cloud, f"anonymous_id:{visitor}", Product_Viewed=1)
    known = has(cloud, f"user_id:{user}", Called=1)
    assert apart["profile_id"] != known["profile_id"]
    send(cloud, {"userId": user, "anonymousId": visitor, "traits": {"plan": "pro"}}, "/v1/identify")
    person = has(cloud, f"user_id:{user}", Called=1, Product_Viewed=1)
    assert profile(cloud, f"anonymous_id:{visitor}") == person
    assert {*person["merged_profile_ids"], person["profile_id"]} == {apart["profile_id"], known["profile_id"]}
    eventually(lambda: "profile.merged" in told(webhook, person), "Profile Merged at the webhook")


def test_a_buyer_who_consented_enters_the_segment_at_the_webhook_signed(cloud: Outputs, webhook: Receiver) -> None:
    user = fresh("user")
    send(
        cloud,
        {"userId": user, "traits": {"plan": "pro", "name": "Not For Partners"}, "context": consenting(True)},
        "/v1/i",
    )
    send(cloud, {"userId": user, "event": BOUGHT}, "/v1/t")
    person = has(cloud, f"user_id:{user}", Order_Completed=1)
    eventually(lambda: "segment.entered" in told(webhook, person), "Segment Entered at the webhook")
    entered = [m for m in webhook.messages if m["type"] == "segment.entered" and user in json.dumps(m)]
    assert entered[0]["data"]["segment"] == "bought_once"
    assert entered[0]["data"]["traits"] == {"plan": "pro"}
    assert "Not For Partners" not in json.dumps(webhook.messages)
    assert webhook.refused == 0
    gone = {flow["field"] for to in of_person(cloud, person, "lineage")["destinations"] for flow in to["fields"]}
    assert {"facts.Segment Entered", "identifiers.user_id", "traits.plan"} <= gone
    assert "traits.name" not in gone
    assert "disclosed" in {entry["what"] for entry in of_person(cloud, person, "audit")["entries"]}
    eventually(lambda: (cloud.source_id, "traits.plan") in flows(cloud), "the plan in the register of data flows")


def of_person(cloud: Outputs, person: dict[str, Any], part: str) -> dict[str, Any]:
    return api(cloud).get(f"/v1/profiles/profile_id:{person['profile_id']}/{part}")


def flows(cloud: Outputs) -> set[tuple[str | None, str]]:
    """(source, field) of what was delivered."""
    rows = api(cloud).get("/v1/privacy/data-flows")["flows"]
    return {(row["source_id"], row["field"]) for row in rows if row["count"]}


def test_nothing_but_a_change_of_consent_leaves_about_those_who_did_not_agree(
    cloud: Outputs, webhook: Receiver
) -> None:
    silent, refusing = fresh("silent"), fresh("refusing")
    send(cloud, {"userId": silent, "event": BOUGHT}, "/v1/t")
    send(cloud, {"userId": refusing, "event": BOUGHT, "context": consenting(False)}, "/v1/t")
    people = [has(cloud, f"user_id:{user}", Order_Completed=1) for user in (silent, refusing)]

    def withheld() -> bool:
        entries = aws(cloud, "dynamodb").scan(TableName=cloud.tables["ledger"], ConsistentRead=True)["Items"]
        kept = {e["profile_id"]["S"] for e in entries if e.get("status", {}).get("S") == "withheld"}
        return {person["profile_id"] for person in people} <= kept

    eventually(withheld, "withheld deliveries on the ledger")
    eventually(lambda: told(webhook, people[1]), "the refusal at the webhook")
    assert told(webhook, people[0]) == []
    assert told(webhook, people[1]) == ["consent.changed"]
    assert silent not in json.dumps(webhook.messages)
    assert refusing not in json.dumps(webhook.messages)


def test_the_request_can_be_followed_to_the_webhook(cloud: Outputs, webhook: Receiver) -> None:
    user = fresh("user")
    answer = send(cloud, {"userId": user, "event": BOUGHT, "context": consenting(True)}, "/v1/t")
    request_id = answer.headers["x-correlation-id"]
    eventually(
        lambda: [m for m in webhook.messages if m["data"].get("correlation_id") == request_id],
        "the request's id at the webhook",
    )


def test_a_gzip_body_arrives_whole_under_any_content_type(cloud: Outputs) -> None:
    user = fresh("user")
    types = ("application/json", "text/plain", "application/x-www-form-urlencoded", "application/octet-stream")
    for number, content_type in enumerate(types):
        body = gzip.compress(json.dumps({"batch": [track(user, "Zipped", f"{user}-{number}")]}).encode())
        headers = {"Content-Type": content_type, "Content-Encoding": "gzip"}
        assert send(cloud, body, **headers).status_code == 200
    has(cloud, f"user_id:{user}", Zipped=4)


def test_a_bad_event_is_kept_apart_and_never_in_the_way_of_its_neighbours(cloud: Outputs) -> None:
    user, before = fresh("user"), ledger(cloud)
    bad: list[Any] = [
        7,
        {"type": "track", "userId": user},
        {"type": "track", "event": "No One"},
        track(user, "x" * 40_000, f"{user}-big"),
        track(user, "Year 0", f"{user}-0", timestamp="0000-01-01T00:00:00Z"),
        track(user, "Lone \ud800", f"{user}-lone"),
        track(user, "Not a number", f"{user}-nan", properties={"price": float("nan")}),
        track("u" * 1000, "Long Id", f"{user}-long"),
    ]
    good = [track(user, "Fine", f"{user}-a"), track(user, "Fine", f"{user}-b", timestamp="9999-12-31T23:59:59Z")]
    batch = [good[0], *bad, good[1]]
    assert send(cloud, json.dumps({"batch": batch})).json() == {"success": True}
    person = has(cloud, f"user_id:{user}", Fine=2)
    assert set(person["events"]) == {"Fine"}
    after = ledger(cloud)
    assert after["quarantined"] - before["quarantined"] == len(bad)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed_json"),
        (b"", 400, "malformed_json"),
        (b"[" * 100_000, 400, "too_deep"),
        (b"[]", 400, "not_an_object"),
        (gzip.compress(b"0" * 50_000_000), 413, "body_too_large"),
        (b"\x1f\x8bnot gzip", 400, "malformed_gzip"),
        (json.dumps({"batch": [{}] * 2501}).encode(), 413, "too_many_events"),
    ],
    ids=["cut", "empty", "deep", "list", "bomb", "fake_gzip", "many"],
)
def test_a_body_that_cannot_be_taken_is_refused_with_a_code(
    cloud: Outputs, body: bytes, status: int, code: str
) -> None:
    answer = send(cloud, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]


def test_a_wrong_key_and_a_wrong_token_are_refused(cloud: Outputs) -> None:
    wrong = send(cloud, {"userId": "u", "event": "x"}, "/v1/t", Authorization="Basic bm9ib2R5Og==")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "unknown_write_key")
    for token in ("", "Bearer nobody", f"Bearer {cloud.write_key}"):
        answer = httpx.get(f"{cloud.api_url}/v1/profiles/user_id:u", headers={"Authorization": token})
        assert answer.status_code == 401
        assert answer.json()["code"]


def test_a_browser_may_send_from_any_site(cloud: Outputs) -> None:
    asked = httpx.options(
        f"{cloud.collect_url}/v1/t",
        headers={
            "Origin": "https://shop.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,x-retry-count",
        },
    )
    assert asked.status_code in (200, 204)
    assert {"authorization", "x-retry-count"} <= {
        h.strip() for h in asked.headers["access-control-allow-headers"].lower().split(",")
    }
    refused = send(cloud, b"{", Origin="https://shop.example")
    assert refused.headers["access-control-allow-origin"] in ("*", "https://shop.example")


def test_no_personal_data_is_in_the_logs(cloud: Outputs) -> None:
    user = fresh("secretive")
    send(cloud, {"userId": user, "traits": {"email": f"{user}@example.com", "name": "Hong Gildong"}}, "/v1/i")
    has(cloud, f"user_id:{user}")
    eventually(lambda: profile(cloud, f"user_id:{user}"), "the person")
    logs = aws(cloud, "logs")
    groups = [g["logGroupName"] for g in logs.describe_log_groups()["logGroups"]]
    assert len(groups) >= 4
    for group in groups:
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group):
            for event in page["events"]:
                assert user not in event["message"], f"{group}: {event['message'][:200]}"
                assert "Hong Gildong" not in event["message"]
