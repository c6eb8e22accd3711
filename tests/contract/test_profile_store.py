"""What the door to profiles promises: people read whole, and written whole or not at all, whoever else is writing."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from threading import Barrier
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.domain import profiles
from shared.domain.baselines import Baseline, BaselineKey
from shared.domain.events import Event, HashedIdentifier
from shared.domain.identifiers import Identifier
from shared.domain.identity import Ownership, Period
from shared.domain.profiles import Profile, has_folded
from shared.domain.remembered import bucket_of
from shared.domain.state import ProfileState, fold
from shared.domain.stitching import Change, People, grouped, stitch
from shared.stores.identity_log import IdentityLog
from shared.stores.merge_log import MergeLog
from shared.stores.profile_items import ProfileTooLargeError
from shared.stores.profile_store import ContentionError, ProfileStore, TooManyWritesError, WriteReason
from shared.stores.tables import LEDGER, PROFILES
from tests.contract.conftest import Dynamo
from tests.faults import Failing, client_error
from tests.people import NOW, hashed, hashes_of, make_event

LIVE = WriteReason()
ANONYMOUS = make_event({"anonymousId": "a1", "event": "Seen"}, 1)
KNOWN = make_event({"userId": "u1", "event": "Signed In", "type": "identify", "traits": {"plan": "pro"}}, 2)
BOTH = make_event({"userId": "u1", "anonymousId": "a1", "event": "Signed In"}, 3)
LATER = make_event({"anonymousId": "a1", "event": "Seen"}, 4)


@dataclass
class Worker:
    """Reads people, stitches events in memory, and writes when it is told to."""

    store: ProfileStore
    before: People
    after: People
    changes: list[Change]

    def write(self, now: datetime = NOW) -> None:
        for change in self.changes:
            self.store.put(self.before, self.after, change, LIVE, now)


_IDS = count(1)


def reading(store: ProfileStore, *events: Event) -> Worker:
    before = store.people_of(hashes_of(*events), {bucket_of(event) for event in events})
    after = before.copy()
    changes = (stitch(after, event, lambda: f"p{next(_IDS):04}", NOW) for event in events)
    return Worker(store, before, after, grouped(change for change in changes if change))


def stitched(store: ProfileStore, *events: Event) -> None:
    for event in events:
        reading(store, event).write()


def who(store: ProfileStore, event: Event) -> Profile:
    owner = store.people_of(hashes_of(event)).owner_of(event.identifiers[0].hash, event.time)
    assert owner is not None
    return owner


def everything(dynamo: Dynamo) -> list[Any]:
    return [dynamo.items(PROFILES), dynamo.items(LEDGER)]


@pytest.fixture
def store(dynamo: Dynamo, monkeypatch: pytest.MonkeyPatch) -> ProfileStore:
    monkeypatch.setattr("shared.aws.batching.time.sleep", lambda _: None)
    return ProfileStore(dynamo.table(PROFILES), dynamo.table(LEDGER))


def test_people_come_back_as_they_were_written(store: ProfileStore) -> None:
    worker = reading(store, ANONYMOUS, KNOWN, BOTH)
    worker.write()
    found = store.people_of(hashes_of(BOTH))
    assert found.ownerships == worker.after.ownerships
    person, written = (
        who(store, BOTH),
        worker.after.live(worker.after.ownerships[BOTH.identifiers[0].hash].periods[0][0]),
    )
    assert (person.identifiers, person.state) == (written.identifiers, written.state)
    assert person.version == 1
    assert store.profile(person.id) == person


def test_what_nobody_has_written_is_nobody(store: ProfileStore) -> None:
    assert store.people_of(hashes_of(BOTH)) == People()
    assert store.people_of([]) == People()
    assert store.profile("nobody") is None
    assert store.baselines([BaselineKey("nobody", "")]) == {}


def test_a_merged_id_leads_to_who_it_is_now(store: ProfileStore, dynamo: Dynamo) -> None:
    stitched(store, ANONYMOUS, KNOWN)
    ids = {who(store, ANONYMOUS).id, who(store, KNOWN).id}
    stitched(store, BOTH)
    person = who(store, BOTH)
    (loser,) = ids - {person.id}
    assert store.profile(loser) == store.profile(person.id) == person
    assert store.live_ids([*ids, "nobody"]) == {loser: person.id, person.id: person.id, "nobody": "nobody"}
    assert person.state.event_count == 3
    assert [(m.loser, m.winner) for m in MergeLog(dynamo.table(LEDGER)).of_day("2026-11-21")] == [(loser, person.id)]


def test_a_profile_that_changed_since_it_was_read_is_not_written_nor_is_anything_beside_it(
    store: ProfileStore, dynamo: Dynamo
) -> None:
    stitched(store, ANONYMOUS)
    late, soon = reading(store, BOTH), reading(store, LATER)
    soon.write()
    before = everything(dynamo)
    with pytest.raises(ContentionError):
        late.write()
    assert everything(dynamo) == before
    stitched(store, BOTH)
    assert who(store, BOTH).state.event_count == 3


def test_an_identifier_is_claimed_by_one_of_two_who_both_saw_it_free(store: ProfileStore, dynamo: Dynamo) -> None:
    first, second = reading(store, KNOWN), reading(store, BOTH)
    first.write()
    before = everything(dynamo)
    with pytest.raises(ContentionError):
        second.write()
    assert everything(dynamo) == before


def test_an_identifier_that_changed_hands_since_it_was_read_is_not_claimed(store: ProfileStore) -> None:
    alice = make_event({"userId": "alice", "anonymousId": "d1", "event": "Seen"}, 1)
    rivals = [make_event({"userId": name, "anonymousId": "d1", "event": "Seen"}, 2) for name in ("bob", "carol")]
    stitched(store, alice)
    workers = [reading(store, rival) for rival in rivals]
    workers[0].write()
    with pytest.raises(ContentionError):
        workers[1].write()


def test_one_write_too_many_for_a_transaction_writes_nothing(store: ProfileStore, dynamo: Dynamo) -> None:
    events = [make_event({"userId": "u1", "traits": {"email": f"{n}@x.com"}, "event": "Seen"}, n) for n in range(5)]
    events += [make_event({"userId": f"v{n}", "anonymousId": f"b{n}", "event": "Seen"}, n) for n in range(60)]
    worker = reading(store, *events)
    whole = Change(
        frozenset().union(*(change.profiles for change in worker.changes)),
        frozenset().union(*(change.identifiers for change in worker.changes)),
        tuple(events),
    )
    with pytest.raises(TooManyWritesError):
        store.put(worker.before, worker.after, whole, LIVE, NOW)
    assert everything(dynamo) == [[], []]
    worker.write()
    assert sum(item["sk"] == "P" for item in dynamo.items(PROFILES)) == 61


def put_large(store: ProfileStore, user: str, text: str) -> HashedIdentifier:
    """A person whose state takes the bytes of a text, and the identifier that leads to them."""
    known = hashed(Identifier("user_id", user))
    whole = Profile(f"of-{user}", identifiers={known.hash: known.identifier}, state=ProfileState(last_seen=text))
    owned = Ownership(known, (Period(whole.id, "", f"attached#{known.hash}"),))
    after = People({known.hash: owned}, {whole.id: whole})
    store.put(People(), after, Change(frozenset({whole.id}), frozenset({known.hash}), ()), LIVE, NOW)
    return known


def test_a_profile_too_large_for_an_item_is_refused_before_anything_is_written(
    store: ProfileStore, dynamo: Dynamo
) -> None:
    with pytest.raises(ProfileTooLargeError):
        put_large(store, "u1", "가" * 140_000)
    assert everything(dynamo) == [[], []]


def test_a_person_of_many_bytes_is_written_and_read(store: ProfileStore) -> None:
    known = put_large(store, "u1", "가" * 120_000)
    found = store.people_of([known.hash]).owner_of(known.hash, "9999")
    assert found is not None
    assert found.state.last_seen == "가" * 120_000


@pytest.mark.parametrize(
    "error",
    [
        client_error("TransactionCanceledException", ("TransactionConflict", "None")),
        client_error("TransactionCanceledException", ("None", "ThrottlingError")),
        client_error("TransactionCanceledException", ("ProvisionedThroughputExceeded", "ConditionalCheckFailed")),
        client_error("TransactionInProgressException"),
        client_error("ThrottlingException"),
        client_error("ProvisionedThroughputExceededException"),
        client_error("RequestLimitExceeded"),
        client_error("InternalServerError"),
    ],
    ids=lambda error: str(error.response.get("CancellationReasons", error.response["Error"]["Code"])),
)
def test_what_another_try_may_mend_is_contention(
    store: ProfileStore, dynamo: Dynamo, monkeypatch: pytest.MonkeyPatch, error: ClientError
) -> None:
    failing = Failing(dynamo.client, "transact_write_items", error, times=1)
    monkeypatch.setattr("shared.stores.profile_store.dynamodb", lambda: failing)
    with pytest.raises(ContentionError):
        stitched(store, BOTH)
    assert everything(dynamo) == [[], []]
    stitched(store, BOTH)
    assert who(store, BOTH).state.event_count == 1


@pytest.mark.parametrize(
    "error",
    [
        client_error("TransactionCanceledException", ("TransactionConflict", "ValidationError")),
        client_error("ValidationException"),
        client_error("AccessDeniedException"),
        client_error("ResourceNotFoundException"),
    ],
    ids=lambda error: str(error.response.get("CancellationReasons", error.response["Error"]["Code"])),
)
def test_what_no_other_try_mends_is_raised_as_it_is(
    store: ProfileStore, dynamo: Dynamo, monkeypatch: pytest.MonkeyPatch, error: ClientError
) -> None:
    failing = Failing(dynamo.client, "transact_write_items", error)
    monkeypatch.setattr("shared.stores.profile_store.dynamodb", lambda: failing)
    with pytest.raises(ClientError) as raised:
        stitched(store, BOTH)
    assert raised.value is error


class Partly:
    """Stands before a client: of a batch of keys only the first comes back, so often; the others are unprocessed."""

    def __init__(self, client: Any, times: int) -> None:
        self._client, self.left = client, times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def batch_get_item(self, RequestItems: dict[str, Any]) -> Any:  # noqa: N803
        ((table, request),) = RequestItems.items()
        if self.left <= 0 or len(request["Keys"]) == 1:
            return self._client.batch_get_item(RequestItems=RequestItems)
        self.left -= 1
        first, others = request["Keys"][:1], request["Keys"][1:]
        answer = self._client.batch_get_item(RequestItems={table: {**request, "Keys": first}})
        return {"Responses": answer["Responses"], "UnprocessedKeys": {table: {**request, "Keys": others}}}


def test_keys_left_unprocessed_are_read_again(
    store: ProfileStore, dynamo: Dynamo, monkeypatch: pytest.MonkeyPatch
) -> None:
    stitched(store, ANONYMOUS, KNOWN)
    expected = store.people_of(hashes_of(BOTH))
    assert len(expected.profiles) == 2
    partly = Partly(dynamo.client, times=3)
    monkeypatch.setattr("shared.aws.dynamo.dynamodb", lambda: partly)
    assert store.people_of(hashes_of(BOTH)) == expected
    assert partly.left == 0


def test_keys_that_stay_unprocessed_are_contention(
    store: ProfileStore, dynamo: Dynamo, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Never:
        def batch_get_item(self, RequestItems: dict[str, Any]) -> Any:  # noqa: N803
            return {"Responses": {}, "UnprocessedKeys": RequestItems}

    monkeypatch.setattr("shared.aws.dynamo.dynamodb", Never)
    with pytest.raises(ContentionError):
        store.people_of(hashes_of(BOTH))


def test_more_people_than_one_answer_holds_are_read_whole(store: ProfileStore) -> None:
    known = [put_large(store, f"u{number}", "x" * 250_000) for number in range(70)]
    people = store.people_of([one.hash for one in known]).profiles.values()
    assert sum(len(person.state.last_seen) for person in people) == 70 * 250_000


def test_the_ledger_counts_a_decision_made_again_and_keeps_what_it_said_first(
    store: ProfileStore, dynamo: Dynamo
) -> None:
    alice = make_event({"userId": "alice", "traits": {"email": "x@x.com"}, "event": "Seen"}, 1)
    bobs = [make_event({"userId": "bob", "traits": {"email": "x@x.com"}, "event": "Seen"}, day) for day in (3, 2, 4)]
    stitched(store, alice, *bobs)
    (entry,) = [item for item in dynamo.items(LEDGER) if item["sk"].startswith("demoted#")]
    assert (entry["count"], entry["reason"], entry["event"]) == (3, "limit:user_id", bobs[0].key)
    assert (entry["first"], entry["last"]) == (bobs[0].time, bobs[2].time)


def test_what_the_event_that_made_somebody_attached_lies_in_one_entry_of_the_ledger(
    store: ProfileStore, dynamo: Dynamo
) -> None:
    mail = make_event({"userId": "u1", "traits": {"email": "x@x.com"}, "event": "Seen"}, 4)
    stitched(store, BOTH, mail)
    person, (user, device) = who(store, BOTH), [identifier.hash for identifier in BOTH.identifiers]
    email = mail.identifiers[1].hash
    written = [item["sk"] for item in dynamo.items(LEDGER) if item["pk"] == f"P#{person.id}"]
    assert sorted(written) == [f"attached#{email}", "created"]
    log = IdentityLog(dynamo.table(LEDGER))
    found = {one.entry: one for one in log.of_profile(person.id)}
    assert found.keys() == {"created", *(f"attached#{hashed}" for hashed in (user, device, email))}
    for one in found.values():
        event = mail if one.entry == f"attached#{email}" else BOTH
        assert (one.event, one.first, one.count) == (event.key, event.time, 1)
        assert one.reason == ("no_owner" if one.entry == "created" else "seen_together")
    assert found[f"attached#{device}"].effect == {"n": 1, "through": [user, device]}
    for entry in (f"attached#{device}", f"attached#{email}"):
        assert log.get([(person.id, entry)]) == {(person.id, entry): found[entry]}
    assert log.get([(person.id, "attached#nobody")]) == {}


def test_a_demotion_leads_from_the_identifier_to_the_event(store: ProfileStore) -> None:
    alice = make_event({"userId": "alice", "traits": {"email": "x@x.com"}, "event": "Seen"}, 1)
    bobs = [make_event({"userId": "bob", "traits": {"email": "x@x.com"}, "event": "Seen"}, day) for day in (2, 3)]
    stitched(store, alice, *bobs)
    email = alice.identifiers[1].hash
    assert store.demoted(hashes_of(alice, *bobs)) == {bob.key: {email} for bob in bobs}
    assert store.demoted([]) == {}


def test_what_busy_anchors_remember_is_found_in_its_buckets_merges_followed(
    store: ProfileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiles, "MOST_INSIDE", 3)
    names = ({"userId": "u1"}, {"anonymousId": "a1"})
    sides = [[make_event({**name, "event": "Seen"}, day) for day in range(9)] for name in names]
    for side in sides:
        stitched(store, *side)
    stitched(store, BOTH)
    events = [event for side in sides for event in side]
    assert reading(store, *events, BOTH).changes == []
    whole = store.with_buckets(who(store, BOTH))
    assert whole.busy
    assert all(has_folded(whole, event) for event in (*events, BOTH))
    assert not has_folded(whole, make_event({"anonymousId": "a1", "event": "Seen"}, 9))


def test_a_baseline_is_written_on_condition_that_it_is_as_it_was_read(store: ProfileStore) -> None:
    key = BaselineKey("anchor", "")
    one, two = (Baseline(key, until, fold(ProfileState(), KNOWN, ())) for until in (10, 20))
    store.put_baseline(None, one)
    for before in (None, two):
        with pytest.raises(ContentionError):
            store.put_baseline(before, two)
    assert store.baselines([key]) == {key: one}
    store.put_baseline(one, two)
    assert store.baselines([key, BaselineKey("other", "")]) == {key: two}


def test_threads_that_write_one_person_lose_nothing(store: ProfileStore, dynamo: Dynamo) -> None:
    dynamo.cannot("moto", "loses updates between threads")
    events = [make_event({"userId": "u1", "anonymousId": f"a{n}", "event": "Seen"}, n) for n in range(12)]
    all_have_read = Barrier(len(events))

    def work(event: Event) -> int:
        worker = reading(store, event)
        all_have_read.wait(60)
        for tries in count(1):
            try:
                worker.write()
            except ContentionError:
                worker = reading(store, event)
                continue
            return tries
        raise AssertionError

    with ThreadPoolExecutor(len(events)) as pool:
        tries = list(pool.map(work, events))
    person = who(store, KNOWN)
    assert (person.state.event_count, person.version) == (12, 12)
    assert sum(tries) >= 23, "of those who read the same only one can have written"
