"""The audit log over the real handlers: every answer about a person and every change is in it, or isn't given."""

import json
from typing import Any

import pytest

from shared.aws import clients
from shared.domain.auditing import AuditEntry
from shared.stores.audit_log import AuditLog
from shared.stores.tables import LEDGER
from tests.component.stitched import stitch_into
from tests.component.test_read_profiles import TOKEN, a_cold_function, ask, give_token, visitor_who_signed_in
from tests.conftest import Deployment
from tests.faults import Failing, client_error
from tests.jobs import Operator
from tests.people import make_event
from tests.published import published
from tests.segments import declare

__all__ = ["a_cold_function"]

AUDITOR = "jgb_auditor"


@pytest.fixture(autouse=True)
def an_auditor(aws: Deployment, a_cold_function: None) -> None:
    give_token(aws, AUDITOR, ("audit:read",))


def log_of(aws: Deployment, profile_id: str) -> list[AuditEntry]:
    return [*AuditLog(aws.table(LEDGER)).newest([profile_id])]


def routes_of_people() -> set[str]:
    described: dict[str, Any] = json.loads(next(text for path, text in published().items() if path.name == "read.json"))
    return {path for path in described["paths"] if path.startswith("/v1/profiles")}


def test_every_answer_of_the_read_api_about_a_person_is_in_the_log_and_no_refusal_is(aws: Deployment) -> None:
    profile_id = visitor_who_signed_in(aws)
    declare(aws)
    give_token(aws, TOKEN, ("profiles:read", "events:read", "identities:read", "audit:read"))
    given = {"field": "traits.city", "identifier": "user_id:u1", "sections": "traits"}
    for path in sorted(routes_of_people()):
        asked = path.replace("{identifier}", "user_id:u1").replace("{segment_id}", "bought_once")
        status, _ = ask(asked, query=given)
        assert status == 200, path
    found = log_of(aws, profile_id)
    assert len(found) == len(routes_of_people())
    assert {(entry.what, entry.actor, entry.masked) for entry in found} == {("read", "tests", True)}
    by_place = {entry.place: entry.fields for entry in found}
    assert by_place["get_profile"] == by_place["find_profile"] == ("traits",)
    assert by_place["get_provenance"] == ("traits.city",)
    assert "jane" not in str(found).lower()
    assert "Seoul" not in str(found)
    for path in ("/v1/profiles/user_id:nobody", "/v1/profiles/user_id:u1/provenance"):
        assert ask(path)[0] in (400, 404)
    assert ask("/v1/profiles/user_id:u1", token=AUDITOR)[0] == 403
    assert log_of(aws, profile_id) == found


def test_an_answer_that_cannot_be_audited_is_not_given(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    profile_id = visitor_who_signed_in(aws)
    failing = Failing(clients.dynamodb(), "put_item", client_error("ThrottlingException"), times=1)
    monkeypatch.setattr("shared.stores.audit_log.dynamodb", lambda: failing)
    status, body = ask("/v1/profiles/user_id:u1")
    assert (status, body["code"], "traits" in body) == (503, "not_audited", False)
    assert log_of(aws, profile_id) == []
    assert ask("/v1/profiles/user_id:u1")[0] == 200


def test_the_log_of_a_person_has_what_was_done_under_every_id_that_became_theirs_page_by_page(aws: Deployment) -> None:
    first = stitch_into(aws, make_event({"event": "A", "userId": "u1"}, days=1))
    second = stitch_into(aws, make_event({"event": "B", "anonymousId": "d1"}, days=1))
    for who in ("user_id:u1", "anonymous_id:d1", "user_id:u1"):
        assert ask(f"/v1/profiles/{who}")[0] == 200
    whole = stitch_into(aws, make_event({"event": "C", "userId": "u1", "anonymousId": "d1"}, days=2))
    assert ask("/v1/profiles/user_id:u1/audit")[1]["code"] == "scope_missing"
    seen: list[dict[str, Any]] = []
    cursor = None
    while True:
        query = {"limit": "1"} | ({"cursor": cursor} if cursor else {})
        status, page = ask("/v1/profiles/user_id:u1/audit", token=AUDITOR, query=query)
        assert (status, page["profile_id"], len(page["entries"])) == (200, whole, 1)
        seen += page["entries"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    reads = [entry for entry in seen if entry["place"] == "get_profile"]
    assert {entry["profile_id"] for entry in reads} == {first, second}
    assert [entry["at"] for entry in reads] == sorted((entry["at"] for entry in reads), reverse=True)
    assert len(reads) == 3
    assert len({entry["id"] for entry in reads}) == 3
    _, page = ask("/v1/profiles/user_id:u1/audit", token=AUDITOR)
    assert {entry["place"] for entry in page["entries"]} == {"get_profile", "list_audit"}


def test_of_somebody_who_is_gone_the_log_can_be_read_by_the_id_they_had(aws: Deployment) -> None:
    gone, nobody = "01KAK3J8V2N5Q0T4W6Y8Z1B3D5", "01KAK3J8V2N5Q0T4W6Y8Z1B3D6"
    at = "2026-11-21T09:30:00.000Z"
    AuditLog(aws.table(LEDGER)).append(AuditEntry(gone, at, "disclosed", "crm#f1", "deliver", "deliver"))
    status, page = ask(f"/v1/profiles/profile_id:{gone}/audit", token=AUDITOR)
    assert (status, page["profile_id"], [one["what"] for one in page["entries"]]) == (200, gone, ["disclosed"])
    assert [entry.what for entry in log_of(aws, gone)] == ["read", "disclosed"]
    assert ask(f"/v1/profiles/profile_id:{nobody}/audit", token=AUDITOR)[0] == 404
    assert ask("/v1/profiles/user_id:u9/audit", token=AUDITOR)[0] == 404


def test_a_change_of_a_person_is_in_the_log_under_all_whom_it_is_about_and_a_preview_as_a_read(aws: Deployment) -> None:
    one = stitch_into(aws, make_event({"event": "A", "userId": "u1", "anonymousId": "d1"}, days=1))
    other = stitch_into(aws, make_event({"event": "B", "userId": "u2"}, days=1))
    operator = Operator(aws)
    for path, body in (
        ("freeze", {}),
        ("unfreeze", {}),
        ("split", {"identifiers": ["anonymous_id:d1"], "preview": True}),
        ("merge", {"with": "user_id:u2"}),
    ):
        status, said = operator.ask("POST", f"/v1/profiles/user_id:u1/{path}", body)
        assert status == 200, said
    told = {(entry.what, entry.actor, entry.place) for entry in log_of(aws, one)}
    assert told == {
        ("changed", "operations", "freeze_profile"),
        ("changed", "operations", "unfreeze_profile"),
        ("read", "operations", "split_profile"),
        ("changed", "operations", "merge_profiles"),
    }
    assert {entry.place for entry in log_of(aws, other)} == {"merge_profiles"}
