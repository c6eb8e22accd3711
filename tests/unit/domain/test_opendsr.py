"""What a controller may ask by OpenDSR, and whom it is owed to tell."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.contracts.opendsr import ErrorBody, asked
from shared.domain.identifiers import NAMING
from shared.domain.opendsr import (
    MOST_TRIES,
    NAMESPACES,
    Asked,
    Callback,
    Callbacks,
    after,
    is_over,
    owed,
    status_of,
    summary,
)
from shared.domain.privacy_requests import Identity, PrivacyRequest, ended, failed

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
DOMAIN = "privacy.example.com"
JANE = {"identity_type": "email", "identity_value": "Jane@Example.com ", "identity_format": "raw"}
BODY: dict[str, Any] = {
    "regulation": "gdpr",
    "subject_request_id": "a7551968-d5d6-44b2-9831-815ac9017798",
    "subject_request_type": "erasure",
    "submitted_time": "2026-11-20T18:00:00+09:00",
    "subject_identities": [JANE],
}


def reasons(**changes: Any) -> list[str]:
    found = asked({**BODY, **changes}, DOMAIN, NOW, NAMING)
    assert isinstance(found, list)
    return [f"{fault.field}: {fault.reason}" for fault in found]


def test_a_request_names_a_person_as_the_rest_of_the_product_does() -> None:
    phone = {DOMAIN: {"identifiers": ["phone:010-1234-5678", "email:jane@example.com"]}, "other.example": [1]}
    urls = ["https://controller.example/a", "https://controller.example/a"]
    found = asked({**BODY, "extensions": phone, "status_callback_urls": urls, "more": 1}, DOMAIN, NOW, NAMING)
    assert found == Asked(
        subject_request_id=BODY["subject_request_id"],
        kind="erasure",
        regulation="gdpr",
        submitted_at="2026-11-20T09:00:00.000Z",
        identities=(Identity("email", "jane@example.com"), Identity("phone", "+821012345678")),
        callbacks=("https://controller.example/a",),
    )


def test_every_identity_type_of_the_specification_leads_to_a_namespace() -> None:
    for identity_type, namespace in NAMESPACES.items():
        one = {"identity_type": identity_type, "identity_value": "a@9", "identity_format": "raw"}
        found = asked({**BODY, "subject_identities": [one]}, DOMAIN, NOW, NAMING)
        assert isinstance(found, Asked)
        assert found.identities == (Identity(namespace, "a@9"),)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"regulation": "kr"}, ["regulation: literal_error"]),
        ({"subject_request_id": BODY["subject_request_id"].upper()}, ["subject_request_id: string_pattern_mismatch"]),
        (
            {"subject_request_id": "a7551968-d5d6-14b2-9831-815ac9017798"},
            ["subject_request_id: string_pattern_mismatch"],
        ),
        ({"subject_request_type": "rectification"}, ["subject_request_type: literal_error"]),
        ({"submitted_time": "2026-11-21"}, ["submitted_time: submitted_time_invalid"]),
        ({"submitted_time": "2026-11-21T09:30:00"}, ["submitted_time: submitted_time_invalid"]),
        ({"submitted_time": "2026-13-21T09:30:00Z"}, ["submitted_time: submitted_time_invalid"]),
        ({"submitted_time": "2099-11-21T09:30:00Z"}, ["submitted_time: submitted_time_ahead"]),
        ({"api_version": "3.0"}, ["api_version: api_version_unsupported"]),
        ({"subject_identities": []}, ["subject_identities: identities_missing"]),
        ({"subject_identities": [JANE] * 21}, ["subject_identities: too_many_identities"]),
        (
            {"status_callback_urls": [f"https://a.example/{n}" for n in range(6)]},
            ["status_callback_urls: too_many_callbacks"],
        ),
        (
            {"subject_identities": [{**JANE, "identity_format": "sha256"}]},
            ["subject_identities[0].identity_format: identity_format_unsupported"],
        ),
        (
            {"subject_identities": [JANE, {**JANE, "identity_type": "phone"}]},
            ["subject_identities[1].identity_type: identity_type_unsupported"],
        ),
        (
            {"subject_identities": [{**JANE, "identity_value": "null"}]},
            ["subject_identities[0].identity_value: identity_value_invalid"],
        ),
        ({"extensions": {DOMAIN: {"jane@example.com": 1}}}, [f"extensions.{DOMAIN}: extra_forbidden"]),
        (
            {"extensions": {DOMAIN: {"identifiers": ["jane@example.com"]}}},
            [f"extensions.{DOMAIN}.identifiers[0]: identifier_invalid"],
        ),
    ],
)
def test_what_is_wrong_is_told_by_field_and_reason(changes: dict[str, Any], expected: list[str]) -> None:
    assert reasons(**changes) == expected


def test_all_faults_are_told_at_once_in_the_form_of_the_specification() -> None:
    found = asked({"submitted_time": 5}, DOMAIN, NOW, NAMING)
    assert isinstance(found, list)
    told = ErrorBody.of(400, found).model_dump()["error"]
    assert told["code"] == 400
    assert told["message"] == "regulation: Field required."
    assert told["errors"][0] == {"domain": "Validation", "reason": "missing", "message": "regulation: Field required."}
    assert len(told["errors"]) == 4


def test_a_url_is_owed_a_status_until_it_takes_it_and_no_longer_than_three_days() -> None:
    callbacks = Callbacks("r1", BODY["subject_request_id"], (Callback("https://a/"), Callback("https://b/")))
    assert owed(callbacks, "pending") == ()
    assert owed(callbacks, "in_progress") == ("https://a/", "https://b/")
    told = after(callbacks, "in_progress", {"https://a/": "", "https://b/": "503"})
    assert owed(told, "in_progress") == ("https://b/",)
    assert not is_over(told, "in_progress")
    for _ in range(MOST_TRIES - 1):
        told = after(told, "in_progress", {"https://b/": "timeout"})
    assert owed(told, "in_progress") == ()
    assert owed(told, "completed") == ("https://a/", "https://b/")  # a new status is worth new tries
    told = after(told, "completed", {"https://a/": "", "https://b/": "410"})
    for _ in range(MOST_TRIES - 1):
        assert not is_over(told, "completed")
        told = after(told, "completed", {"https://b/": "410"})
    assert is_over(told, "completed")
    assert summary(told, "completed") == {"told": 1, "missed": [{"host": "b", "last": "410"}]}


def test_a_failed_request_is_in_progress_for_its_controller() -> None:
    request = PrivacyRequest("r1", "erasure", "gdpr", (), "c", "2026-11-21T09:30:00.000Z", "2026-12-21T09:30:00.000Z")
    assert status_of(None) == status_of(request) == "pending"
    assert status_of(failed(request, "a destination")) == "in_progress"
    assert status_of(ended(request, "cancelled", request.received_at)) == "cancelled"
