"""The Read API by its parts: what is asked for, who sees it, where it comes from, and why people are who they are."""

import json
from typing import Any

import boto3
import pytest

from functions.read_profiles import handler, timeline
from shared.domain.api_tokens import SCOPES, ApiToken
from shared.domain.computed_attributes import ComputedAttribute
from shared.domain.purposes import Purpose
from shared.domain.sources import Source
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE
from tests.component.stitched import stitch_into
from tests.component.test_read_profiles import SAMPLE, TOKEN, a_cold_function, ask, give_token, visitor_who_signed_in
from tests.conftest import Deployment
from tests.faults import Failing
from tests.people import make_event

__all__ = ["a_cold_function"]

MASKED = "jgb_without-pii"
PERSON = {
    "type": "identify",
    "userId": "user-12345",
    "anonymousId": "visitor-98765",
    "traits": {
        "email": "jane@example.com",
        "phone": "+82 10 1234 5678",
        "name": "김미나",
        "address": {"street": "Sejong-daero 1", "city": "Seoul"},
        "plan": "pro",
        "invited_by": "bob@partner.org",
        "login": "user-12345",
        "visits": 3,
    },
    "context": {"ip": "203.0.113.7", "page": {"url": "https://shop.example/?u=user-12345&e=jane%40example.com"}},
}


@pytest.fixture(autouse=True)
def a_token_without_pii(aws: Deployment, a_cold_function: None) -> None:
    give_token(aws, MASKED, ("profiles:read", "events:read", "identities:read"))


def test_only_the_sections_asked_for_are_told(aws: Deployment) -> None:
    visitor_who_signed_in(aws)
    _, whole = ask("/v1/profiles/user_id:u1")
    sections = {"identifiers", "traits", "events", "computed", "consent", "segments"}
    assert sections < set(whole)
    for path, query in (("/v1/profiles/user_id:u1", {}), ("/v1/profiles", {"identifier": "user_id:u1"})):
        _, part = ask(path, query={**query, "sections": "traits,segments"})
        assert part == {name: value for name, value in whole.items() if name not in sections - {"traits", "segments"}}
    status, body = ask("/v1/profiles/user_id:u1", query={"sections": "traits,secrets"})
    assert (status, body["field"]) == (400, "sections")


def test_without_the_scope_nothing_personal_is_told_anywhere_and_people_recognise_their_own(aws: Deployment) -> None:
    stitch_into(aws, make_event(PERSON, days=1))
    answers = [
        ask(f"/v1/profiles/user_id:user-12345{path}", token=MASKED, query=query)[1]
        for path, query in (
            ("", None),
            ("/events", None),
            ("/identifiers", None),
            ("/why", None),
            ("/provenance", {"field": "traits.email"}),
            ("/provenance", {"field": "traits.login"}),
        )
    ]
    text = json.dumps(answers, ensure_ascii=False)
    for secret in ("jane", "1234", "미나", "Sejong", "bob@", "98765", "203.0", "partner"):
        assert secret not in text, secret
    person, events = answers[:2]
    assert {i["value"] for i in person["identifiers"]} == {"u***45", "v***65", "j***@e***.com", "***78"}
    traits = {name: trait["value"] for name, trait in person["traits"].items()}
    assert traits == {
        "email": "j***@e***.com",
        "phone": "***78",
        "name": "김***",
        "address": {"street": "S*** 1", "city": "S***"},
        "plan": "pro",
        "invited_by": "b***@p***.org",
        "login": "u***45",
        "visits": 3,
    }
    assert events["events"][0]["event"]["context"]["page"]["url"] == "https://shop.example/?u=u***45&e=j***@e***.com"


