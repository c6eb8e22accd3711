"""Times that were read are kept for the next who asks, in as little memory as a thousand of them need."""

from datetime import UTC, datetime

import pytest

from shared.domain import times
from shared.domain.times import from_text

WHEN = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def test_a_time_is_read_once() -> None:
    times._kept.cache_clear()
    assert [from_text("2026-11-21T18:30:00.000+09:00") for _ in range(3)] == [WHEN] * 3
    assert (times._kept.cache_info().misses, times._kept.cache_info().hits) == (1, 2)


@pytest.mark.parametrize("text", ["2026-11-21T09:30Z" + " " * 100_000, "2026-11-21T09:30:00." + "0" * 100_000 + "Z"])
def test_a_time_in_a_hundred_kilobytes_is_read_and_not_kept(text: str) -> None:
    times._kept.cache_clear()
    assert from_text(text) == WHEN
    assert times._kept.cache_info().currsize == 0


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "0001-01-01T00:00:00+14:00", "9" * 100])
def test_what_is_no_time_is_refused_each_time(text: str) -> None:
    for _ in range(2):
        with pytest.raises(ValueError):
            from_text(text)
