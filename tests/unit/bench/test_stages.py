"""One event's way put together by its correlation id."""

import pytest

from bench.waiting.stages import STAGES, Sent, percentile, rows, ways

FIRST, SECOND = Sent("c1", 100.0, 100.05), Sent("c2", 200.0, 200.1)


def test_each_stage_is_counted_from_the_call_and_what_never_came_is_told() -> None:
    stored, folded = {"c1": 100.1, "c2": 200.2}, {"c1": 100.2, "c2": 200.3}
    told = rows(ways([FIRST, SECOND], stored, folded, {"c2": 200.4}, {}))
    assert [row[0] for row in told] == [*STAGES]
    assert told[0] == (STAGES[0], pytest.approx(50, abs=0.1), *[pytest.approx(100, abs=0.1)] * 3, 0)
    assert told[3] == (STAGES[3], *[pytest.approx(400, abs=0.1)] * 4, 1)
    assert told[4] == (STAGES[4], None, None, None, None, 2)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    ordered = [float(n) for n in range(1, 101)]
    assert [percentile(ordered, share) for share in (50, 90, 99, 100)] == [50, 90, 99, 100]
    assert percentile([7.0], 50) == 7.0
