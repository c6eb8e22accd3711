"""Workers that stitch with the real code over the real store, and what must hold whatever way they took."""

from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from typing import Any, NamedTuple

import pytest

from functions.stitch_identities import people
from functions.stitch_identities.people import Unfinished
from functions.stitch_identities.settings import Doors
from shared.aws import clients
from shared.aws.dynamo import to_attributes, to_python
from shared.domain.computing import DECLARED
from shared.domain.events import Event, HashedIdentifier
from shared.domain.identity_ledger import who_is_who
from shared.domain.identity_rules import RULES, IdentityRules
from shared.domain.profiles import Profile
from shared.people import rebuilding
from shared.people.rebuilding import Rebuilding
from shared.stores import pointers
from shared.stores.catalogue_store import VersionConflictError
from shared.stores.event_store import EventStore, to_item
from shared.stores.freezes import Freezes
from shared.stores.group_store import GroupStore
from shared.stores.identity_log import decisions_in
from shared.stores.lag_notes import LagNotes
from shared.stores.pointers import Pointers
from shared.stores.profile_finder import ProfileFinder
from shared.stores.profile_items import to_profile
from shared.stores.profile_store import ContentionError, ProfileStore, WriteReason
from shared.stores.recorded_changes import Change
from shared.stores.waits import Waits
from tests.erased import NobodyErased
from tests.fakes.dynamo import FakeDynamo, answering, fake_client
from tests.fakes.parts import Tables
from tests.interleaving.workers import Replay, Worker
from tests.people import NOW, Cdp, contents


class Configured(NamedTuple):
    """Stands for what a stage has configured, and never changes."""

    value: Any

    def get(self) -> Any:
        return self.value

    fresh = get


class Uncounted:
    """Notes on the health of sources are beside the point, and no condition stands on them."""

    def note(self, *_: object) -> None: ...


def doors(rules: IdentityRules = RULES) -> Doors:
    configured: Any = {"rules": Configured(rules), "declared": Configured(DECLARED)}
    return Doors(
        events=EventStore("events"),
        profiles=ProfileStore("profiles", "ledger"),
        pointers=Pointers("profiles"),
        counts=Uncounted(),  # type: ignore[arg-type]
        groups=GroupStore("profiles"),
        suppressions=NobodyErased(),
        lag=LagNotes("ledger", ""),
        waits=Waits("ledger"),
        retries_queue_url="",
        **configured,
    )


DOORS = doors()


class InTurn:
    """Stands for a pool of threads: what they write is shared by nobody, so their order is of no account."""

    map = staticmethod(map)

    def __init__(self, _: int) -> None: ...

    def __enter__(self) -> "InTurn":
        return self

    def __exit__(self, *_: object) -> None: ...


def replaying(monkeypatch: pytest.MonkeyPatch) -> Replay:
    """Two runs of the same code are equal, and DynamoDB is the replay's."""
    replay = Replay()
    stand_still(monkeypatch)
    for module in (people, rebuilding):  # the next try is the same, by the retry queue
        monkeypatch.setattr(module, "MOST_TRIES", 1)
    monkeypatch.setattr(people, "_new_id", replay.new_id)
    monkeypatch.setattr(clients, "_client", cache(lambda _: replay.client))
    return replay


def stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No clock goes on, no thread is started and nothing is counted."""
    clock = type("Clock", (datetime,), {"now": classmethod(lambda cls, tz=None: NOW + timedelta(minutes=1))})
    for module in (people, rebuilding):
        monkeypatch.setattr(module, "datetime", clock)
    for module in (people, pointers):
        monkeypatch.setattr(module, "ThreadPoolExecutor", InTurn)
    monkeypatch.setattr(people, "count", lambda *_: None)


def stitching(name: str, *events: Event) -> Worker:
    """What it could not do comes again from the retry queue, until all is done."""
    by_key = {event.key: event for event in events}

    def run(keys: Any) -> Hashable | None:
        unfinished = people.stitch_events(DOORS, [by_key[key] for key in keys], "live")
        return tuple(event.key for event in (*unfinished.events, *unfinished.held)) or None

    return Worker(name, run, tuple(by_key))


def rebuilding_of(name: str, profile_id: str) -> Worker:
    def run(_: Any) -> Hashable | None:
        try:
            is_done = DOORS.rebuilder.rebuild(profile_id, WriteReason("rebuild")) != Rebuilding.FROZEN
        except ContentionError:
            is_done = False
        return None if is_done else profile_id

    return Worker(name, run, profile_id)


def finding(name: str, identifier: HashedIdentifier) -> Worker:
    """A reader who must find somebody live who holds the identifier, whatever is being written."""

    def run(_: Any) -> None:
        found = ProfileFinder("profiles").by_identifier(identifier.hash)
        assert found is not None
        assert found.profile is not None
        assert identifier.hash in found.profile.identifiers

    return Worker(name, run, ())


def freezing(name: str, profile_id: str) -> Worker:
    """An operator who freezes a person, and unfreezes them: nothing may have changed meanwhile."""
    freezes = Freezes("profiles", "ledger")

    def run(frozen: Any) -> Hashable | None:
        profile = DOORS.profiles.profile(profile_id)
        assert profile is not None
        assert not frozen or frozen == (profile.id, profile.version)
        change = Change(name, NOW, "unfrozen" if frozen else "frozen", profile.version, profile.version + 1)
        try:
            freezes.put(profile, "" if frozen else name, change)
        except VersionConflictError:
            return frozen
        return None if frozen else (profile.id, change.after)

    return Worker(name, run, ())


def after(*batches: list[Event], later: Iterable[Event] = (), rules: IdentityRules = RULES) -> Tables:
    """Tables with the people of these batches, stitched one after the other, and with events that are to be."""
    tables = stored([*(event for batch in batches for event in batch), *later])
    ids = count(1)
    with over(tables) as patch:
        patch.setattr(people, "_new_id", lambda: f"p{next(ids)}")
        for batch in batches:
            assert people.stitch_events(doors(rules), batch, "live") == Unfinished()
    return tables


@contextmanager
def over(tables: Tables) -> Iterator[pytest.MonkeyPatch]:
    """Stores read and write these tables."""
    fake = FakeDynamo(tables)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_client(), "_make_api_call", answering(_client(), fake.call))
        patch.setattr(clients, "_client", cache(lambda _: _client()))
        yield patch


@cache
def _client() -> Any:
    """Made once: that takes longer than to check an outcome."""
    return fake_client(FakeDynamo().call)


def stored(events: Iterable[Event]) -> Tables:
    """Tables that hold these events, and nobody yet."""
    items = [to_attributes(to_item(event, 36_500)) for event in events]
    return {
        "profiles": {},
        "ledger": {},
        "events": {(i["pk"]["S"], i["sk"]["S"]): i for i in items},
        "suppressions": {},
    }


def everybody(tables: Tables) -> list[Profile]:
    return [to_profile(to_python(item)) for (_, sk), item in tables["profiles"].items() if sk == "P"]


def check(tables: Tables, events: Iterable[Event]) -> None:
    """Nothing is lost or doubled, the identity ledger says the same as the items, and a rebuild changes nothing."""
    found = everybody(tables)
    live = [profile for profile in found if not profile.is_merged]
    merged = {profile.id: profile.merged_into for profile in found if profile.is_merged}
    assert sum(profile.state.event_count for profile in live) == len({event.key for event in events})
    assert {sk: item["winner"]["S"] for (pk, sk), item in tables["ledger"].items() if pk.startswith("M#")} == merged
    before = {name: dict(table) for name, table in tables.items()}
    with over(tables):
        known = DOORS.profiles.people_of({i.hash for event in events for i in event.identifiers})
        for profile in live:
            assert DOORS.rebuilder.rebuild(profile.id, WriteReason("rebuild")) == Rebuilding.SAME
    assert tables == before
    entries = [to_python(item) for (pk, _), item in tables["ledger"].items() if pk.startswith("P#")]
    decided = who_is_who(one for entry in entries for one in decisions_in(entry))
    assert decided.merged_into == merged
    assert decided.periods == {hashed: ownership.periods for hashed, ownership in known.ownerships.items()}
    assert {e["count"] for e in entries if not e["sk"].startswith("demoted#")} <= {1}
    owners = [known.owner_of(event.identifiers[0].hash, event.time) for event in events]
    assert {owner.id for owner in owners if owner} == {profile.id for profile in live}


def content(tables: Tables) -> Any:
    return contents(profile for profile in everybody(tables) if not profile.is_merged)


def folded(events: Iterable[Event]) -> Any:
    """What the pure fold of the events says, in the order they are given."""
    return contents(Cdp().take(events).live)
