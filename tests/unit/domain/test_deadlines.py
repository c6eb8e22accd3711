"""By when requests are due."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.deadlines import due
from shared.domain.policy_packs import Period
from shared.domain.privacy_requests import PrivacyRequest, deadline, ended, failed, taken_up, verified, with_step
from shared.domain.times import to_text

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("received", "period", "expected"),
    [
        (NOON, Period(1, "months"), "2026-02-28"),
        (NOON, Period(13, "months"), "2027-02-28"),
        (NOON.replace(year=2028, day=29), Period(1, "months"), "2028-02-29"),
        (NOON.replace(month=12), Period(1, "months"), "2027-01-31"),
        (NOON, Period(45), "2026-03-17"),
        (NOON, Period(10), "2026-02-10"),
        (NOON, Period(15, "business_days"), "2026-02-20"),
        (NOON.replace(day=30), Period(1, "business_days"), "2026-02-02"),
    ],
)
def test_a_request_is_due_after_the_period_of_its_law(received: datetime, period: Period, expected: str) -> None:
    assert due(received, period) == datetime.fromisoformat(f"{expected}T12:00:00+00:00")


def asked(**fields: object) -> PrivacyRequest:
    made = {"kind": "access", "regulation": "kr", "identities": (), "created_by": "", "due_at": to_text(NOON)}
    return PrivacyRequest(id="r1", received_at="", **{**made, **fields})  # type: ignore[arg-type]


def test_a_request_is_near_three_days_before_it_is_due_and_never_once_it_has_ended() -> None:
    before = NOON - timedelta(days=3)
    assert deadline(asked(), before - timedelta(seconds=1)) == "ahead"
    assert deadline(asked(), before) == deadline(asked(), NOON) == "near"
    assert deadline(asked(), NOON + timedelta(seconds=1)) == "overdue"
    assert deadline(ended(asked(), "completed", ""), NOON + timedelta(days=9)) == "ended"


def test_a_request_acts_once_it_is_verified_and_goes_on_where_it_failed() -> None:
    assert not asked().may_act
    sure = verified(asked(), "verified", "identity_document", "privacy", "2026-01-01")
    assert sure.may_act
    assert not verified(asked(), "refused", "identity_document", "privacy", "2026-01-01").may_act
    broken = failed(with_step(sure, "export", {"events": 3}), "bucket")
    assert (broken.state, broken.may_act, broken.can_be_cancelled) == ("failed", True, True)
    assert (taken_up(broken).state, taken_up(broken).reason) == ("in_progress", "")
    assert taken_up(failed(sure, "bucket")).state == "pending"


def test_an_erasure_that_has_begun_is_not_taken_back() -> None:
    begun = with_step(asked(kind="erasure"), "events", {})
    assert asked(kind="erasure").can_be_cancelled
    assert not begun.can_be_cancelled
    assert not failed(begun, "busy").can_be_cancelled
