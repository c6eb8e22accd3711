"""A source's health for all histories: what is said follows from what was counted, whatever the hour."""

from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.health import DAYS, first_hour, health, hour_of
from shared.domain.outcomes import ENDINGS, Tally

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
BACK = (DAYS + 1) * 24

moments = st.datetimes(
    datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=9))])
)
notes = st.dictionaries(
    st.sampled_from(["invalid:Order:total", "unmapped:colour", "other", "quarantined:a:b"]), st.integers(1, 9)
)
numbers = st.integers(0, 1000)
tallies = st.builds(Tally, received=numbers, stored=numbers, quarantined=numbers, reduced=numbers, notes=notes)


def history(counts: dict[int, Tally], now: datetime = NOW) -> dict[str, Tally]:
    """By hours before now."""
    return {hour_of(now, back): tally for back, tally in counts.items()}


@given(st.dictionaries(st.integers(0, BACK), tallies), moments)
def test_the_day_is_the_sum_of_its_hours_and_what_has_no_ending_is_told(
    counts: dict[int, Tally], now: datetime
) -> None:
    found = health(history(counts, now), now)
    day = [tally for back, tally in counts.items() if back < 24]
    for name in ("received", *ENDINGS):
        assert getattr(found.day, name) == sum(getattr(tally, name) for tally in day)
    assert found.unexplained == sum(tally.received - tally.ended for tally in day)
    total = sum((Counter(dict(tally.notes)) for tally in day), Counter[str]())
    told = {f"{about}:{what}".removesuffix(":"): n for about, entries in found.top.items() for what, n in entries}
    assert told == total


@given(st.dictionaries(st.integers(0, BACK), tallies), moments)
def test_an_hour_is_held_against_the_same_hour_of_the_days_before(counts: dict[int, Tally], now: datetime) -> None:
    found = health(history(counts, now), now)
    known = max(counts, default=0)
    for back, hour in ((0, found.present), (1, found.last_full)):
        before = [back + 24 * day for day in range(1, DAYS + 1) if back + 24 * day <= known]
        usual = [counts.get(hours, Tally()).received for hours in before]
        assert hour.received == counts.get(back, Tally()).received
        assert hour.usual == (median(usual) if usual else None)
        assert hour.hour == hour_of(now, back)


@given(st.dictionaries(st.integers(-5, BACK), tallies))
def test_last_seen_is_the_newest_hour_in_which_something_came_and_never_lies_ahead(counts: dict[int, Tally]) -> None:
    heard = [back for back, tally in counts.items() if tally.received and back >= 0]
    assert health(history(counts), NOW).last_seen == (hour_of(NOW, min(heard)) if heard else None)


@given(moments)
def test_hours_are_in_utc_and_eight_days_are_asked_for(now: datetime) -> None:
    assert hour_of(now) == f"{now.astimezone(UTC):%Y-%m-%dT%H}"
    assert first_hour(now) == hour_of(now, BACK)
    assert first_hour(now) <= hour_of(now, 1 + DAYS * 24)


def test_a_source_that_was_never_heard_says_so() -> None:
    found = health({}, NOW)
    assert (found.last_seen, found.volume, found.day, found.unexplained) == (None, "unknown", Tally(), 0)
    assert found.last_full.usual is None


def test_a_volume_is_judged_by_its_last_full_hour() -> None:
    usual = {1 + 24 * day: Tally(received=100) for day in range(1, DAYS + 1)}
    judged = {0: "silent", 49: "low", 50: "usual", 200: "usual", 201: "high"}
    for received, volume in judged.items():
        assert health(history({**usual, 1: Tally(received=received)}), NOW).volume == volume
    assert health(history({1: Tally(received=5)}), NOW).volume == "unknown"


def test_one_outlier_does_not_change_what_is_usual() -> None:
    usual = {1 + 24 * day: Tally(received=100) for day in range(1, DAYS + 1)} | {25: Tally(received=100_000)}
    assert health(history(usual), NOW).last_full.usual == 100


def test_the_most_frequent_notes_come_first_and_only_ten() -> None:
    tally = Tally(notes={f"unmapped:f{number:02}": number + 1 for number in range(15)})
    top = health(history({0: tally}), NOW).top["unmapped"]
    assert [what for what, _ in top] == [f"f{number:02}" for number in range(14, 4, -1)]
