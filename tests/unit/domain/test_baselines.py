"""Baselines in numbers, and the days between a sweep and what it may cover."""

import pytest

from shared.domain.baselines import DAYS_AHEAD, DAYS_DUE, Baseline, StoredEvent, key_of, swept
from shared.domain.configuration import flaws_in
from shared.domain.sources import LEAST_DAYS, RetentionClass
from tests.people import Cdp, make_event


def test_what_is_stored_after_a_sweep_expires_after_all_that_the_sweep_covered() -> None:
    assert DAYS_DUE < DAYS_AHEAD < LEAST_DAYS


@pytest.mark.parametrize("days", [LEAST_DAYS - 1, 0, -1, 3_651])
def test_a_retention_class_that_a_sweep_could_outrun_is_refused(days: int) -> None:
    (flaw,) = flaws_in(RetentionClass("short", days))
    assert (flaw.field, flaw.fix) == ("days", "30 to 3650 days.")


def test_a_baseline_covers_what_expires_until_its_moment_and_not_twice() -> None:
    events = [make_event({"event": "Seen", "userId": "u1"}, days=n, message_id=f"m{n}") for n in range(4)]
    people = Cdp().take(events).people
    stored = [StoredEvent(event, 10 + number) for number, event in enumerate(events)]
    key = key_of(people, events[0])
    (first,) = swept(people, {}, {}, stored, 11).values()
    assert (first.key, first.covered_until, first.state.event_count) == (key, 11, 2)
    assert swept(people, {key: first}, {}, stored, 11) == {}
    (second,) = swept(people, {key: first}, {}, stored, 12).values()
    assert (second.covered_until, second.state.event_count) == (12, 3)
    assert swept(people, {key: Baseline(key, 12)}, {}, stored[:3], 20) == {}
