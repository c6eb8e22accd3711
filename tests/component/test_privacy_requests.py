"""Requests about people over the real handler: made once for a person, verified or refused, taken back, told masked."""

import os
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from functions.manage_privacy import delivery_routes
from shared.domain.identifiers import Identifier
from shared.domain.sources import Source
from shared.domain.suppression import HOLDS
from shared.stores.audit_log import AuditLog
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.delivery_store import Delivery, DeliveryStore, Status
from shared.stores.request_store import RequestStore
from shared.stores.suppression_store import open_suppressions
from shared.stores.tables import CATALOGUE, LEDGER, PRIVACY, SUPPRESSIONS
from tests.conftest import Deployment
from tests.pipeline import track
from tests.privacy import REQUESTS, Officer
from tests.step_functions import FakeStepFunctions
from tests.way import Way

JANE = "email:jane@example.com"
LIFT = "/v1/privacy/suppressions/lift"


@pytest.fixture
def officer(aws: Deployment) -> Officer:
    """Jane is known by an e-mail and as u1; the device d1 is that of two people."""
    way = Way(aws)
    way.collect(
        track("m1", type="identify", userId="u1", anonymousId="d1", traits={"email": "jane@example.com"}),
        track("m2", userId="u2", anonymousId="d1"),
        track("m3", userId="u3"),
    )
    way.drain().close()
    return Officer(aws)


def test_a_request_is_made_verified_and_listed_and_names_the_person_to_those_alone_who_may_see_it(
    aws: Deployment, officer: Officer
) -> None:
    request_id = officer.requests("access", "email:Jane@Example.com")
    made = officer.get(f"{REQUESTS}/{request_id}")
    assert (made["verification"], made["state"], made["deadline"]) == ("unverified", "pending", "ahead")
    assert made["identities"] == ["email:Jane@Example.com"]
    told = officer.verifies(request_id)
    assert (told["verification"], told["done"]["verification"]["by"]) == ("verified", "privacy")
    assert officer.does("verify", request_id, {"result": "refused", "method": "other"})[1]["code"] == "verified_already"
    clerk = Officer(aws, ("privacy:read",))
    page = clerk.get(REQUESTS)
    assert [one["identities"] for one in page["requests"]] == [["email:J***@E***.com"]]
    assert (page["near"], page["overdue"], page["next_cursor"]) == (0, 0, None)
    assert clerk.ask("POST", REQUESTS, {})[0] in (400, 403)
    assert clerk.does("cancel", request_id)[0] == 403
    entries = [*AuditLog(aws.table(LEDGER)).newest([made["profile_id"]])]
    assert {entry.place for entry in entries} >= {"add_privacy_request", "verify_privacy_request"}


def test_what_is_overdue_is_counted_though_it_is_on_no_page_and_comes_first_of_what_is_open(
    aws: Deployment, officer: Officer
) -> None:
    store = RequestStore(aws.table(PRIVACY))
    late = store.find(officer.requests("erasure", "user_id:u3"))
    assert late
    store.put(replace(late, due_at="2026-11-01T00:00:00.000Z"), datetime.now(UTC))
    newest = [officer.requests("access", f"email:p{number}@example.com") for number in range(2)]
    officer.does("cancel", newest[1])
    page = officer.get(REQUESTS, limit="1")
    assert [one["id"] for one in page["requests"]] == [newest[1]]
    assert (page["open"], page["near"], page["overdue"]) == (2, 0, 1)
    still = officer.get(REQUESTS, open="true")
    assert [one["id"] for one in still["requests"]] == [late.id, newest[0]]


def test_a_request_whose_execution_died_before_its_first_step_is_begun_anew_by_resuming_it(
    officer: Officer, step_functions: FakeStepFunctions
) -> None:
    request_id = officer.requests("access", JANE)
    officer.verifies(request_id)
    assert officer.does("resume", request_id)[1]["state"] == "pending"
    assert [*step_functions.started.values()] == [{"request_id": request_id}] * 2
    officer.does("cancel", request_id)
    cancelled = officer.get(f"{REQUESTS}/{request_id}")
    assert officer.does("cancel", request_id)[1]["updated_at"] == cancelled["updated_at"]


def test_a_token_that_is_bound_to_purposes_sees_no_trait_of_a_correction(aws: Deployment, officer: Officer) -> None:
    CatalogueStore(aws.table(CATALOGUE)).put(Source("privacy", "Privacy requests"))
    request_id = officer.requests("correction", JANE, traits={"city": "Busan"})
    assert officer.get(f"{REQUESTS}/{request_id}")["params"] == {"traits": {"city": "Busan"}}
    bound = Officer(aws, purposes=("ads",)).get(f"{REQUESTS}/{request_id}")
    assert (bound["identities"], bound["params"]) == ([JANE], {"traits": {"city": "***"}})


