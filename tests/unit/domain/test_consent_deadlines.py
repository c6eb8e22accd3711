"""When consent changes by time alone, and what is told of it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.consent import Decision
from shared.domain.consent_deadlines import told_standings, told_state
from shared.domain.facts import Image, facts
from shared.domain.places import Said
from shared.domain.policy_packs import packs_of, reconfirming
from shared.domain.profiles import Change, Profile, sealed
from shared.domain.purposes import NONE_DECLARED, Purpose, Purposes, purposes_of
from shared.domain.standing import standings
from shared.domain.state import ProfileState
from shared.domain.times import from_text
from shared.domain.told import Telling

ADS = purposes_of([Purpose("ads", {}, reconfirm_months=24, valid_months=36)])
GIVEN = "2024-11-21T09:30:00.000Z"


def state(decided: str = "granted", time: str = GIVEN, expires: str = "") -> ProfileState:
    return ProfileState(consent={"a": {"ads": Decision(decided, time, "m", "s", expires)}})  # type: ignore[arg-type]


def due_after(marked: tuple[str, ...], state: ProfileState, purposes: Purposes, at: datetime) -> tuple[str, ...]:
    """What somebody is marked for once they are written at that time."""
    return sealed(Profile("p1", state=state, due=marked), at, Telling(purposes)).due


@pytest.mark.parametrize(
    ("now", "told", "due"),
    [
        ("2024-11-21T09:30:00", "granted", ("2026-11-21T09:30:00.000Z",)),
        ("2026-10-21T09:30:00", "granted", ("2026-11-21T09:30:00.000Z",)),
        ("2026-11-21T09:29:59.999", "granted", ("2026-11-21T09:30:00.000Z",)),
        ("2026-11-21T09:30:00", "due", ("2027-11-21T09:30:00.000Z",)),
        ("2027-11-21T09:29:59.999", "due", ("2027-11-21T09:30:00.000Z",)),
        ("2027-11-21T09:30:00", "expired", ()),
    ],
)
def test_after_two_years_a_grant_is_to_be_confirmed_and_after_three_it_ends(
    now: str, told: str, due: tuple[str, ...]
) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert told_state(standings(state().consent, {}, ADS, at)["ads"], at) == told
    assert due_after((), state(), ADS, at) == due


@pytest.mark.parametrize(
    ("marked", "stands", "due"),
    [
        ((), state("refused"), ()),
        ((), state(expires="2025-01-01T00:00:00.000Z"), ("2025-01-01T00:00:00.000Z",)),
        (("2025-02-01T00:30:00.000Z",), state(), ("2025-02-01T00:30:00.000Z",)),
        (("2027-02-01T00:30:00.000Z",), state(), ("2026-11-21T09:30:00.000Z", "2027-02-01T00:30:00.000Z")),
        (("2024-11-21T08:30:00.000Z",), state(), ("2026-11-21T09:30:00.000Z",)),
        (("2025-02-01T00:30:00.000Z",), ProfileState(), ("2025-02-01T00:30:00.000Z",)),
    ],
)
def test_a_mark_that_is_early_enough_stays(marked: Any, stands: ProfileState, due: Any) -> None:
    assert due_after(marked, stands, ADS, from_text(GIVEN)) == due
    assert due_after((), state(), NONE_DECLARED, from_text(GIVEN)) == ()


def test_a_grant_that_is_to_be_confirmed_is_told_as_granted_once_and_again_when_it_is_confirmed() -> None:
    def image(value: str, version: int) -> Image:
        return Image("p1", version, False, {"consent:ads": Change(value, version, "t", f"r{version}")})

    def told(before: str, after: str) -> dict[str, Any]:
        (fact,) = facts(image(before, 1), image(after, 2))
        return dict(fact.data)

    ids = {"profile_id": "p1", "purpose": "ads", "evidence": "r2"}
    due = {"state": "granted", "previous": "granted", "reconfirmation_due": True}
    assert told("granted", "due") == {**ids, **due}
    assert told("due", "granted") == {**ids, "state": "granted", "previous": "granted"}
    assert told("due", "expired") == {**ids, "state": "expired", "previous": "granted"}
    assert facts(image("due", 1), Image("p1", 2, False, {"consent:ads": Change("due", 1, "t")})) == []


@pytest.mark.parametrize(
    ("country", "is_advertising", "due"),
    [("KR", True, ("2026-11-21T09:30:00.000Z",)), ("KR", False, ()), ("DE", True, ()), ("", True, ())],
)
def test_the_policy_pack_of_a_country_asks_for_consent_to_advertising_again(
    country: str, is_advertising: bool, due: tuple[str, ...]
) -> None:
    purposes = purposes_of([Purpose("ads", {}, is_advertising=is_advertising)], reconfirming(packs_of({})))
    place = {"country": Said(GIVEN, country)} if country else {}
    stands = replace(state(), place=place)
    assert due_after((), stands, purposes, from_text(GIVEN)) == due
    months = [datetime(2026, month, 21, 9, 30, tzinfo=UTC) for month in (10, 11)]
    told = [told_state(told_standings(stands, purposes, at)["ads"], at) for at in months]
    assert told == ["granted", "due" if due else "granted"]