def test_the_view_takes_two_round_trips_to_the_profiles_table(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor_who_signed_in(aws)
    ask("/v1/profiles/user_id:u1")  # configuration is kept for a minute
    counting = Failing(boto3.client("dynamodb"), "batch_get_item", times=0)
    monkeypatch.setattr("shared.aws.dynamo.dynamodb", lambda: counting)
    assert ask("/v1/profiles/email:jane@example.com")[0] == 200
    assert counting.calls == 2


def test_with_the_scope_everything_is_told_as_it_came(aws: Deployment) -> None:
    stitch_into(aws, make_event(PERSON, days=1))
    _, person = ask("/v1/profiles/user_id:user-12345")
    assert {name: trait["value"] for name, trait in person["traits"].items()} == PERSON["traits"]
    _, page = ask("/v1/profiles/user_id:user-12345/events")
    assert page["events"][0]["event"] == PERSON


def test_of_a_sensitive_source_every_trait_and_property_is_masked(aws: Deployment) -> None:
    CatalogueStore(aws.table(CATALOGUE)).put(Source("src_test", "A clinic", sensitivity="sensitive"))
    diagnosis = {"type": "identify", "userId": "u1", "traits": {"diagnosis": "flu", "score": 7, "none": None}}
    visit = {"event": "Visited", "userId": "u1", "properties": {"ward": "seven"}}
    stitch_into(aws, make_event(diagnosis, days=1), make_event(visit, days=2))
    _, person = ask("/v1/profiles/user_id:u1", token=MASKED)
    told = {name: trait["value"] for name, trait in person["traits"].items()}
    assert told == {"diagnosis": "f***", "score": "***", "none": None}
    _, page = ask("/v1/profiles/user_id:u1/events", token=MASKED)
    assert page["events"][0]["event"]["properties"] == {"ward": "s***"}


def asked(path: str, etag: str = "", token: str = TOKEN) -> dict[str, Any]:
    headers = {**SAMPLE["headers"], "authorization": f"Bearer {token}", "If-None-Match": etag}
    return handler.handler({**SAMPLE, "rawPath": path, "headers": headers}, None)


def test_an_answer_that_a_client_has_is_not_sent_again_until_something_it_says_changes(aws: Deployment) -> None:
    visitor_who_signed_in(aws)
    first = asked("/v1/profiles/user_id:u1")
    etag = first["headers"]["ETag"]
    assert etag.startswith('W/"')
    again = asked("/v1/profiles/user_id:u1", etag)
    assert (again["statusCode"], again["body"], again["headers"]["ETag"]) == (304, "", etag)
    assert asked("/v1/profiles/user_id:u1", f'"other", {etag}')["statusCode"] == 304
    assert asked("/v1/profiles/user_id:u1", etag, MASKED)["statusCode"] == 200
    stitch_into(aws, make_event({"event": "A", "userId": "u1"}, days=9))
    changed = asked("/v1/profiles/user_id:u1", etag)
    assert changed["statusCode"] == 200
    assert changed["headers"]["ETag"] != etag
    assert "ETag" not in asked("/v1/profiles/user_id:nobody").get("headers", {})


def test_events_are_found_by_type_name_source_and_time(aws: Deployment) -> None:
    visitor_who_signed_in(aws)
    for query, ids in (
        ({"type": "track"}, ["m3", "m1"]),
        ({"type": "identify"}, ["m2"]),
        ({"name": "Order Completed"}, ["m3"]),
        ({"source": "src_test"}, ["m3", "m2", "m1"]),
        ({"source": "src_other"}, []),
        ({"from": "2026-11-03"}, ["m3", "m2"]),
        ({"to": "2026-11-03"}, ["m2", "m1"]),
        ({"from": "2026-11-02T00:00:00.001Z", "to": "2026-11-03T23:59:59Z"}, ["m2"]),
        ({"type": "track", "limit": "1"}, ["m3"]),
    ):
        _, page = ask("/v1/profiles/user_id:u1/events", query=query)
        assert [event["message_id"] for event in page["events"]] == ids, query
    status, body = ask("/v1/profiles/user_id:u1/events", query={"from": "soon"})
    assert (status, body["field"]) == (400, "from")


def test_a_page_that_read_enough_ends_with_a_cursor_though_it_found_nothing(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "MOST_READ", 3)
    for number in range(8):
        stitch_into(aws, make_event({"event": "Rare" if number == 0 else "Often", "userId": "u1"}, number))
    found, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        query = {"name": "Rare"} | ({"cursor": cursor} if cursor else {})
        _, page = ask("/v1/profiles/user_id:u1/events", query=query)
        found += page["events"]
        cursor, pages = page["next_cursor"], pages + 1
    assert (len(found), pages) == (1, 3)


def test_identifiers_are_told_with_their_periods_and_how_they_came(aws: Deployment) -> None:
    profile_id = visitor_who_signed_in(aws)
    _, told = ask("/v1/profiles/user_id:u1/identifiers")
    held = {one["namespace"]: one for one in told["identifiers"]}
    assert held["email"]["value"] == "jane@example.com"
    assert held["email"]["periods"][0]["profile_id"] == profile_id
    assert held["email"]["periods"][0]["since"] == ""
    assert held["email"]["came"]["reason"] == "seen_together"
    assert held["email"]["came"]["time"] == "2026-11-03T00:00:00.000Z"
    assert not held["anonymous_id"]["contested"]


def test_provenance_of_a_trait_a_consent_and_a_computed_attribute(aws: Deployment) -> None:
    visitor_who_signed_in(aws)
    path = "/v1/profiles/user_id:u1/provenance"
    _, trait = ask(path, query={"field": "traits.city"})
    assert (trait["value"], trait["origins"][0]["source_id"]) == ("Seoul", "src_test")
    assert trait["origins"][0]["event"].endswith("#m2")
    _, consent = ask(path, query={"field": "consent.Advertising"})
    assert (consent["value"], consent["origins"][0]["namespace"]) == ("granted", "user_id")
    _, computed = ask(path, query={"field": "computed.days_since_contact"})
    assert computed["declared"]["event"] == "Contact Logged"
    for field, status in (("traits.nothing", 404), ("computed.nothing", 404), ("nothing", 400)):
        assert ask(path, query={"field": field})[0] == status


def test_why_two_people_became_one_is_told_in_sentences_newest_first(aws: Deployment) -> None:
    first = stitch_into(aws, make_event({"event": "A", "userId": "u1"}, days=1))
    second = stitch_into(aws, make_event({"event": "B", "anonymousId": "d1"}, days=1))
    winner = stitch_into(aws, make_event({"event": "C", "userId": "u1", "anonymousId": "d1"}, days=2))
    stitch_into(aws, make_event({"event": "D", "userId": "u2", "anonymousId": "d1"}, days=3))
    loser = second if winner == first else first
    _, why = ask("/v1/profiles/user_id:u1/why")
    assert why["counts"] == {"created": 2, "attached": 2, "merged": 1}
    assert why["complete"]
    merged = why["decisions"][0]
    both = "user_id u1 and anonymous_id d1"
    assert merged["sentence"] == f"{loser} became part of this person: {both} were on one event."
    assert (merged["kind"], merged["other_profile_id"], merged["rules"]) == ("merged", loser, 0)
    assert {one["profile_id"] for one in why["decisions"]} == {first, second}
    _, other = ask("/v1/profiles/user_id:u2/why")
    demoted = next(one for one in other["decisions"] if one["kind"] == "demoted")
    assert demoted["sentence"] == (
        "anonymous_id d1 was left out of an event: the person would have more of its kind than the rules allow"
        " (limit:user_id)."
    )
    _, device = ask(f"/v1/profiles/profile_id:{winner}/why", query={"limit": "1"})
    pages = [device["decisions"][0]]
    while device["next_cursor"]:
        query = {"limit": "1", "cursor": device["next_cursor"]}
        _, device = ask(f"/v1/profiles/profile_id:{winner}/why", query=query)
        pages += device["decisions"]
    assert pages == why["decisions"]


def test_why_is_told_to_those_who_may_read_identities_alone(aws: Deployment) -> None:
    visitor_who_signed_in(aws)
    give_token(aws, "jgb_profiles", ("profiles:read", "profiles:pii"))
    status, body = ask("/v1/profiles/user_id:u1/why", token="jgb_profiles")
    assert (status, body["code"]) == (403, "scope_missing")


def test_a_token_that_is_bound_to_purposes_sees_no_trait_that_others_need_or_that_consent_withholds(
    aws: Deployment,
) -> None:
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    catalogue.put(Purpose("crm", {"en": "CRM"}, basis="contract", traits=("city", "birthday")))
    catalogue.put(Purpose("ads", {"en": "Ads"}, is_advertising=True, traits=("city", "plan")))
    catalogue.put(Purpose("gifts", {"en": "Gifts"}, traits=("birthday",)))
    catalogue.put(ComputedAttribute("last_plan", "last", "$identify", "traits.plan"))
    until = "9999-01-01T00:00:00.000Z"
    catalogue.put_api_token("bound", ApiToken("crm", SCOPES, until, ("crm", "ads")))
    traits = {"city": "Seoul", "birthday": "1990-01-01", "plan": "pro", "name": "Mina", "country": "KR"}
    consent = {"consent": {"categoryPreferences": {"ads": False, "gifts": True}}}
    identify = {"type": "identify", "userId": "u9", "traits": traits, "context": {"traits": {"plan": "old"}, **consent}}
    stitch_into(aws, make_event(identify, days=1))
    where = "/v1/profiles/user_id:u9"
    _, whole = ask(where)
    _, bound = ask(where, token="bound")
    assert set(whole["traits"]) == set(traits)
    assert set(bound["traits"]) == {"birthday", "name", "country"}
    assert whole["computed"].keys() - bound["computed"].keys() == {"last_plan"}
    ads = whole["consent"]["ads"]
    assert (ads["permitted"], ads["why_not"], ads["notice_by"]) == (False, "refused", "2026-11-16T00:00:00.000Z")
    for field in ("traits.plan", "computed.last_plan"):
        assert ask(f"{where}/provenance", token="bound", query={"field": field})[0] == 404
    _, page = ask(f"{where}/events", token="bound")
    assert page["events"][0]["event"]["traits"] == {"birthday": "1990-01-01", "name": "Mina", "country": "KR"}
    assert page["events"][0]["event"]["context"]["traits"] == {}
