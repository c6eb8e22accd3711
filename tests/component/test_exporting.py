"""Everything that is held of a person, gathered from the stores over the real handlers."""

import json
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest

from shared.domain.computing import DECLARED
from shared.domain.profiles import Profile
from shared.domain.purposes import NONE_DECLARED
from shared.people.export_files import HtmlPage, JsonFile, write
from shared.people.exporting import Exporter
from shared.stores.audit_log import AuditLog
from shared.stores.consent_log import ConsentLog
from shared.stores.event_store import EventStore
from shared.stores.group_store import GroupStore
from shared.stores.identity_log import IdentityLog
from shared.stores.profile_store import ProfileStore
from shared.stores.request_store import RequestStore
from shared.stores.tables import EVENTS, LEDGER, PRIVACY, PROFILES
from tests.conftest import Deployment
from tests.pipeline import SOURCE, track
from tests.way import Way

CONSENT = {"consent": {"categoryPreferences": {"Advertising": True}}}


@pytest.fixture
def way(aws: Deployment) -> Way:
    """Mina visits unknown from two devices, and signs in: two profiles become one. Then d1 is Kim's too."""
    made = Way(aws)
    made.collect(track("a1", userId=None, anonymousId="d1", event="Visited"))
    made.collect(track("a2", userId=None, anonymousId="d2", event="Visited"))
    made.drain()
    made.collect(
        track("m1", type="identify", anonymousId="d1", traits={"email": "mina@example.com", "city": "Seoul"}),
        track("m2", anonymousId="d2", event="Bought", context=CONSENT),
        {
            "type": "group",
            "userId": "u1",
            "groupId": "acme",
            "messageId": "g1",
            "timestamp": "2026-11-21T09:29:00.000Z",
        },
    )
    call = {"channel": "phone", "direction": "inbound", "note": "Late parcel"}
    made.collect(track("c1", event="Contact Logged", properties=call))
    made.drain()
    made.collect(track("z9", event="Without a clock", timestamp=None))
    made.drain()
    made.collect(track("k1", userId="kim", anonymousId="d1", event="Signed in as Kim"))
    made.drain()
    made.collect(track("k2", userId=None, anonymousId="d1", event="Somebody", timestamp="2026-11-21T09:29:30.000Z"))
    made.drain().close()
    return made


def exported(aws: Deployment, profile: Profile, *, provided: bool = False) -> dict[str, Any]:
    store = ProfileStore(aws.table(PROFILES), aws.table(LEDGER))
    ledger = aws.table(LEDGER)
    made = Exporter(
        EventStore(aws.table(EVENTS)),
        store,
        IdentityLog(ledger),
        AuditLog(ledger),
        RequestStore(aws.table(PRIVACY)),
        ConsentLog(ledger),
        GroupStore(aws.table(PROFILES)),
    )
    now = datetime.now(UTC)
    sections = made.provided(profile, {SOURCE}) if provided else made.everything(profile, DECLARED, NONE_DECLARED, now)
    file, page = StringIO(), StringIO()
    write([JsonFile(file), HtmlPage(page)], {"request_id": "r1"}, sections)
    told: dict[str, Any] = json.loads(file.getvalue())
    return told


def test_an_export_has_the_anonymous_history_of_all_who_became_one_and_nothing_of_anybody_else(
    aws: Deployment, way: Way
) -> None:
    mina = way.person("email", "mina@example.com")
    assert mina is not None
    told = exported(aws, mina)
    assert {event["message_id"] for event in told["events"]} == {"a1", "a2", "m1", "m2", "g1", "c1", "z9"}
    times = [event["time"] for event in told["events"]]
    assert times == sorted(times)
    assert told["profile"][0]["merged_profile_ids"] == mina.merged_ids != []
    assert {one["value"] for one in told["identifiers"]} >= {"u1", "mina@example.com", "d1", "d2"}
    assert [one["contested"] for one in told["identifiers"] if one["value"] == "d1"] == [True]
    assert [one["decisions"]["Advertising"]["state"] for one in told["consent_records"]] == ["given"]
    assert [(one["channel"], one["note"]) for one in told["contacts"]] == [("phone", "Late parcel")]
    assert [one["group_id"] for one in told["groups"]] == ["acme"]
    (tablet,) = [one["periods"] for one in told["identifiers"] if one["value"] == "d1"]
    assert [(bool(one["since"]), bool(one["until"])) for one in tablet] == [(False, True)]
    (city,) = [one for one in told["traits"] if one["name"] == "city"]
    assert (city["value"], city["source_id"], city["message_id"]) == ("Seoul", SOURCE, "m1")
    assert [(one["purpose"], one["stands"]) for one in told["consent"]] == [("Advertising", "granted")]
    assert {one["name"]: one["count"] for one in told["counts"]}["Visited"] == 2
    assert any("became part of this person" in one["decision"] for one in told["decisions"])
    assert [one["time"] for one in told["decisions"]] == sorted(one["time"] for one in told["decisions"])
    assert told["decisions"][0]["decision"] == "This profile was made: nobody was known by anonymous_id d1."
    kim = way.person("user_id", "kim")
    assert kim is not None
    assert not any(text in json.dumps(told).lower() for text in ("kim", kim.id.lower()))


def test_portability_has_what_the_person_provided_and_no_more(aws: Deployment, way: Way) -> None:
    mina = way.person("email", "mina@example.com")
    assert mina is not None
    told = exported(aws, mina, provided=True)
    assert told.keys() == {"request_id", "identifiers", "traits", "events"}
    assert len(told["events"]) == 7
