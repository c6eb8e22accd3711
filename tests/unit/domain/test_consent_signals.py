"""What events say of consent, whichever client says it."""

from typing import Any

import pytest

from shared.domain.catalogue_rules import CHECKS
from shared.domain.consent_signals import MOST_SIGNALS, Said, heard, not_understood
from shared.domain.mapping import Mapped, apply
from shared.domain.mapping import Mapping as Rules
from shared.domain.purposes import NONE_DECLARED, Purpose, purposes_of
from tests.unit.domain.test_tcf import tc_string


def test_a_purpose_lists_what_clients_can_say_and_a_typing_error_is_told() -> None:
    said = ("광고", "gpc", "rudder:C4", "google:ad_storage", "tcf:1", "tcf:11")
    never = ("", "*", "x" * 101, "rudder:", "google:analytics", "goggle:ad_storage", "tcf:0", "tcf:12", "tcf:1 ")
    found = CHECKS[Purpose](Purpose("ads", {"en": "Ads"}, signals=(*said, *never)))
    assert [flaw.field for flaw in found] == [f"signals.{len(said) + place}" for place in range(len(never))]


def states(context: Any) -> dict[str, str]:
    return {signal: said.state for signal, said in heard({"context": context}).decisions.items()}


def notes(context: Any) -> tuple[str, ...]:
    return heard({"context": context}).notes


@pytest.mark.parametrize(
    ("context", "said"),
    [
        ({}, {}),
        ({"consent": {}}, {}),
        ({"consent": {"categoryPreferences": {}}}, {"*": "refused"}),
        (
            {"consent": {"categoryPreferences": {"Advertising": True, "Analytics": False, "Other": "true"}}},
            {"Advertising": "granted", "Analytics": "refused", "Other": "refused"},
        ),
        (
            {"consentManagement": {"allowedConsentIds": ["C1", "C2"], "deniedConsentIds": ["C2", "c1", "", 7]}},
            {"rudder:C1": "granted", "rudder:C2": "refused", "rudder:c1": "refused"},
        ),
        ({"gpc": True}, {"gpc": "refused"}),
        ({"gpc": False}, {}),
        ({"gpc": "1"}, {}),
        (
            {"consent": {"google": {"ad_storage": "granted", "ad_user_data": "denied", "other": "granted"}}},
            {"google:ad_storage": "granted", "google:ad_user_data": "refused"},
        ),
        (
            {
                "consent": {
                    "google": {
                        "default": {"ad_storage": "denied", "analytics_storage": "granted", "ad_user_data": "denied"},
                        "update": {"ad_user_data": "granted", "ad_personalization": "maybe"},
                    }
                }
            },
            {"google:ad_storage": "refused", "google:ad_user_data": "granted"},
        ),
        ({"consent": {"tcf": {"tcString": tc_string(1), "gdprApplies": False}}}, {}),
        (
            {"consent": {"tcf": {"tcString": tc_string(1, 3), "gdprApplies": True}}},
            {f"tcf:{n}": "granted" if n in (1, 3) else "refused" for n in range(1, 12)},
        ),
        ({"consent": {"tcf": {"tcString": tc_string(1)[:-3]}}}, {}),
        ({"consent": [], "consentManagement": 3, "gpc": None}, {}),
    ],
)
def test_each_client_says_it_in_its_own_way(context: Any, said: dict[str, str]) -> None:
    assert states(context) == said


def test_an_explicit_decision_keeps_what_proves_it() -> None:
    decision = {
        "purpose": "ads",
        "state": "granted",
        "wording": "3",
        "language": "ko",
        "method": "call_center",
        "evidence": "call/2026-11-21/77",
        "expires": "2027-01-01T00:00:00+09:00",
        "jurisdiction": "KR",
    }
    said = Said("granted", "call_center", True, "2026-12-31T15:00:00.000Z", "3", "ko", "call/2026-11-21/77", "KR")
    assert heard({"context": {"consent": {"decisions": [decision]}}}) == ({"ads": said}, ())


