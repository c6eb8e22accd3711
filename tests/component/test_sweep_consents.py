"""Consent that time changed is told once, in the hour after, of whoever the person is by then."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from functions.stitch_identities.settings import doors as stitching
from functions.sweep_deadlines.consents import sweep_consents
from functions.sweep_deadlines.settings import doors
from shared.domain.profiles import Profile
from shared.domain.purposes import Purpose
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.freezes import Freezes
from shared.stores.recorded_changes import Change
from shared.stores.tables import CATALOGUE, LEDGER, PROFILES
from tests.component.stitching import a_warm_function, queued, stitched, stored, who
from tests.component.test_consent_records import said
from tests.conftest import Deployment
from tests.people import make_event

__all__ = ["a_warm_function"]
pytestmark = pytest.mark.usefixtures("a_warm_function")


@pytest.fixture(autouse=True)
def granted(aws: Deployment) -> None:
    """On 2026-11-02, to be confirmed after two years, to end after three."""
    doors.cache_clear()
    purpose = Purpose("ads", {"en": "Ads"}, signals=("Advertising",), reconfirm_months=24, valid_months=36)
    CatalogueStore(aws.table(CATALOGUE)).put(purpose)
    stitched(*stored(aws, said(1, ads=True, anonymousId="a1")))


def swept(at: str) -> tuple[int, int]:
    """How many were told, and how many wait."""
    ended = sweep_consents(doors(), datetime.fromisoformat(at).replace(tzinfo=UTC), lambda: True)
    return ended["told"], ended["waiting"]


def stands(person: Profile) -> tuple[str, int]:
    change = person.changes["consent:ads"]
    return change.value, change.version


def test_after_23_months_nothing_is_told_after_24_that_it_is_to_be_confirmed_and_after_36_that_it_ended() -> None:
    assert swept("2028-10-02T12:00") == swept("2028-11-02T00:59") == (0, 0)
    assert stands(who("anonymous_id", "a1")) == ("granted", 1)
    assert [swept("2028-11-02T01:00"), swept("2028-11-02T02:00")] == [(1, 0), (0, 0)]
    due = who("anonymous_id", "a1")
    assert stands(due) == ("due", 2)
    assert swept("2029-11-05T01:00") == (1, 0)
    ended = who("anonymous_id", "a1")
    assert (stands(ended), ended.due) == (("expired", 3), ())
    assert ended.changes["consent:ads"].evidence == due.changes["consent:ads"].evidence != ""


def test_a_purpose_that_is_changed_is_told_by_a_rebuild_and_marked_anew(aws: Deployment) -> None:
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    ads = catalogue.find(Purpose, "ads")
    assert ads
    catalogue.put(replace(ads, valid_months=1))
    stitching.cache_clear()
    person = who("anonymous_id", "a1")
    rebuild = json.dumps({"kind": "rebuild", "profile_id": person.id})
    queued(rebuild)
    assert who("anonymous_id", "a1").due == ("2026-12-02T00", "2028-11-02T00")
    queued(rebuild)
    assert who("anonymous_id", "a1").version == person.version + 1


def test_somebody_who_was_merged_is_told_of_as_who_they_are_and_a_frozen_person_waits(aws: Deployment) -> None:
    stitched(*stored(aws, *(make_event({"userId": "u1", "event": "Seen"}, 2 + day) for day in range(3))))
    stitched(*stored(aws, make_event({"type": "identify", "userId": "u1", "anonymousId": "a1"}, 9)))
    person = who("user_id", "u1")
    freezes = Freezes(aws.table(PROFILES), aws.table(LEDGER))
    now = datetime(2026, 11, 21, tzinfo=UTC)
    freezes.put(person, "tests", Change("tests", now, "frozen", before=person.version, after=person.version + 1))
    assert swept("2028-11-02T01:00") == (0, 1)
    frozen = stitching().profiles.profile(person.id)
    assert frozen
    freezes.put(frozen, "", Change("tests", now, "unfrozen", before=frozen.version, after=frozen.version + 1))
    assert swept("2028-11-02T05:00") == (1, 0)
    assert stands(who("user_id", "u1"))[0] == "due"
