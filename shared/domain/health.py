"""How a source is doing, from what was counted of it by hour: is it heard, as much as usual, and does all add up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Literal

from shared.domain.outcomes import Tally

DAYS = 7
"""Of history that a usual hour is taken from."""

FEW, MANY = 0.5, 2.0
"""Parts of the usual below and above which an hour is told."""

MOST_TOP = 10

Volume = Literal["silent", "low", "usual", "high", "unknown"]


@dataclass(frozen=True, slots=True)
class Hour:
    """`usual` is the median of the same hour on the days before that the source was there for; None where none was."""

    hour: str
    received: int
    usual: float | None


@dataclass(frozen=True, slots=True)
class Health:
    """`last_seen` is the hour in which something came last, `day` the last 24 hours, the present one among them.

    `volume` judges the last full hour. `top` has the most frequent notes of the day by what they are about
    (`quarantined`, `invalid`, `unmapped`, …). `unexplained` is how many events of the day have no ending.
    """

    last_seen: str | None
    day: Tally
    present: Hour
    last_full: Hour
    volume: Volume
    top: Mapping[str, tuple[tuple[str, int], ...]]
    unexplained: int


def hour_of(moment: datetime, back: int = 0) -> str:
    """`2026-11-21T09` of a moment, or of `back` hours before it."""
    return f"{moment.astimezone(UTC) - timedelta(hours=back):%Y-%m-%dT%H}"


def first_hour(now: datetime) -> str:
    """From which hour on counts are needed."""
    return hour_of(now, (DAYS + 1) * 24)


def health(hours: Mapping[str, Tally], now: datetime) -> Health:
    """From the counts of each hour since `first_hour`. Hours later than `now` belong to somebody's wrong clock."""
    known = {hour: tally for hour, tally in hours.items() if hour <= hour_of(now)}
    heard = [hour for hour, tally in known.items() if tally.received]
    day = sum((known.get(hour_of(now, back), Tally()) for back in range(24)), Tally())
    last_full = _hour(known, now, 1)
    return Health(
        last_seen=max(heard, default=None),
        day=day,
        present=_hour(known, now, 0),
        last_full=last_full,
        volume=_volume(last_full),
        top=_top(day.notes),
        unexplained=day.gap,
    )


def _hour(hours: Mapping[str, Tally], now: datetime, back: int) -> Hour:
    first = min(hours, default=hour_of(now))
    same = [hour_of(now, back + day * 24) for day in range(1, DAYS + 1)]
    before = [hours.get(hour, Tally()).received for hour in same if hour >= first]
    hour = hour_of(now, back)
    return Hour(hour, hours.get(hour, Tally()).received, float(median(before)) if before else None)


def _volume(hour: Hour) -> Volume:
    if not hour.usual:
        return "unknown"
    if not hour.received:
        return "silent"
    part = hour.received / hour.usual
    return "low" if part < FEW else "high" if part > MANY else "usual"


def _top(notes: Mapping[str, int]) -> dict[str, tuple[tuple[str, int], ...]]:
    groups: dict[str, list[tuple[str, int]]] = {}
    for note, times in notes.items():
        group, _, rest = note.partition(":")
        groups.setdefault(group, []).append((rest, times))
    return {
        group: tuple(sorted(found, key=lambda entry: (-entry[1], entry[0]))[:MOST_TOP])
        for group, found in sorted(groups.items())
    }
