"""What lies under a person's own keys: events, items of the profiles table, and entries of the ledger."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from functions.carry_out_requests.noting import ITEMS, LEDGER
from functions.carry_out_requests.working import Work
from shared.aws.batching import chunks
from shared.aws.dynamo import Key, batch_get, delete_items, query
from shared.stores.keys import BASELINE, anchor_pk, consent_pk, identifier_pk, profile_pk

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Items:
    """Items of a table under keys that are looked up anew each time."""

    table: Callable[[Work], str]
    keys: Callable[[Work], Iterable[Key]]

    def found(self, work: Work) -> int:
        return sum(1 for _ in self.keys(work))

    def erase(self, work: Work, after: str = "") -> Iterator[str]:
        for some in chunks(self.keys(work), _AT_ONCE):
            delete_items(self.table(work), some)
            yield ""


def own_events(work: Work) -> Iterator[Key]:
    """Also those of contested devices, while they were theirs."""
    for hashed in sorted(work.person.ownerships):
        for item in query(work.doors.events.table, anchor_pk(hashed), consistent=True, names=("time",)):
            if work.person.owns(hashed, item["time"]):
                yield item["pk"], item["sk"]


def own_identifiers(work: Work) -> Iterator[Key]:
    """Identifier items with what lies beside them, baselines of their periods, and what others' identifiers say."""
    table = work.doors.profiles.profiles_table
    for hashed in sorted(work.person.whole):
        yield from _keys(table, identifier_pk(hashed))
    for hashed in sorted(work.person.shared):
        for item in query(table, identifier_pk(hashed), prefix=BASELINE, consistent=True, names=("v",)):
            if work.person.owns(hashed, item["sk"].removeprefix(BASELINE)):
                yield item["pk"], item["sk"]
    yield from batch_get(table, work.noted.get(ITEMS, []), consistent=True, names=("v",))


def own_profiles(work: Work) -> Iterator[Key]:
    """Profile items with their buckets, and tombstones."""
    for profile_id in sorted(work.person.profile_ids):
        yield from _keys(work.doors.profiles.profiles_table, profile_pk(profile_id))


def own_entries(work: Work) -> Iterator[Key]:
    for pk in [*map(profile_pk, work.person.profile_ids), *map(identifier_pk, work.person.whole)]:
        yield from _keys(work.doors.ledger, pk)
    yield from batch_get(work.doors.ledger, work.noted.get(LEDGER, []), consistent=True, names=("v",))


def own_consents(work: Work) -> Iterator[Key]:
    """Consent records: of contested devices those of the time while they were theirs."""
    for hashed in sorted(work.person.ownerships):
        for pk, sk in _keys(work.doors.ledger, consent_pk(hashed)):
            if work.person.owns(hashed, sk.partition("#")[0]):
                yield pk, sk


def _keys(table: str, pk: str) -> Iterator[Key]:
    return ((item["pk"], item["sk"]) for item in query(table, pk, consistent=True, names=("v",)))
