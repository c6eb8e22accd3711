"""What is due is said in time, and what was verified is begun."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from functions.sweep_deadlines.handler import handler
from shared.domain.privacy_requests import PrivacyRequest, ended
from shared.domain.times import to_text
from shared.stores.request_store import RequestStore
from shared.stores.tables import PRIVACY
from tests.conftest import Deployment
from tests.faults import client_error
from tests.step_functions import FakeStepFunctions

SAMPLE = json.loads(Path("events/triggers/sweep_deadlines.json").read_text())


def test_requests_are_counted_by_where_they_stand_and_a_verified_one_is_begun_once(
    aws: Deployment, step_functions: FakeStepFunctions, capsys: pytest.CaptureFixture[str]
) -> None:
    store, now = RequestStore(aws.table(PRIVACY)), datetime.now(UTC)

    def made(request_id: str, days: float) -> PrivacyRequest:
        due = to_text(now + timedelta(days=days))
        request = PrivacyRequest(request_id, "access", "gdpr", (), "privacy", to_text(now), due, marks=(request_id,))
        return store.add(request, now - timedelta(minutes=30))

    made("ahead", 5)
    made("late", -1)
    store.put(ended(made("over", -1), "completed", to_text(now)), now)
    store.put(replace(made("forgotten", 2), verification="verified"), now - timedelta(minutes=20))
    store.put(replace(made("fresh", 5), verification="verified"), now)
    for _ in range(2):
        assert handler(SAMPLE, None) == {"open": 4, "near": 1, "overdue": 1}
    assert step_functions.started == {"forgotten-2": {"request_id": "forgotten"}}
    told = capsys.readouterr().out
    assert '"RequestsNear":[1.0]' in told.replace(" ", "")
    assert '"RequestsOverdue":[1.0]' in told.replace(" ", "")


def test_the_alarms_are_raised_though_nothing_can_be_begun(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def busy(*_: object) -> None:
        raise client_error("ThrottlingException")

    monkeypatch.setattr("functions.sweep_deadlines.handler.start_execution", busy)
    store, now = RequestStore(aws.table(PRIVACY)), datetime.now(UTC)
    due = to_text(now - timedelta(days=1))
    late = PrivacyRequest("late", "access", "gdpr", (), "privacy", to_text(now), due, marks=("late",))
    store.put(replace(store.add(late, now), verification="verified"), now - timedelta(minutes=20))
    with pytest.raises(ClientError):
        handler(SAMPLE, None)
    assert '"RequestsOverdue":[1.0]' in capsys.readouterr().out.replace(" ", "")
