"""The real handler of read_profiles over moto: who may ask, what they are told, and what never leaves."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ulid import ULID

from functions.read_profiles import handler, identity_routes, masks, profile_routes, routing, timeline
from functions.read_profiles.settings import settings
from shared.domain.api_tokens import ApiToken, Scope
from shared.domain.sources import WriteKey
from shared.domain.times import to_text
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.keys import event_sk
from shared.stores.tables import CATALOGUE
from tests.component.stitched import stitch_into
from tests.conftest import Deployment
from tests.people import START, make_event

SAMPLE = json.loads(Path("events/triggers/read_profiles.json").read_text())
TOKEN = "jgb_a-token-of-the-tests"
ALL: tuple[Scope, ...] = ("profiles:read", "profiles:pii", "events:read", "identities:read")


@pytest.fixture(autouse=True)
def a_cold_function(aws: Deployment) -> Iterator[None]:
    kept = (settings, routing.lookup, routing.profiles, profile_routes.declared, identity_routes.decisions)
    kept += (handler.tokens, masks._sources, routing.audit_log)
    for cached in kept:
        cached.cache_clear()
    give_token(aws, TOKEN, ALL)
    yield
    for cached in kept:
        cached.cache_clear()


def give_token(aws: Deployment, token: str, scopes: tuple[Scope, ...], days: float = 1) -> None:
    expires_at = to_text(datetime.now(UTC) + timedelta(days=days))
    CatalogueStore(aws.table(CATALOGUE)).put_api_token(token, ApiToken("tests", scopes, expires_at))


def ask(path: str, token: str | None = TOKEN, query: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
    headers = {**SAMPLE["headers"], "authorization": f"Bearer {token}"}
    if token is None:
        del headers["authorization"]
    context = {**SAMPLE["requestContext"], "requestId": str(ULID())}
    asked = {"rawPath": path, "headers": headers, "queryStringParameters": query, "requestContext": context}
    reply = handler.handler({**SAMPLE, **asked}, None)
    return reply["statusCode"], json.loads(reply["body"])


def visitor_who_signed_in(aws: Deployment) -> str:
    consent = {"consent": {"categoryPreferences": {"Advertising": True}}}
    return stitch_into(
        aws,
        make_event({"event": "Product Viewed", "anonymousId": "device-1"}, days=1, message_id="m1"),
        make_event(
            {
                "type": "identify",
                "userId": "u1",
                "anonymousId": "device-1",
                "traits": {"email": "Jane@Example.com", "city": "Seoul"},
                "context": consent,
            },
            days=2,
            message_id="m2",
        ),
        make_event({"event": "Order Completed", "userId": "u1"}, days=3, message_id="m3"),
    )


@pytest.mark.parametrize("value", ["a?b", "a/b", "a%41", "a#b", "a&b=c", "x/events", "a b", "김미나"])
def test_an_identifier_of_any_characters_is_found_exactly_by_query(aws: Deployment, value: str) -> None:
    whole = stitch_into(aws, make_event({"event": "Seen", "userId": value}, days=1, message_id="m1"))
    stitch_into(aws, make_event({"event": "Seen", "userId": "a"}, days=1, message_id="m2"))
    status, body = ask("/v1/profiles", query={"identifier": f"user_id:{value}"})
    assert (status, body["profile_id"]) == (200, whole)


def test_a_query_without_an_identifier_is_refused_by_name(aws: Deployment) -> None:
    status, body = ask("/v1/profiles")
    assert (status, body["code"], body["field"]) == (400, "parameter_invalid", "identifier")


def test_any_identifier_of_a_person_finds_the_whole_person(aws: Deployment) -> None:
    profile_id = visitor_who_signed_in(aws)
    paths = ("user_id:u1", "email:jane%40example.com", "email: JANE@example.com", "anonymous_id:device-1")
    for path in (*paths, f"profile_id:{profile_id}"):
        status, body = ask(f"/v1/profiles/{path}")
        assert (status, body["profile_id"]) == (200, profile_id), path
    assert body["version"] == 3
    assert {(i["namespace"], i["value"]) for i in body["identifiers"]} == {
        ("user_id", "u1"),
        ("email", "jane@example.com"),
        ("anonymous_id", "device-1"),
    }
    assert body["traits"]["city"]["value"] == "Seoul"
    assert body["traits"]["city"]["source_id"] == "src_test"
    assert body["traits"]["city"]["time"] == "2026-11-03T00:00:00.000Z"
    assert body["events"]["Order Completed"] == {
        "count": 1,
        "first": "2026-11-04T00:00:00.000Z",
        "last": "2026-11-04T00:00:00.000Z",
        "sums": {},
    }
    assert body["consent"]["Advertising"]["state"] == "granted"
    assert body["consent"]["Advertising"]["decisions"][0]["namespace"] == "user_id"
    assert body["segments"] == ["bought_once"]
    assert (body["first_seen"], body["last_seen"]) == ("2026-11-02T00:00:00.000Z", "2026-11-04T00:00:00.000Z")


def test_amounts_are_added_up_by_currency_and_shown_on_each_event(aws: Deployment) -> None:
    for number, (total, currency) in enumerate([("0.1", "usd"), (0.2, "USD"), (5, "KRW"), (1, None)]):
        sale = {"total": total, "currency": currency}
        stitch_into(aws, make_event({"event": "Order Completed", "userId": "u1", "properties": sale}, days=number))
    _, profile = ask("/v1/profiles/user_id:u1")
    assert profile["events"]["Order Completed"]["sums"] == {"KRW": "5.0000", "USD": "0.3000", "XXX": "1.0000"}
    _, page = ask("/v1/profiles/user_id:u1/events")
    assert page["events"][-1]["canonical"] == {"amount": {"value": "0.1000", "currency": "USD"}}


def test_after_a_merge_the_losers_id_finds_the_winner(aws: Deployment) -> None:
    first = stitch_into(aws, make_event({"event": "A", "userId": "u1"}, days=1))
    second = stitch_into(aws, make_event({"event": "B", "anonymousId": "d1"}, days=1))
    winner = stitch_into(aws, make_event({"event": "C", "userId": "u1", "anonymousId": "d1"}, days=2))
    loser = second if winner == first else first
    status, body = ask(f"/v1/profiles/profile_id:{loser}")
    assert status == 200
    assert body["profile_id"] == winner
    assert body["merged_profile_ids"] == [loser]


def test_the_timeline_is_newest_first_over_all_anchors_and_pages_without_gaps_or_repeats(aws: Deployment) -> None:
    days = {f"m{number:02d}": number / 10 for number in range(1, 24)}
    stitch_into(aws, make_event({"type": "identify", "userId": "u1", "anonymousId": "d1"}, days=0, message_id="m00"))
    for number, (message_id, day) in enumerate(days.items()):
        who = {"userId": "u1"} if number % 3 else {"anonymousId": "d1"}
        stitch_into(aws, make_event({"event": "Product Viewed", **who}, days=day, message_id=message_id))
    seen, cursor, pages = [], None, 0
    while True:
        query = {"limit": "5"} | ({"cursor": cursor} if cursor else {})
        status, body = ask("/v1/profiles/anonymous_id:d1/events", query=query)
        assert status == 200
        seen += [event["message_id"] for event in body["events"]]
        pages, cursor = pages + 1, body["next_cursor"]
        if cursor is None:
            break
    assert seen == [*sorted(days, reverse=True), "m00"]
    assert pages == 5
    assert body["events"][-1]["event"]["userId"] == "u1"


def test_events_without_a_time_of_their_own_are_paged_among_the_others_by_the_one_they_got(aws: Deployment) -> None:
    for number in range(20):
        who = {"userId": "u1"} if number % 3 else {"userId": "u1", "anonymousId": "d1"}
        timed = make_event({"event": "A", **who}, days=number / 10, message_id=f"m{97 * number % 100:02d}")
        untimed = replace(timed, sk=event_sk(None, timed.message_id), original_time=None)
        stitch_into(aws, untimed if number % 2 else timed)
    seen, query = [], {"limit": "3"}
    while query:
        _, body = ask("/v1/profiles/user_id:u1/events", query=query)
        seen += [event["time"] for event in body["events"]]
        query = {"limit": "3", "cursor": body["next_cursor"]} if body["next_cursor"] else {}
    assert seen == [to_text(START + timedelta(days=number / 10)) for number in reversed(range(20))]


def test_a_page_of_large_events_is_cut_to_what_lambda_may_answer(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "_MOST_BYTES", 2_500)
    for number in range(5):
        body = {"event": "A", "userId": "u1", "properties": {"note": "가" * 150}}  # 900 bytes as JSON in ASCII
        stitch_into(aws, make_event(body, days=number, message_id=f"m{number}"))
    seen, cursor = [], None
    while cursor or not seen:
        _, page = ask("/v1/profiles/user_id:u1/events", query={"cursor": cursor} if cursor else None)
        assert 1 <= len(page["events"]) <= 2
        seen += [event["message_id"] for event in page["events"]]
        cursor = page["next_cursor"]
    assert seen == ["m4", "m3", "m2", "m1", "m0"]


def test_two_events_of_the_same_moment_on_two_anchors_are_both_told_across_a_page_break(aws: Deployment) -> None:
    stitch_into(aws, make_event({"type": "identify", "userId": "u1", "anonymousId": "d1"}, days=0, message_id="m0"))
    stitch_into(aws, make_event({"event": "A", "userId": "u1"}, days=1, message_id="same"))
    stitch_into(aws, make_event({"event": "B", "anonymousId": "d1"}, days=1, message_id="same"))
    _, first = ask("/v1/profiles/user_id:u1/events", query={"limit": "1"})
    _, second = ask("/v1/profiles/user_id:u1/events", query={"limit": "1", "cursor": first["next_cursor"]})
    assert {first["events"][0]["name"], second["events"][0]["name"]} == {"A", "B"}


def test_a_contested_device_tells_only_ids_and_each_user_sees_only_their_own_time_on_it(aws: Deployment) -> None:
    alice = stitch_into(aws, make_event({"event": "A", "userId": "alice", "anonymousId": "d1"}, days=1))
    stitch_into(aws, make_event({"event": "Before", "anonymousId": "d1"}, days=1.5))
    stitch_into(aws, make_event({"event": "B", "userId": "bob", "anonymousId": "d1"}, days=2))
    stitch_into(aws, make_event({"event": "After", "anonymousId": "d1"}, days=3))
    status, body = ask("/v1/profiles/anonymous_id:d1")
    assert (status, set(body)) == (200, {"profile_id", "contested"})
    assert body["profile_id"] != alice
    _, told = ask("/v1/profiles/user_id:alice/events")
    assert [event["name"] for event in told["events"]] == ["Before", "A"]
    assert ask("/v1/profiles/anonymous_id:d1/events")[0] == 409


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/profiles/user_id:nobody", 404, "profile_not_found"),
        ("/v1/profiles/profile_id:01KAK3J8V2N5Q0T4W6Y8Z1B3D5", 404, "profile_not_found"),
        ("/v1/profiles/profile_id:x", 404, "profile_not_found"),
        ("/v1/profiles/user_id:null", 400, "identifier_invalid"),
        ("/v1/profiles/email:nobody", 400, "identifier_invalid"),
        ("/v1/profiles/u1", 400, "identifier_invalid"),
        ("/v1/profiles/:u1", 400, "identifier_invalid"),
        ("/v1/profiles/user_id:" + "x" * 600, 400, "identifier_invalid"),
        ("/v1/profiles/user_id:a%00b", 400, "identifier_invalid"),
        ("/v1/profiles/user_id:a/b?c#d", 404, "profile_not_found"),
        ("/v1/profiles/user_id:%ED%A0%80", 404, "profile_not_found"),
        ("/v1/people", 404, "route_not_found"),
        ("/", 404, "route_not_found"),
    ],
)
def test_what_leads_to_nobody_is_a_problem_with_a_code(path: str, status: int, code: str) -> None:
    got, body = ask(path)
    assert (got, body["code"]) == (status, code)
    assert body["status"] == status
    assert body["message"] == body["detail"]


def cursor_of(position: Any) -> str:
    return urlsafe_b64encode(json.dumps(position).encode()).decode()


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "many"},
        {"cursor": "nonsense"},
        {"cursor": "WzFd"},
        {"cursor": cursor_of(["x" * 1_100, "a"])},
        {"cursor": cursor_of(["\ud800", "a"])},
        {"cursor": urlsafe_b64encode(b"[" * 1_400).decode()},
    ],
)
def test_a_bad_parameter_is_a_400_that_names_it(aws: Deployment, query: dict[str, str]) -> None:
    stitch_into(aws, make_event({"event": "A", "userId": "u1"}))
    status, body = ask("/v1/profiles/user_id:u1/events", query=query)
    assert (status, body["field"]) == (400, next(iter(query)))


def test_an_identifier_with_a_slash_is_found_however_the_gateway_hands_on_the_path(aws: Deployment) -> None:
    profile_id = stitch_into(aws, make_event({"event": "A", "userId": "shop/사람 1"}))
    for path in (
        "user_id:shop/사람 1",
        "user_id:shop%2F%EC%82%AC%EB%9E%8C%201",
        "user_id%3Ashop%2F사람+1".replace("+", " "),
    ):
        assert ask(f"/v1/profiles/{path}")[1].get("profile_id") == profile_id, path
        assert len(ask(f"/v1/profiles/{path}/events")[1]["events"]) == 1


def test_without_a_valid_token_nothing_is_told_not_even_whether_a_route_exists(aws: Deployment) -> None:
    visitor_who_signed_in(aws)
    give_token(aws, "jgb_old", ("profiles:read", "events:read"), days=-1)
    CatalogueStore(aws.table(CATALOGUE)).put_write_key("wk_key", WriteKey("src_test"))
    cases = [
        (None, "token_missing"),
        ("", "token_missing"),
        ("x", "token_unknown"),
        ("jgb_old", "token_expired"),
        ("wk_key", "token_unknown"),
    ]
    for path in ("/v1/profiles/user_id:u1", "/v1/profiles/user_id:u1/events", "/nothing"):
        for token, code in cases:
            status, body = ask(path, token=token)
            assert (status, body["code"]) == (401, code)


def test_a_token_reads_only_what_its_scopes_name(aws: Deployment) -> None:
    visitor_who_signed_in(aws)
    give_token(aws, "jgb_profiles", ("profiles:read",))
    give_token(aws, "jgb_events", ("events:read",))
    assert ask("/v1/profiles/user_id:u1", token="jgb_profiles")[0] == 200
    assert ask("/v1/profiles/user_id:u1/events", token="jgb_events")[0] == 200
    for path, token in (("user_id:u1", "jgb_events"), ("user_id:u1/events", "jgb_profiles")):
        status, body = ask(f"/v1/profiles/{path}", token=token)
        assert (status, body["code"]) == (403, "scope_missing")


def test_logs_hold_neither_path_nor_identifier_nor_token(aws: Deployment, caplog: pytest.LogCaptureFixture) -> None:
    visitor_who_signed_in(aws)
    ask("/v1/profiles/email:jane@example.com")
    ask("/v1/profiles/email:other@example.com")
    ask("/v1/profiles/user_id:null")
    written = "".join(str(vars(record)) for record in caplog.records)
    assert "Answered" in written
    for secret in ("jane", "other@", "example.com", TOKEN, "/v1/profiles"):
        assert secret not in written


def test_what_breaks_inside_is_a_500_problem_and_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(routing.Lookup, "find", lambda *_: 1 / 0)
    status, body = ask("/v1/profiles/user_id:u1")
    assert (status, body["code"]) == (500, "internal")
    assert "ZeroDivisionError" in caplog.text