def test_two_requests_of_one_kind_about_one_person_are_one_by_whatever_identifier(officer: Officer) -> None:
    first = officer.requests("access", JANE)
    for again in (JANE, "user_id:u1"):
        status, told = officer.ask("POST", REQUESTS, {"kind": "access", "identities": [again], "regulation": "gdpr"})
        assert (status, told["code"], told["request_id"]) == (409, "request_open", first)
    assert officer.requests("erasure", JANE) != first
    assert officer.does("cancel", first)[1]["state"] == "cancelled"
    assert officer.does("cancel", first)[0] == 200
    second = officer.requests("access", "user_id:u1", regulation="kr")
    ended = officer.verifies(second, "refused")
    assert (ended["state"], ended["verification"], ended["identities"]) == ("cancelled", "refused", [])
    assert officer.requests("access", JANE)
    assert officer.does("resume", second)[1]["code"] == "request_not_verified"
    assert officer.does("verify", second, {"result": "verified", "method": "other"})[1]["code"] == "request_ended"


def test_whom_nobody_knows_may_be_asked_about_and_what_names_nobody_may_not(officer: Officer) -> None:
    assert officer.requests("erasure", "email:nobody@example.com")
    for identities, code in (
        (["anonymous_id:d1"], "identifier_contested"),
        ([JANE, "user_id:u3"], "several_people"),
        (["email:jane"], "identifier_invalid"),
        (["profile_id:01KAK3J8V2N5Q0T4W6Y8Z1B3D5"], "identifier_invalid"),
        (["jane"], "identifier_invalid"),
    ):
        asked = {"kind": "access", "identities": identities, "regulation": "gdpr"}
        told = officer.ask("POST", REQUESTS, asked)[1]
        assert told["code"] == code
    assert told["message"].startswith("An identifier is written <namespace>:<value>")  # `jane` has no namespace
    assert officer.requests("access", JANE, "anonymous_id:d1")


def test_a_bad_request_is_refused_with_the_reason(officer: Officer) -> None:
    good = {"kind": "access", "identities": [JANE], "regulation": "gdpr"}
    for wrong in (
        {"kind": "vanish"},
        {"identities": []},
        {"regulation": "mars"},
        {"params": {"traits": {"city": "Busan"}}},
        {"kind": "correction"},
        {"kind": "correction", "params": {"traits": {"bio": "b" * 9_000}}},
        {"kind": "correction", "params": {"traits": {"b" * 300: 1}}},
        {"params": {"sources": ["web"]}},
    ):
        status, problem = officer.ask("POST", REQUESTS, {**good, **wrong})
        assert (status, problem["code"]) in ((400, "parameter_invalid"), (400, "regulation_unknown"))
    nobody = f"{REQUESTS}/01KAK3J8V2N5Q0T4W6Y8Z1B3D5"
    assert officer.ask("GET", nobody)[1]["code"] == "request_not_found"
    for wrong in ({"result": "perhaps"}, {"method": "Jane rang from 010-1234-5678"}):
        assert officer.ask("POST", f"{nobody}/verify", {"result": "verified", "method": "other", **wrong})[0] == 400


def test_what_was_withheld_is_listed_with_the_reason_page_by_page(
    aws: Deployment, officer: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_routes, "MOST_READ", 4)
    store, now = DeliveryStore(aws.table(LEDGER)), datetime(2026, 11, 21, tzinfo=UTC)
    for number in range(9):
        status: Status = "withheld" if number % 3 else "delivered"
        reason = "refused:ads" if number % 3 else None
        store.put(Delivery("crm", f"fact{number}", status, 1, "p1", "Segment Entered", reason), now)
    store.put(Delivery("other", "fact9", "withheld", 1, "p1", "Segment Entered", "refused:ads"), now)
    asked, found = {"destination": "crm", "status": "withheld", "limit": "3"}, list[str]()
    for _ in range(9):
        code, page = officer.ask("GET", "/v1/privacy/deliveries", None, **asked)
        assert code == 200
        assert {(one["status"], one["reason"]) for one in page["deliveries"]} <= {("withheld", "refused:ads")}
        found += [one["fact_id"] for one in page["deliveries"]]
        if page["next_cursor"] is None:
            break
        asked["cursor"] = page["next_cursor"]
    assert found == ["fact1", "fact2", "fact4", "fact5", "fact7", "fact8"]
    assert officer.ask("GET", "/v1/privacy/deliveries", None, destination="crm", status="lost")[0] == 400


def test_an_erased_person_who_opted_in_again_is_let_in_under_each_identifier_that_is_named(
    aws: Deployment, officer: Officer
) -> None:
    store = open_suppressions(aws.table(SUPPRESSIONS), os.environ["SUPPRESSION_KEYS_SECRET"])
    mina, user = Identifier("email", "mina@example.com"), Identifier("user_id", "u9")
    store.put([mina, user], "2026-11-20T00:00:00.000Z", "r1")
    asked = {"identifiers": ["email: Mina@Example.com", "phone:+82 10 1234 5678"]}
    assert officer.ask("POST", LIFT, asked) == (200, {"lifted": ["email: Mina@Example.com"]})
    assert officer.ask("POST", LIFT, asked) == (200, {"lifted": []})
    found = store.look_up([mina, user])
    assert (found[mina] < HOLDS, found[user]) == (True, HOLDS)
    status, told = officer.ask("POST", LIFT, {"identifiers": ["email:mina@example.com", "email:null"]})
    assert (status, told["code"], told["field"]) == (400, "identifier_invalid", "identifiers.1")
    assert Officer(aws, ("privacy:read",)).ask("POST", LIFT, asked)[0] == 403
