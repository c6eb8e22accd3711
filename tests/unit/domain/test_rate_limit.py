"""The token bucket of a source."""

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.rate_limit import BURST_SECONDS, Bucket, take


def test_a_first_request_passes_and_its_events_are_taken() -> None:
    assert take(None, 5, 10, now=0.0) == (Bucket(15.0, 0.0), 0)


def test_a_batch_larger_than_the_bucket_passes_once_and_is_paid_back() -> None:
    bucket, wait = take(None, 100, 10, now=0.0)
    assert wait == 0
    bucket, wait = take(bucket, 1, 10, now=1.0)
    assert wait == 8
    assert take(bucket, 1, 10, now=1.0 + wait)[1] == 0


@given(st.integers(1, 1000), st.lists(st.tuples(st.integers(1, 2500), st.floats(0, 30)), min_size=1, max_size=40))
def test_no_source_gets_through_more_than_its_rate_a_burst_and_one_batch(
    per_second: int, requests: list[tuple[int, float]]
) -> None:
    bucket, now, passed = None, 0.0, 0
    for events, pause in requests:
        now += pause
        bucket, wait = take(bucket, events, per_second, now)
        passed += events if wait == 0 else 0
    largest = max(events for events, _ in requests)
    assert passed <= per_second * (now + BURST_SECONDS) + largest + 1e-6


@given(st.integers(1, 1000), st.integers(1, 2500))
def test_who_waits_as_long_as_told_is_let_through(per_second: int, events: int) -> None:
    bucket, _ = take(None, 2 * per_second + events, per_second, 0.0)
    bucket, wait = take(bucket, 1, per_second, 0.0)
    assert wait > 0
    assert take(bucket, 1, per_second, float(wait))[1] == 0
