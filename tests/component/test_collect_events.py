"""The real handler of collect_events over moto: every way an SDK sends, and every reply it reads."""

import gzip
import json
from typing import Any

import boto3
import pytest

from functions.collect_events.handler import handler
from functions.collect_events.settings import hearing
from shared.aws import clients
from shared.contracts.problems import CONTENT_TYPE, Problem
from shared.contracts.records import Record, decode
from shared.domain.identifiers import Identifier
from shared.domain.identity_rules import IdentityRules
from shared.domain.sources import Source, WriteKey
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.keys import identifier_hash
from shared.stores.refusal_store import RefusalStore
from shared.stores.tables import CATALOGUE, PROFILES
from tests.conftest import SECRET, Deployment
from tests.faults import Failing, client_error
from tests.pipeline import WRITE_KEY, basic, collected, request, seed_source, sent, track

OK = (200, {"success": True})


@pytest.fixture(autouse=True)
def source(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    seed_source(aws)
    monkeypatch.setattr("shared.aws.batching.time.sleep", lambda _: None)


def records(aws: Deployment) -> list[Record]:
    return [decode(data) for data in collected(aws)]


def events(aws: Deployment) -> list[Any]:
    return [element.value for record in records(aws) for element in record.elements]


def without_authorization(body: Any, **rest: Any) -> dict[str, Any]:
    made = request(body, **rest)
    del made["headers"]["authorization"]
    return made


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/b", "/v1/import", "/v1/batch/"])
def test_a_batch_is_taken_on_each_of_its_paths(aws: Deployment, path: str) -> None:
    assert sent(request({"batch": [track("m1"), track("m2")], "sentAt": "2026-11-21T09:30:00Z"}, path)) == OK
    (record,) = records(aws)
    assert [element.value for element in record.elements] == [track("m1"), track("m2")]
    assert (record.source_id, record.correlation_id) == ("src_web", "UJ9xhg1kDoEEMhQ=")
    assert record.sent_at == "2026-11-21T09:30:00.000Z"


@pytest.mark.parametrize("kind", ["identify", "track", "page", "screen", "group", "alias"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_a_single_call_is_taken_on_its_long_and_its_short_path(aws: Deployment, kind: str, slash: str) -> None:
    for path in (f"/v1/{kind}", f"/v1/{kind[0]}"):
        assert sent(request({"userId": "u1", "messageId": "m1"}, path + slash)) == OK
    assert [event["type"] for event in events(aws)] == [kind, kind]


def test_a_refusal_has_the_same_shape_as_those_of_the_read_api() -> None:
    refused = handler(request("{"), None)
    assert refused["headers"]["content-type"] == CONTENT_TYPE
    assert Problem.model_validate_json(refused["body"]).code == "malformed_json"


def test_the_reply_to_a_success_is_what_older_sdks_read() -> None:
    reply = handler(request({"batch": []}), None)
    assert reply["statusCode"] == 200
    assert reply["body"] == '{"success":true}'
    assert reply["headers"]["content-type"] == "application/json"


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded", ""])
@pytest.mark.parametrize("encoding", ["gzip", ""])
def test_a_gzip_body_is_known_by_its_bytes(aws: Deployment, content_type: str, encoding: str) -> None:
    body = gzip.compress(json.dumps({"batch": [track()]}).encode())
    assert sent(request(body, content_type=content_type, content_encoding=encoding)) == OK
    assert events(aws) == [track()]


def test_a_plain_body_that_claims_gzip_is_taken(aws: Deployment) -> None:
    assert sent(request({"batch": [track()]}, content_encoding="gzip")) == OK


@pytest.mark.parametrize(
    "made",
    [
        request({"batch": [track()]}, authorization=basic(WRITE_KEY)),
        without_authorization({"batch": [track()], "writeKey": WRITE_KEY}),
        without_authorization({"batch": [track(writeKey=WRITE_KEY)]}),
        without_authorization({"batch": [track()]}, query={"writeKey": WRITE_KEY}),
        without_authorization({"batch": [track()]}, x_write_key=WRITE_KEY),
        request({"batch": [track()], "writeKey": "another"}, authorization="basic d2tfd2Vi"),
        request({"batch": [track()], "writeKey": WRITE_KEY}, authorization="Bearer something"),
        request({"batch": [track()], "writeKey": WRITE_KEY}, authorization="Basic !!!"),
    ],
    ids="basic body event query header basic-without-colon other-scheme broken-basic".split(),
)
def test_the_write_key_is_found_in_each_place(aws: Deployment, made: dict[str, Any]) -> None:
    assert sent(made) == OK
    assert events(aws) == [track()]


def test_what_stands_beside_the_events_goes_into_each_and_the_events_own_keys_win(aws: Deployment) -> None:
    own = track("m2", context={"locale": "ko-KR"}, integrations={"All": True})
    beside = {"context": {"locale": "en-US", "app": {"name": "shop"}}, "integrations": {"All": False}}
    sent(request({"batch": [track("m1"), own], **beside}))
    first, second = events(aws)
    assert first == {**track("m1"), **beside}
    assert second["context"] == {"locale": "ko-KR", "app": {"name": "shop"}}
    assert second["integrations"] == {"All": True}


def test_events_of_one_person_share_a_record_and_those_of_two_people_do_not(aws: Deployment) -> None:
    batch = [track("m1"), track("m2", userId="u2"), track("m3"), track("m4", userId="null"), "nonsense"]
    assert sent(request({"batch": batch})) == OK
    ids = [[e.value["messageId"] if isinstance(e.value, dict) else e.value for e in r.elements] for r in records(aws)]
    assert ids == [["m1", "m3"], ["m2"], ["m4", "nonsense"]]


def test_an_event_gets_the_same_message_id_when_its_request_comes_again(aws: Deployment) -> None:
    for batch in ([track(None), track(None)], [track(None)]):
        sent(request({"batch": batch, "sentAt": f"2026-11-21T09:30:0{len(batch)}Z"}))
    first, equal, again = [event["messageId"] for event in events(aws)]
    assert first == again != equal


@pytest.mark.parametrize(
    ("fields", "headers", "ip"),
    [
        ({}, {}, None),
        ({"context": {"library": {"name": "analytics-python"}}}, {}, None),
        ({"context": {"library": {"name": "analytics.js"}}}, {}, "203.0.113.7"),
        ({"context": {"direct": True}}, {}, "203.0.113.7"),
        ({}, {"origin": "https://shop.example"}, "203.0.113.7"),
    ],
)
def test_only_client_side_traffic_carries_the_ip_of_the_request(
    aws: Deployment, fields: dict[str, Any], headers: dict[str, str], ip: str | None
) -> None:
    sent(request({"batch": [track(**fields)]}, **headers))
    assert [record.ip for record in records(aws)] == [ip]


def test_the_header_of_rudder_is_the_clock_where_the_body_has_none(aws: Deployment) -> None:
    sent(request({"batch": [track()]}, sentat="2026-11-21T09:30:00Z"))
    sent(request({"batch": [track()], "sentAt": "no time"}, sentat="2026-11-21T09:30:00Z"))
    assert [record.sent_at for record in records(aws)] == ["2026-11-21T09:30:00.000Z", None]


def bomb(size: int) -> bytes:
    return gzip.compress(b'{"batch":[' + b" " * size + b"]}")


REFUSED = [
    ("malformed JSON", request('{"batch": ['), 400, "malformed_json"),
    ("empty body", request(""), 400, "malformed_json"),
    ("null bytes", request(b"\x00\x00\x00"), 400, "malformed_json"),
    ("no UTF-8", request(b'{"a": "\xff"}'), 400, "malformed_json"),
    ("a list", request([track()]), 400, "not_an_object"),
    ("a text", request('"text"'), 400, "not_an_object"),
    ("null", request("null"), 400, "not_an_object"),
    ("no batch", request(track()), 400, "invalid_batch"),
    ("a batch that is no list", request({"batch": {"0": track()}}), 400, "invalid_batch"),
    ("deep nesting", request('{"batch":' + "[" * 100_000 + "]" * 100_000 + "}"), 400, "too_deep"),
    ("broken gzip", request(b"\x1f\x8b no gzip"), 400, "malformed_gzip"),
    ("gzip that ends early", request(gzip.compress(b"x" * 1_000)[:-12]), 400, "malformed_gzip"),
    ("a gzip bomb", request(bomb(100_000_000)), 413, "body_too_large"),
    ("a large body", request(" " * 512_001), 413, "body_too_large"),
    ("too many events", request({"batch": [{}] * 2_501}), 413, "too_many_events"),
    (
        "a large context for many events",
        request({"batch": [{}] * 2_000, "context": {"a": "x" * 100_000}}),
        413,
        "body_too_large",
    ),
    ("no write key", without_authorization({"batch": [track()]}), 400, "no_write_key"),
    ("an unknown write key", request({"batch": []}, authorization=basic("wk_other")), 401, "unknown_write_key"),
    ("a write key of surrogates", without_authorization('{"batch":[],"writeKey":"\\ud800"}'), 401, "unknown_write_key"),
    ("a megabyte as write key", request({"batch": []}, authorization=basic("k" * 1_000_000)), 401, "unknown_write_key"),
    ("another path", request({"batch": []}, "/v1/nothing"), 404, "not_found"),
    ("the root", request("", "/", "GET"), 404, "not_found"),
    ("another method", request("", "/v1/batch", "GET"), 405, "method_not_allowed"),
]


@pytest.mark.parametrize(("made", "status", "code"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_bad_request_is_refused_in_the_shape_that_sdks_read(
    aws: Deployment, made: dict[str, Any], status: int, code: str
) -> None:
    answered, problem = sent(made)
    assert (answered, problem["code"]) == (status, code)
    assert problem["message"] == problem["detail"]
    assert (problem["status"], problem["type"]) == (status, "about:blank")
    assert problem["title"]
    assert collected(aws) == []


def test_a_revoked_key_and_a_disabled_source_are_unknown(aws: Deployment) -> None:
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    catalogue.put_write_key("wk_revoked", WriteKey("src_web", "disabled"))
    catalogue.put(Source("src_off", "Off", state="disabled"))
    catalogue.put_write_key("wk_off", WriteKey("src_off"))
    for key in ("wk_revoked", "wk_off"):
        assert sent(request({"batch": []}, authorization=basic(key)))[0] == 401


def test_a_key_is_looked_up_once_a_minute_known_or_not(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = Failing(clients.dynamodb(), "get_item", times=0)
    monkeypatch.setattr("shared.aws.dynamo.dynamodb", lambda: reads)
    for _ in range(3):
        sent(request({"batch": []}))
        sent(request({"batch": []}, authorization=basic("wk_other")))
    assert reads.calls == 3  # the key, its source, and the unknown key


class Rejecting:
    """Stands before Kinesis: `rejects` says for each call which records fail."""

    def __init__(self, *rejects: set[int]) -> None:
        self._client, self._rejects, self.calls = boto3.client("kinesis"), list(rejects), 0

    def put_records(self, StreamName: str, Records: list[Any]) -> Any:  # noqa: N803
        self.calls += 1
        failing = self._rejects.pop(0) if self._rejects else set()
        through = [record for place, record in enumerate(Records) if place not in failing]
        put = iter(self._client.put_records(StreamName=StreamName, Records=through)["Records"] if through else [])
        error = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "slow down"}
        return {"Records": [error if place in failing else next(put) for place in range(len(Records))]}


def test_records_that_failed_are_driven_again_and_only_those(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    rejecting = Rejecting({0, 2}, {1})
    monkeypatch.setattr("shared.aws.streams.kinesis", lambda: rejecting)
    assert sent(request({"batch": [track(f"m{n}", userId=f"u{n}") for n in range(4)]})) == OK
    assert sorted(event["messageId"] for event in events(aws)) == ["m0", "m1", "m2", "m3"]
    assert rejecting.calls == 3


def test_what_cannot_be_written_is_503_with_retry_after(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    for broken in (Rejecting(*[{0}] * 100), Failing(clients.kinesis(), "put_records", client_error("Throttling"))):
        monkeypatch.setattr("shared.aws.streams.kinesis", lambda broken=broken: broken)
        reply = handler(request({"batch": [track()]}), None)
        assert reply["statusCode"] == 503
        assert int(reply["headers"]["retry-after"]) > 0
        assert json.loads(reply["body"])["code"] == "unavailable"


def test_logs_hold_no_key_no_ip_and_no_value(
    aws: Deployment, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    sent(request({"batch": [track(userId="mina-the-person")]}, origin="https://shop.example"))
    sent(request({"batch": [track(userId="mina-the-person")]}, authorization=basic("wk_other")))
    written = capsys.readouterr().out + str([vars(record) for record in caplog.records])
    assert "UJ9xhg1kDoEEMhQ=" in written
    assert "src_web" in written
    for secret in ("mina-the-person", WRITE_KEY, "wk_other", "203.0.113.7"):
        assert secret not in written


def test_a_batch_of_refusals_is_heard_with_a_write_for_each_person(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Failing(clients.dynamodb(), "update_item", times=0)
    monkeypatch.setattr("shared.stores.refusal_store.dynamodb", lambda: counted)
    no = {"consent": {"decisions": {f"p{number}": {"state": "withdrawn"} for number in range(30)}}}
    early = "2026-11-21T09:28:00.000Z"
    batch = [track(f"m{number}", userId=f"u{number % 5}", context=no) for number in range(10)]
    assert sent(request({"batch": [*batch, track("m99", userId="u0", context=no, timestamp=early)]})) == OK
    assert counted.calls == 5 * 2  # 25 signals in each at most
    anchors = [identifier_hash(SECRET, Identifier("user_id", f"u{number}")) for number in range(5)]
    heard = RefusalStore(aws.table(PROFILES)).find(anchors)
    assert {(len(one), *{*one.values()}) for one in heard.values()} == {(30, "2026-11-21T09:29:00.000Z")}


def test_a_refusal_is_heard_on_its_anchor_before_it_is_acknowledged(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RefusalStore(aws.table(PROFILES))
    anchor = identifier_hash(SECRET, Identifier("user_id", "u1"))
    no = {"consent": {"categoryPreferences": {"Advertising": False, "Analytics": True}}}
    repeated = track("m1", context=no)
    assert sent(request({"batch": [repeated, "no event", track("m2")]})) == OK
    assert store.find([anchor]) == {}  # what SDKs repeat on each event is folded soon enough
    decided = {
        "consent": {"decisions": [{"purpose": "sms", "state": "withdrawn"}, {"purpose": "x", "state": "granted"}]}
    }
    updated = track("m3", event="Segment Consent Preference Updated", context=no)
    assert sent(request({"batch": [updated, track("m4")], "context": decided})) == OK
    assert {*store.find([anchor])[anchor]} == {"Advertising", "sms"}
    assert store.find([anchor])[anchor]["Advertising"] == "2026-11-21T09:29:00.000Z"
    CatalogueStore(aws.table(CATALOGUE)).put(IdentityRules(blocked=("guest",)))
    hearing.cache_clear()
    known = identifier_hash(SECRET, Identifier("anonymous_id", "d1"))
    guest = updated | {"messageId": "m6", "userId": "guest", "anonymousId": "d1"}
    assert sent(request(guest, "/v1/track")) == OK
    assert {*store.find([known])[known]} == {"Advertising"}  # on whom the event will lie under
    before = len(collected(aws))
    failing = Failing(clients.dynamodb(), "update_item", client_error("ThrottlingException"))
    monkeypatch.setattr("shared.stores.refusal_store.dynamodb", lambda: failing)
    status, _ = sent(request(updated | {"messageId": "m5"}, "/v1/track"))
    assert (status, len(collected(aws))) == (503, before)
