"""What a merge costs whatever its history, and that readers come to the right person in two round trips."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from functions.stitch_identities.people import stitch_events
from functions.stitch_identities.settings import Doors
from shared.aws import clients
from shared.aws.batching import chunks
from shared.domain.events import Event
from shared.domain.identifiers import Identifier
from shared.domain.identity import Ownership, Period
from shared.domain.profiles import Profile, merged
from shared.domain.stitching import Change, LedgerEntry, LedgerKey, People
from shared.domain.times import to_text
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.count_store import CountStore
from shared.stores.event_store import EventStore
from shared.stores.group_store import GroupStore
from shared.stores.kept_declarations import KeptDeclarations
from shared.stores.kept_rules import KeptRules
from shared.stores.lag_notes import LagNotes
from shared.stores.pointers import Pointers, Shortened, shortened
from shared.stores.profile_finder import ProfileFinder
from shared.stores.profile_store import ProfileStore, WriteReason
from shared.stores.tables import CATALOGUE, EVENTS, LEDGER, PROFILES
from shared.stores.waits import Waits
from tests.counting import Cost, CountedDynamo, counted_dynamo
from tests.erased import NobodyErased
from tests.faults import Failing, client_error
from tests.people import NOW, hashed, make_event

STORE = ProfileStore(PROFILES.name, LEDGER.name)
POINTERS = Pointers(PROFILES.name)
FINDER = ProfileFinder(PROFILES.name)
RULES, DECLARED = (kept(CatalogueStore(CATALOGUE.name)) for kept in (KeptRules, KeptDeclarations))
DOORS = Doors(
    events=EventStore(EVENTS.name),
    profiles=STORE,
    pointers=POINTERS,
    groups=GroupStore(PROFILES.name),
    rules=RULES,
    declared=DECLARED,
    counts=CountStore(LEDGER.name),
    suppressions=NobodyErased(),
    lag=LagNotes(LEDGER.name, ""),
    waits=Waits(LEDGER.name),
    retries_queue_url="",
)
LIVE = WriteReason()
NOW_TEXT = to_text(NOW)


@pytest.fixture
def dynamo(monkeypatch: pytest.MonkeyPatch) -> CountedDynamo:
    return counted_dynamo(monkeypatch)


@pytest.fixture(autouse=True)
def silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.stitch_identities.people.count", lambda *_: None)


def stitched(monkeypatch: pytest.MonkeyPatch, *events: Event, days_ago: float = 0) -> None:
    now = NOW - timedelta(days=days_ago)
    clock = type("Clock", (datetime,), {"now": classmethod(lambda cls, tz=None: now)})
    monkeypatch.setattr("functions.stitch_identities.people.datetime", clock)
    for batch in chunks(events, 100):
        assert stitch_events(DOORS, batch, "live").events == []


def seen(who: dict[str, str], number: int, days_ago: float = 0) -> list[Event]:
    return [make_event({"event": "Seen", **who}, n / 1000, f"m{n}", days_ago) for n in range(number)]


def key(namespace: str, value: str) -> str:
    return hashed(Identifier(namespace, value)).hash


def found(namespace: str, value: str) -> Profile:
    one = FINDER.by_identifier(key(namespace, value))
    assert one is not None
    assert one.profile is not None
    return one.profile


def cost_of_a_merge(
    dynamo: CountedDynamo, monkeypatch: pytest.MonkeyPatch, number: int, name: str, days_between: float
) -> Cost:
    """Of two people with so many events each; ten came at a time."""
    known, visitor = {"userId": f"user-{name}"}, {"anonymousId": f"visitor-{name}"}
    for who in (known, visitor):
        for place, part in enumerate(chunks(seen(who, number), 10)):
            days_ago = days_between * (number // 10 + 1 - place)
            came = to_text(NOW - timedelta(days=days_ago))
            stitched(monkeypatch, *(replace(event, stored_at=came) for event in part), days_ago=days_ago)
    with dynamo.counted() as cost:
        stitched(monkeypatch, make_event({"event": "Signed In", **known, **visitor}, 15, f"signed-{name}"))
    assert found("user_id", f"user-{name}").state.event_count == 2 * number + 1
    return cost


@pytest.mark.parametrize("days_between", [2.1, 0.001], ids=["of years", "of a day"])
def test_a_merge_asks_and_writes_the_same_with_ten_and_with_ten_thousand_events_on_each_side(
    dynamo: CountedDynamo, monkeypatch: pytest.MonkeyPatch, days_between: float
) -> None:
    """What came in the last two days makes the profile item larger, by the hashes of 48 events of each side at most."""
    few, many = (cost_of_a_merge(dynamo, monkeypatch, n, f"{n:05}", days_between) for n in (10, 10_000))
    assert few.requests == {"BatchGetItem": 3, "TransactWriteItems": 1, "UpdateItem": 1}
    assert (few.read_units, few.write_units) == (5, 9)
    assert many == few


def trips(dynamo: CountedDynamo, namespace: str, value: str) -> tuple[str, int]:
    """Who is found, and in how many round trips."""
    with dynamo.counted() as cost:
        profile = found(namespace, value)
    return profile.id, cost.round_trips


def of_id(dynamo: CountedDynamo, profile_id: str) -> tuple[str, int]:
    with dynamo.counted() as cost:
        profile = FINDER.by_id(profile_id)
    assert profile is not None
    return profile.id, cost.round_trips


def put(before: People, after: People, *profile_ids: str, identifiers: tuple[str, ...] = ()) -> Change:
    change = Change(frozenset(profile_ids), frozenset(identifiers), ())
    STORE.put(before, after, change, LIVE, NOW)
    return change


def born(number: int) -> tuple[str, Identifier]:
    """A person of one e-mail."""
    identifier = Identifier("email", f"{number}@example.com")
    one, profile_id = hashed(identifier), f"P{number:04}"
    after = People({one.hash: Ownership(one, (Period(profile_id, "", f"attached#{one.hash}"),))})
    after.profiles[profile_id] = Profile(profile_id, identifiers={one.hash: identifier})
    put(People(), after, profile_id, identifiers=(one.hash,))
    return profile_id, identifier


def merge(winner: str, loser: str, minute: int, settle: bool = True) -> None:
    """Whoever is larger, as no resolver would do it."""
    profiles = {profile_id: FINDER.by_id(profile_id) or Profile(profile_id) for profile_id in (winner, loser)}
    before = People(profiles=profiles)
    after = before.copy()
    after.profiles[winner], after.profiles[loser] = merged(profiles[winner], profiles[loser])
    effect = {"loser": loser, "through": []}
    entry = LedgerEntry("seen_together", "A#a|m", "src_test", NOW_TEXT, NOW_TEXT, 1, 0, effect)
    after.ledger[LedgerKey(winner, f"merged#{loser}")] = entry
    change = put(before, after, winner, loser)
    if settle:
        assert POINTERS.shorten(shortened(before, after, change), NOW + timedelta(minutes=minute)) == 0


def test_a_person_is_viewed_in_two_round_trips_by_identifier_and_by_id_also_after_a_merge(
    dynamo: CountedDynamo, monkeypatch: pytest.MonkeyPatch
) -> None:
    stitched(monkeypatch, *seen({"userId": "u1"}, 3), *seen({"anonymousId": "a1"}, 1))
    loser = found("anonymous_id", "a1").id
    stitched(monkeypatch, make_event({"event": "Signed In", "userId": "u1", "anonymousId": "a1"}, 2))
    winner = found("user_id", "u1").id
    assert trips(dynamo, "user_id", "u1") == trips(dynamo, "anonymous_id", "a1") == (winner, 2)
    assert of_id(dynamo, loser) == (winner, 2)
    assert of_id(dynamo, winner) == (winner, 1)
    with dynamo.counted() as cost:
        assert FINDER.by_identifier(key("user_id", "nobody")) is None
        assert FINDER.by_id("nobody") is None
    assert cost.round_trips == 2


@pytest.mark.parametrize("settle", ["each", "the last alone"])
def test_a_chain_of_a_thousand_merges_is_read_in_two_hops(dynamo: CountedDynamo, settle: str) -> None:
    """Worst order: whoever has won loses the next. One merge that settles mends all that came before and didn't."""
    length = 1_000 if settle == "the last alone" else 60
    people = [born(number) for number in range(length + 1)]
    for number in range(length):
        winner, loser = people[number + 1][0], people[number][0]
        merge(winner, loser, number, settle == "each" or number == length - 1)
    end = people[-1][0]
    for profile_id, identifier in (*people[:3], people[length // 2], *people[-3:]):
        assert trips(dynamo, identifier.namespace, identifier.value) == (end, 2)
        assert of_id(dynamo, profile_id) == (end, 1 if profile_id == end else 2)
    with dynamo.counted() as cost:
        assert STORE.people_of({key("email", "0@example.com")}).owner_of(key("email", "0@example.com"), "9") is not None
        assert set(STORE.live_ids([people[0][0]]).values()) == {end}
    assert cost.round_trips == 3 + 2


def test_a_chain_that_nothing_has_shortened_is_followed_to_its_end(dynamo: CountedDynamo) -> None:
    people = [born(number) for number in range(8)]
    for number in range(7):
        merge(people[number + 1][0], people[number][0], number, settle=False)
    assert trips(dynamo, "email", "0@example.com") == (people[-1][0], 9)
    assert of_id(dynamo, people[0][0]) == (people[-1][0], 8)
    assert STORE.profile(people[0][0]) == FINDER.by_id(people[-1][0])


def test_a_pointer_written_late_never_hides_a_later_merge(dynamo: CountedDynamo) -> None:
    people = [born(number) for number in range(3)]
    first = Shortened("P0001", frozenset({key("email", "0@example.com")}), frozenset())
    merge("P0001", "P0000", 1, settle=False)
    merge("P0002", "P0001", 2)
    assert POINTERS.shorten([first], NOW + timedelta(minutes=1)) == 0
    assert trips(dynamo, "email", "0@example.com") == (people[2][0], 2)


def split(identifier: Identifier, leaver: str, stayer: str, minute: int) -> None:
    """One identifier leaves for a new person."""
    profile, one = FINDER.by_id(stayer), hashed(identifier)
    assert profile is not None
    before = People(STORE.ownerships([one.hash]), {stayer: profile})
    after = before.copy()
    stays = {h: i for h, i in profile.identifiers.items() if h != one.hash}
    after.profiles[stayer] = replace(profile, identifiers=stays, was_split=True)
    after.profiles[leaver] = Profile(leaver, identifiers={one.hash: identifier}, was_split=True)
    periods = (Period(leaver, "", f"moved#{one.hash}"),)
    after.ownerships[one.hash] = replace(after.ownerships[one.hash], periods=periods, decisions=2)
    change = Change(frozenset({stayer, leaver}), frozenset({one.hash}), ())
    STORE.put(before, after, change, LIVE, NOW + timedelta(minutes=minute))


def test_after_a_split_an_identifier_leads_to_whom_it_went_whatever_pointers_come_late(dynamo: CountedDynamo) -> None:
    (_, first), (_, second) = born(0), born(1)
    merge("P0001", "P0000", 1)
    split(first, "P0009", "P0001", 2)
    late = Shortened("P0001", frozenset({hashed(first).hash}), frozenset())
    for minute in (1, 3):  # before the split, and from a clock that is ahead
        assert POINTERS.shorten([late], NOW + timedelta(minutes=minute)) == 0
        assert found("email", first.value).id == "P0009"
        assert trips(dynamo, "email", first.value)[1] <= 3
        assert trips(dynamo, "email", second.value) == ("P0001", 2)
    late_again = Shortened("P0009", frozenset({hashed(first).hash}), frozenset())
    POINTERS.shorten([late_again], NOW + timedelta(minutes=4))
    assert trips(dynamo, "email", first.value) == ("P0009", 2)


def test_a_merge_that_was_undone_below_another_is_not_led_past_by_a_pointer(dynamo: CountedDynamo) -> None:
    """P0 into P1 into P2; then P1 is taken out of P2 again, as P9: P0 is P9 too."""
    people = [born(number) for number in range(3)]
    merge("P0001", "P0000", 1)
    merge("P0002", "P0001", 2)
    for one in (people[0][1], people[1][1]):
        leaver = FINDER.by_id("P0009")
        if leaver is None:
            split(one, "P0009", "P0002", 3)
    tombstone = STORE._profiles({"P0001"})["P0001"]
    after = People(profiles={"P0001": replace(tombstone, merged_into="P0009")})
    put(People(profiles={"P0001": tombstone}), after, "P0001")
    assert of_id(dynamo, "P0001")[0] == of_id(dynamo, "P0000")[0] == "P0009"
    assert STORE.live_ids(["P0000", "P0001", "P0002"]) == {"P0000": "P0009", "P0001": "P0009", "P0002": "P0002"}
    assert STORE.profile("P0000") == FINDER.by_id("P0009")


def test_where_pointers_cannot_be_written_the_merge_stands_and_readers_follow(
    dynamo: CountedDynamo, monkeypatch: pytest.MonkeyPatch
) -> None:
    stitched(monkeypatch, *seen({"userId": "u1"}, 3), *seen({"anonymousId": "a1"}, 1))
    throttled = Failing(clients.dynamodb(), "update_item", client_error("ThrottlingException"))
    left: list[int] = []
    monkeypatch.setattr("shared.stores.pointers.dynamodb", lambda: throttled)
    monkeypatch.setattr(
        "functions.stitch_identities.people.count", lambda name, n: left.append(n) if name == "PointersLeft" else None
    )
    stitched(monkeypatch, make_event({"event": "Signed In", "userId": "u1", "anonymousId": "a1"}, 2))
    assert sum(left) == throttled.calls == 1
    assert trips(dynamo, "anonymous_id", "a1") == (found("user_id", "u1").id, 3)


def test_a_contested_device_tells_only_whose_its_own_events_are(
    dynamo: CountedDynamo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day, user in enumerate(("alice", "bob"), 1):
        stitched(monkeypatch, make_event({"event": "Seen", "userId": user, "anonymousId": "kiosk"}, day))
    one = FINDER.by_identifier(key("anonymous_id", "kiosk"))
    assert one is not None
    assert (one.contested, one.profile) == (True, None)
    stitched(monkeypatch, make_event({"event": "Seen", "anonymousId": "kiosk"}, 3))
    assert found("anonymous_id", "kiosk").id == one.profile_id
    assert one.profile_id not in {found("user_id", "alice").id, found("user_id", "bob").id}
