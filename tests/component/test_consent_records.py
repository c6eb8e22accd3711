"""Consent records in the ledger: written with the profile in one transaction, once, and led to by facts."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from functions.stitch_identities.settings import doors
from shared.domain.consent_records import ConsentRecord, RecordKey
from shared.domain.events import Event
from shared.domain.purposes import Purpose
from shared.stores import profile_store
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.consent_log import ConsentLog
from shared.stores.tables import CATALOGUE, LEDGER
from tests.component.stitching import a_warm_function, queued, stitched, stored, who
from tests.conftest import Deployment
from tests.faults import Failing, client_error
from tests.people import make_event

__all__ = ["a_warm_function"]
pytestmark = pytest.mark.usefixtures("a_warm_function")


@pytest.fixture(autouse=True)
def a_purpose(aws: Deployment) -> Iterator[None]:
    CatalogueStore(aws.table(CATALOGUE)).put(Purpose("ads", {"en": "Ads"}, wording="3", signals=("Advertising",)))
    return


def said(day: float, *, ads: bool, **who_says: Any) -> Event:
    context = {"consent": {"categoryPreferences": {"Advertising": ads}}}
    return make_event({"event": "Seen", "context": context, **(who_says or {"userId": "u1"})}, day, f"m{day}")


def records(aws: Deployment, *events: Event) -> list[ConsentRecord]:
    return [*ConsentLog(aws.table(LEDGER)).newest({event.anchor or "" for event in events})]


def evidence() -> str:
    return who("user_id", "u1").changes["consent:ads"].evidence


def test_each_change_is_one_record_however_often_it_comes_and_facts_lead_to_it(aws: Deployment) -> None:
    events = [said(1, ads=True), said(2, ads=True), said(3, ads=False), said(4, ads=False)]
    stream = stored(aws, *events)
    stitched(*stream[:2])
    assert evidence() == RecordKey(events[0].anchor or "", events[0].time, "m1").id  # the second repeats the first
    stitched(*stream[2:])
    stitched(*stream)
    queued(json.dumps({"kind": "rebuild", "profile_id": who("user_id", "u1").id}))
    found = records(aws, *events)
    assert [(one.key.message_id, one.decisions["Advertising"].state) for one in found] == [
        ("m3", "withdrawn"),
        ("m1", "given"),
    ]
    assert found[0].decisions["Advertising"].purposes == {"ads": "3"}
    assert evidence() == found[0].key.id


def test_a_change_by_a_merge_leads_to_the_record_that_its_decision_repeats(aws: Deployment) -> None:
    device = [said(1, ads=False, anonymousId="a1"), said(2, ads=False, anonymousId="a1")]
    stitched(*stored(aws, device[0]))
    stitched(*stored(aws, device[1], said(1.5, ads=True)))
    stitched(*stored(aws, make_event({"type": "identify", "userId": "u1", "anonymousId": "a1"}, 3)))
    person = who("user_id", "u1")
    assert person.changes["consent:ads"].value == "refused"
    assert evidence() == RecordKey(device[0].anchor or "", device[0].time, "m1").id


def test_a_profile_that_is_not_written_leaves_no_record(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    event = said(1, ads=True)
    error = client_error("TransactionCanceledException", ("None", "TransactionConflict"))
    failing = Failing(boto3.client("dynamodb"), "transact_write_items", error, times=99)
    monkeypatch.setattr(profile_store, "dynamodb", lambda: failing)
    stream = stored(aws, event)
    stitched(*stream)
    assert records(aws, event) == []
    failing.left = 0
    doors.cache_clear()
    stitched(*stream)
    assert len(records(aws, event)) == 1