@pytest.mark.parametrize(
    ("decision", "note"),
    [
        ({"purpose": "ads", "state": "expired"}, "consent:decision_invalid"),
        ({"purpose": "ads", "state": "granted", "expires": "soon"}, "consent:decision_invalid"),
        ({"purpose": "ads", "state": "granted", "expires": 9}, "consent:decision_invalid"),
        ({"state": "granted"}, "consent:decision_invalid"),
        ({"purpose": "gpc", "state": "granted"}, "consent:reserved_signal"),
        ({"purpose": "google:ad_storage", "state": "granted"}, "consent:reserved_signal"),
        ({"purpose": "a" * 101, "state": "granted"}, "consent:signal_name"),
        ("ads", "consent:decision_invalid"),
    ],
)
def test_a_decision_that_cannot_be_read_decides_nothing_and_is_noted(decision: Any, note: str) -> None:
    assert heard({"context": {"consent": {"decisions": [decision]}}}) == ({}, (note,))


def test_what_is_wrong_beside_a_refusal_does_not_undo_it() -> None:
    decision = {"purpose": "ads", "state": "withdrawn", "expires": "soon", "evidence": "e" * 2_001}
    context = {"consent": {"decisions": [decision]}}
    assert states(context) == {"ads": "withdrawn"}
    assert notes(context) == ("consent:text_too_long",)


def test_of_two_decisions_on_one_event_the_refusal_is_taken_and_the_explicit_one_keeps_its_proof() -> None:
    context = {
        "consent": {
            "categoryPreferences": {"ads": True, "mail": False},
            "decisions": [
                {"purpose": "ads", "state": "granted", "wording": "2"},
                {"purpose": "mail", "state": "granted"},
            ],
        }
    }
    assert states(context) == {"ads": "granted", "mail": "refused"}
    assert heard({"context": context}).decisions["ads"].wording == "2"


def test_of_too_many_signals_the_refusals_are_kept() -> None:
    context = {"consent": {"categoryPreferences": {f"C{n}": n >= 90 for n in range(300)}}}
    assert list(states(context).values()).count("refused") == 90
    assert len(states(context)) == MOST_SIGNALS
    assert notes(context) == ("consent:too_many_signals",)


def test_a_string_that_was_cut_is_told_with_its_reason() -> None:
    assert notes({"consent": {"tcf": {"tcString": tc_string(1)[:-3]}}}) == ("tcf:cut_short",)
    assert notes({"consent": {"tcf": {"tcString": 5}}}) == ("tcf:malformed",)


def test_names_that_no_purpose_lists_are_noted_once_purposes_are_declared() -> None:
    preferences = {"ads": True, "Advertising": True, "mail": False}
    body = {
        "context": {"consent": {"categoryPreferences": preferences, "google": {"ad_storage": "denied"}}, "gpc": True}
    }
    rudder = {"context": {"consentManagement": {"deniedConsentIds": ["C3", "C4"]}}}
    declared = purposes_of([Purpose("ads", {}, signals=("Advertising", "rudder:C3"))])
    assert [*not_understood(body, declared)] == ["unknown_purpose:mail"]
    assert [*not_understood(rudder, declared)] == ["unknown_purpose:rudder:C4"]
    assert not [*not_understood(body, NONE_DECLARED)]


def test_rows_of_a_file_become_decisions_by_a_mapping() -> None:
    rules = (
        {"op": "rename", "from": "customer", "to": "userId"},
        {"op": "rename", "from": "mail_ok", "to": "context.consent.decisions.ads.state"},
        {"op": "cast", "field": "context.consent.decisions.ads.state", "as": "boolean"},
        {"op": "rename", "from": "form", "to": "context.consent.decisions.ads.evidence"},
        {"op": "default", "field": "context.consent.decisions.ads.method", "value": "paper_form"},
        {"op": "default", "field": "type", "value": "identify"},
    )
    said = {}
    for answer in ("Y", "N", ""):
        made = apply(Rules("crm", "CRM", rules), {"customer": "17", "mail_ok": answer, "form": "form/77"})
        assert isinstance(made, Mapped)
        said[answer] = heard(made.element)
    yes = Said("granted", "paper_form", is_explicit=True, evidence="form/77")
    assert said == {"Y": ({"ads": yes}, ()), "N": ({"ads": yes._replace(state="refused")}, ()), "": ({}, ())}
