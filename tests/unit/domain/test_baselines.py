"""Baselines in numbers, and the days between a sweep and what it may cover."""

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.domain.baselines import DAYS_AHEAD, DAYS_DUE, Baseline, StoredEvent, key_of, swept
from shared.domain.catalogue import LEAST_DAYS, RetentionClass
from tests.people import Cdp, make_event


def test_what_is_stored_after_a_sweep_expires_after_all_that_the_sweep_covered() -> None:
    assert DAYS_DUE < DAYS_AHEAD < LEAST_DAYS


@pytest.mark.parametrize("days", [LEAST_DAYS - 1, 0, -1, 36_501])
def test_a_retention_class_that_a_sweep_could_outrun_is_refused(days: int) -> None:
    with pytest.raises(ValueError, match="30 to 36500 days"):
        RetentionClass("short", days)
    with pytest.raises(ValidationError, match="30 to 36500 days"):
        TypeAdapter(RetentionClass).validate_python({"id": "short", "days": days})


def test_a_baseline_covers_what_expires_until_its_moment_and_not_twice() -> None:
    events = [make_event({"event": "Seen", "userId": "u1"}, days=n, message_id=f"m{n}") for n in range(4)]
    people = Cdp().take(events).people
    stored = [StoredEvent(event, 10 + number) for number, event in enumerate(events)]
    key = key_of(people, events[0])
    (first,) = swept(people, {}, stored, 11).values()
    assert (first.key, first.covered_until, first.state.event_count) == (key, 11, 2)
    assert swept(people, {key: first}, stored, 11) == {}
    (second,) = swept(people, {key: first}, stored, 12).values()
    assert (second.covered_until, second.state.event_count) == (12, 3)
    assert swept(people, {key: Baseline(key, 12)}, stored[:3], 20) == {}
