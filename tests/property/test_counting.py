"""Counting: any order of batches, halves, repeats, retries and batches brought back leaves the same totals."""

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.counting import CountedRecord, Counts, with_run
from shared.domain.outcomes import Tally

MANY = 14
TALLIES = [Tally(received=n % 3 + 1, stored=n % 3, duplicate=1, notes={f"note {n % 2}": 1}) for n in range(MANY)]

# A slice of the shard, and which of its records wait for a retry this time.
slices = st.tuples(st.integers(0, MANY - 1), st.integers(1, 6), st.sets(st.integers(0, MANY - 1)))


def run(start: int, length: int, waiting: set[int]) -> list[CountedRecord]:
    places = range(start, min(MANY, start + length))
    return [CountedRecord(1000 + 7 * place, TALLIES[place], place not in waiting) for place in places]


def received(places: set[int]) -> int:
    return sum(TALLIES[place].received for place in places)


def ended(places: set[int]) -> int:
    return sum(TALLIES[place].ended for place in places)


@given(st.lists(slices))
def test_each_record_is_received_once_and_ends_once(batches: list[tuple[int, int, set[int]]]) -> None:
    counts, seen, done = Counts(), set[int](), set[int]()
    for start, length, waiting in batches:
        places = set(range(start, min(MANY, start + length)))
        counts = with_run(counts, run(start, length, waiting))
        seen |= places
        done |= places - waiting
        assert counts.totals.received == received(seen)
        assert counts.totals.ended == ended(done)
        assert counts.totals.waiting == received(seen - done)
        assert all((1000 + 7 * place in counts.pending) == (place in seen - done) for place in seen)
        assert all((1000 + 7 * place in counts.counted) == (place in seen) for place in range(MANY))


@given(st.lists(slices), st.integers(0, 20))
def test_ranges_that_lie_apart_are_as_good_as_those_in_hand(
    batches: list[tuple[int, int, set[int]]], moved_at: int
) -> None:
    counts = whole = Counts()
    older = whole.counted
    for turn, (start, length, _) in enumerate(batches):
        if turn == moved_at:
            older, counts = counts.counted, Counts(counts.totals, has_older=True)
        counts = with_run(counts, run(start, length, set()), older)
        whole = with_run(whole, run(start, length, set()))
        assert counts.totals == whole.totals


@given(st.lists(slices))
def test_nothing_waits_in_the_end(batches: list[tuple[int, int, set[int]]]) -> None:
    counts = Counts()
    for start, length, waiting in [*batches, (0, MANY, set[int]())]:
        counts = with_run(counts, run(start, length, waiting))
    counts = with_run(counts, run(0, MANY, set()))
    assert (counts.totals.waiting, counts.pending.spans) == (0, ())
