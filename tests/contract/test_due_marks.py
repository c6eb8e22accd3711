"""The doors to marks of moments and to how far their sweep came."""

from datetime import UTC, datetime, timedelta

from shared.aws.dynamo import put_items
from shared.stores.due_marks import KEPT, SHARDS, DueMarks, Mark, key_of_mark, mark_item
from shared.stores.sweep_progress import LONGEST, SweepProgress
from shared.stores.tables import LEDGER
from tests.contract.conftest import Dynamo

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
MINUTE = "2026-11-21T09:31"
PEOPLE = [f"01KAK3J8V2N5Q0T4W6Y8Z1B3{number:02d}" for number in range(40)]


def test_marks_are_found_by_minute_and_moment_and_only_those_forgotten_go(dynamo: Dynamo) -> None:
    marks = [Mark(f"{MINUTE}:{59 - number:02d}.250Z", person) for number, person in enumerate(PEOPLE)]
    later = Mark("2026-11-21T09:32:00.000Z", PEOPLE[0])
    again = Mark(f"{MINUTE}:00.000Z", PEOPLE[0])
    put_items(dynamo.table(LEDGER), map(mark_item, [*marks, later, again]))
    store = DueMarks(dynamo.table(LEDGER))
    found = [[*store.of_minute(MINUTE, shard)] for shard in range(SHARDS)]
    assert all(of == sorted(of) for of in found)
    assert sorted(mark for of in found for mark in of) == sorted([*marks, again])
    assert sum(map(bool, found)) > SHARDS / 2, "they are spread"
    store.forget([*marks, Mark("2026-11-21T09:33:00.000Z", PEOPLE[1])])
    left = dynamo.items(LEDGER)
    assert sorted((item["pk"], item["sk"]) for item in left) == sorted(map(key_of_mark, (again, later)))
    assert {item["ttl"] for item in left} == {int((NOW + KEPT).timestamp()) + 60, int((NOW + KEPT).timestamp()) + 120}


def test_one_sweep_is_under_way_and_the_next_begins_where_it_ended(dynamo: Dynamo) -> None:
    progress = SweepProgress(dynamo.table(LEDGER))
    assert progress.begin(NOW) == "2026-11-21T09:25"
    assert progress.begin(NOW + timedelta(seconds=1)) is None
    assert progress.begin(NOW + LONGEST) == "2026-11-21T09:26", "one that was killed isn't in the way for ever"
    progress.end("2026-11-21T09:20")
    assert progress.begin(NOW + timedelta(days=3)) == "2026-11-21T09:20"
