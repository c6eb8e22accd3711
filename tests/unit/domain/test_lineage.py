"""Where a person's data lie and went, from events and the audit log, in whatever order they come."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

from shared.domain.auditing import AuditEntry
from shared.domain.baselines import StoredEvent
from shared.domain.lineage import PASSING, UNTOLD, by_destination, by_source, passing
from shared.domain.times import to_text
from shared.stores.lifecycles import KEPT_DAYS
from shared.stores.tables import CATALOGUE, EVENTS, LEDGER, PROFILES, TABLES
from tests.people import NOW, make_event


def stored(day: int, stored_days_ago: int) -> StoredEvent:
    event = make_event({"event": "Seen", "userId": "u1"}, day, f"m{day}", stored_days_ago)
    return StoredEvent(event, int((NOW + timedelta(days=30 - stored_days_ago)).timestamp()))


def given(day: int, destination: str, *fields: str, purposes: tuple[str, ...] = ()) -> AuditEntry:
    at = f"2026-11-{day:02d}T00:00:00.000Z"
    return AuditEntry(
        "p1", at, "disclosed", f"{destination}#{day}", "deliver", "deliver", fields, False, destination, purposes
    )


def test_events_of_a_source_are_told_with_their_first_last_and_when_they_expire() -> None:
    events = [stored(1, 20), stored(5, 2), stored(3, 10)]
    (one,) = by_source(events)
    assert (one.source_id, one.events) == ("src_test", 3)
    assert (one.first, one.last) == (events[0].event.time, events[1].event.time)
    assert one.stored_last == events[1].event.stored_at
    assert (one.expires_first, one.expires_last) == (
        to_text(NOW + timedelta(days=10)),
        to_text(NOW + timedelta(days=28)),
    )
    assert all(by_source(order) == [one] for order in permutations(events))


def test_a_destination_is_told_with_what_it_got_when_and_what_for_the_last_time() -> None:
    entries = [
        given(1, "crm", "facts.A", "traits.city", purposes=("old",)),
        given(3, "crm", "facts.A", purposes=("ads",)),
        given(2, "ads", "facts.A", "traits.city"),
        AuditEntry("p1", "2026-11-04T00:00:00.000Z", "read", "r1", "desk", "get_profile", ("traits",)),
    ]
    ads, crm = by_destination(entries)
    assert (crm.destination_id, crm.count, crm.purposes) == ("crm", 2, ("ads",))
    assert crm.fields == {
        "facts.A": ("2026-11-01T00:00:00.000Z", "2026-11-03T00:00:00.000Z", 2),
        "traits.city": ("2026-11-01T00:00:00.000Z", "2026-11-01T00:00:00.000Z", 1),
    }
    assert all(by_destination(order) == [ads, crm] for order in permutations(entries))
    of_city = by_destination(entries, "traits.city")
    assert [(one.destination_id, one.count, set(one.fields)) for one in of_city] == [
        ("ads", 1, {"traits.city"}),
        ("crm", 1, {"traits.city"}),
    ]


def test_no_table_and_no_place_in_the_bucket_is_forgotten_nor_how_long_it_keeps_things() -> None:
    told = {copy.store: copy.days for copy in (*PASSING, *UNTOLD)}
    kept = {f"bucket: {prefix}": days for prefix, days in KEPT_DAYS.items()}
    assert {store: told.get(store) for store in kept} == kept
    asked = {EVENTS, PROFILES, LEDGER}
    assert {table.name for table in TABLES} - told.keys() - {table.name for table in asked} == {CATALOGUE.name}


def test_copies_are_told_until_the_day_they_go() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    assert passing("", now) == {}
    fresh = passing(to_text(now), now)
    assert set(fresh) == set(PASSING)
    assert fresh[PASSING[0]] == "2026-11-28T00:00:00.000Z"
    assert {copy.store for copy in passing(to_text(now - timedelta(days=7)), now)} == {
        "bucket: log/",
        "bucket: outcomes/",
    }
    assert passing(to_text(now - timedelta(days=14)), now) == {}
