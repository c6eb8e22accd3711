"""Moments, the minutes they lie in, and the messages that wait for them."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.contracts.queues import MOST_PEOPLE, reevaluations
from shared.domain.due_moments import MOST_MARKED, due_moments, minute_of, minutes, seconds_until

NOW = datetime(2026, 12, 31, 23, 58, 30, 250_000, tzinfo=UTC)
AT = "2026-12-31T23:58:30.250Z"


def test_minutes_go_over_the_turn_of_a_year() -> None:
    assert minutes(minute_of(NOW), minute_of(NOW + timedelta(minutes=2))) == [
        "2026-12-31T23:58", "2026-12-31T23:59", "2027-01-01T00:00",
    ]  # fmt: skip
    assert minutes("2027-01-01T00:01", "2027-01-01T00:00") == []


@pytest.mark.parametrize(
    ("milliseconds", "seconds"), [(-1, 0), (0, 0), (1, 1), (999, 1), (1000, 1), (1001, 2), (120_000, 120)]
)
def test_a_message_is_held_back_for_whole_seconds_and_never_too_few(milliseconds: int, seconds: int) -> None:
    assert seconds_until(AT, NOW - timedelta(milliseconds=milliseconds)) == seconds


def test_a_moment_that_is_over_is_no_mark_any_more_and_an_earlier_one_is_added() -> None:
    later = "2027-01-01T00:00:00.000Z"
    assert due_moments((AT,), "", NOW) == ()
    assert due_moments((AT,), later, NOW) == (later,)
    assert due_moments((AT,), later, NOW - timedelta(milliseconds=1)) == (AT,)
    assert due_moments((later,), AT, NOW - timedelta(milliseconds=1)) == (AT, later)


def test_whoever_is_many_people_knows_the_nearest_of_their_marks() -> None:
    marks = [f"2027-01-01T00:{n:02d}:00.000Z" for n in range(60)]
    known = due_moments(reversed(marks), "2027-02-01T00:00:00.000Z", NOW)
    assert known == tuple(marks[:MOST_MARKED])
    assert due_moments(known, AT, NOW - timedelta(milliseconds=1)) == (AT, *marks[: MOST_MARKED - 1])
    after = NOW + timedelta(days=1)
    assert due_moments(known, "2027-02-01T00:00:00.000Z", after) == ("2027-02-01T00:00:00.000Z",)


def test_people_of_one_second_share_messages_that_come_at_the_last_of_their_moments() -> None:
    people = [(f"2026-12-31T23:58:30.{n:03d}Z", f"p{n:02d}") for n in range(MOST_PEOPLE + 1)]
    alone, twice = ("2026-12-31T23:58:31.000Z", "q"), ("2026-12-31T23:58:30.500Z", "p00")
    first, second, third = reevaluations([alone, twice, *people])
    assert (len(first.profile_ids), first.due) == (MOST_PEOPLE, twice[0])
    assert (second.profile_ids, second.due) == ((people[-1][1],), people[-1][0])
    assert (third.profile_ids, third.due) == (("q",), alone[0])
