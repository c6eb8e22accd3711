"""Published SDKs, unmodified, against the cloud: every event arrives once, in good health and through every fault."""

from typing import Any

import pytest

from tests.e2e.people import eventually, has, ledger, profile, read
from tests.e2e.sdks.proxy import MADE_UP, RETRY_AFTER_SECONDS, SPOILED, SWALLOWED
from tests.e2e.sdks.sdks import SDKS
from tests.e2e.sdks.sending import Run, Sent

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(900),  # with the set-up of a fresh machine
    pytest.mark.parametrize("cloud", ["open"], indirect=True, scope="session"),
]
every_sdk = pytest.mark.parametrize("sent", [sdk.name for sdk in SDKS], indirect=True)
in_browsers = pytest.mark.parametrize("sent", [sdk.name for sdk in SDKS if sdk.in_browser], indirect=True)
that_send_again = pytest.mark.parametrize("sent", [sdk.name for sdk in SDKS if sdk.sends_again], indirect=True)


def timeline(sent: Sent, run: Run) -> list[dict[str, Any]]:
    """The person's events as the Read API has them, once there are as many as the SDK has calls."""

    def look() -> list[dict[str, Any]] | None:
        answer = read(sent.cloud, f"/v1/profiles/user_id:{run.user}/events")
        events: list[dict[str, Any]] = answer.json()["events"] if answer.status_code == 200 else []
        return events if len(events) >= len(sent.sdk.calls) else None

    return eventually(look, f"{len(sent.sdk.calls)} events of {sent.sdk.name}")


def attempts(run: Run, name: str) -> list[tuple[int | None, str]]:
    """Each time the SDK sent the event: what it was told, and the event's id."""
    return [
        (attempt.status, event["messageId"])
        for attempt in run.proxy.attempts
        for event in attempt.events
        if event["event"] == name
    ]


@every_sdk
def test_every_call_arrives_once_as_what_it_is(sent: Sent) -> None:
    run = sent.runs[None]
    events = timeline(sent, run)
    assert sorted(event["type"] for event in events) == sorted(sent.sdk.calls)
    by_type = {event["type"]: event["event"] for event in events}
    assert by_type["track"]["event"] == "Tea Bought"
    assert by_type["track"]["properties"] == {"total": 12_000, "name": "조각보"}
    assert by_type["page"]["name"] == "Home"
    assert by_type["group"]["groupId"] == "g-1"
    assert by_type["alias"]["previousId"] == f"{run.user}-before"
    libraries = [event["context"]["library"] for event in by_type.values()]
    assert {(library["name"], library["version"]) for library in libraries} == {sent.sdk.library}
    assert run.errors == []


@every_sdk
def test_the_person_has_every_identifier_and_trait(sent: Sent) -> None:
    run = sent.runs[None]
    timeline(sent, run)
    person = has(sent.cloud, f"user_id:{run.user}", Tea_Bought=1)
    identifiers = {(entry["namespace"], entry["value"]) for entry in person["identifiers"]}
    assert identifiers == {
        ("user_id", run.user),
        ("anonymous_id", run.visitor),
        ("anonymous_id", f"{run.user}-before"),  # by the alias
        ("email", f"{run.user}@example.com"),
    }
    assert person["traits"]["plan"]["value"] == "pro"
    assert profile(sent.cloud, f"anonymous_id:{run.visitor}") == person


@that_send_again
@pytest.mark.parametrize("status", SPOILED)
def test_a_permanent_refusal_is_not_sent_again_and_what_follows_arrives(sent: Sent, status: int) -> None:
    run = sent.runs[status]
    person = has(sent.cloud, f"anonymous_id:{run.visitor}", Second=1)
    assert set(person["events"]) == {"Second"}
    assert [told for told, _ in attempts(run, "First")] == [status]
    assert [told for told, _ in attempts(run, "Second")] == [200]
    assert run.errors or sent.sdk.in_browser  # a page hears of it where it listens


@that_send_again
@pytest.mark.parametrize("status", MADE_UP)
def test_back_pressure_delays_an_event_and_loses_none(sent: Sent, status: int) -> None:
    run = sent.runs[status]
    has(sent.cloud, f"anonymous_id:{run.visitor}", First=1, Second=1)
    first = attempts(run, "First")
    assert [told for told, _ in first] == [status, 200]
    assert len({message_id for _, message_id in first}) == 1
    assert run.errors == []
    if status in sent.sdk.obeys:
        refused, taken = (a.at for a in run.proxy.attempts if any(e["event"] == "First" for e in a.events))
        assert taken - refused >= RETRY_AFTER_SECONDS


@every_sdk
def test_an_event_sent_again_because_the_answer_was_lost_counts_once(sent: Sent) -> None:
    run = sent.runs[SWALLOWED]
    has(sent.cloud, f"anonymous_id:{run.visitor}", First=1, Second=1)
    first = attempts(run, "First")
    assert [told for told, _ in first] == ([None, 200] if sent.sdk.sends_again else [None])
    assert len({message_id for _, message_id in first}) == 1
    assert run.errors == []


@every_sdk
def test_the_ledger_has_every_event_that_was_accepted(sent: Sent) -> None:
    every = [attempt for run in sent.runs.values() for attempt in run.proxy.attempts]
    accepted = [message_id for attempt in every if attempt.accepted for message_id in attempt.ids]
    wanted = {
        "received": len(accepted),
        "stored": len(set(accepted)),
        "duplicate": len(accepted) - len(set(accepted)),
        "quarantined": 0,
    }
    assert wanted["duplicate"] == (1 if sent.sdk.sends_again else 0)
    eventually(lambda: ledger(sent.cloud)["received"] == wanted["received"], f"{wanted} on the ledger")
    assert ledger(sent.cloud) == wanted


@in_browsers
def test_a_browser_asks_before_it_sends_from_another_origin(sent: Sent) -> None:
    asked = [preflight for run in sent.runs.values() for preflight in run.proxy.preflights]
    assert {status for _, status in asked} <= {200, 204}
    assert all(headers["origin"].startswith("http://localhost:") for headers, _ in asked)
    if sent.sdk.sends_again:
        assert any("authorization" in headers["access-control-request-headers"] for headers, _ in asked)
