"""When a failed delivery is tried again."""

from hypothesis import given
from hypothesis import strategies as st

from functions.deliver.backoff import MOST_RECEIVES, delay

HOUR = 3600


def test_the_schedule_is_that_of_standard_webhooks_and_lasts_two_days() -> None:
    waits = [delay(receives, jitter=0.5) for receives in range(1, MOST_RECEIVES)]
    assert waits == [5, 300, 1800, 2 * HOUR, 5 * HOUR, *[10 * HOUR] * 4]
    assert 40 * HOUR < sum(waits) < 60 * HOUR


@given(st.integers(1, 100), st.floats(0, 1), st.integers(0, 10**9))
def test_no_wait_is_longer_than_a_queue_allows_or_shorter_than_asked_within_an_hour(
    receives: int, jitter: float, asked: int
) -> None:
    wait = delay(receives, jitter, asked)
    assert min(asked, HOUR) <= wait < 12 * HOUR


@given(st.floats(0, 1))
def test_jitter_spreads_by_a_fifth_to_either_side(jitter: float) -> None:
    assert 240 <= delay(2, jitter) <= 360
